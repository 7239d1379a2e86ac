import { MAX_CPU } from '../../plan/affinity.ts';
import { parseNumberList } from '../../plan/number-list.ts';
import { type Check, problemIf } from '../problem.ts';

/** config.md § Linux Process, execCPUAffinity: two lists of CPUs. */
export const checkExecCpuAffinity: Check = ({ process }) =>
  (['initial', 'final'] as const).flatMap((property) => {
    const cpus = process?.execCPUAffinity?.[property];
    const wrong = cpus !== undefined && parseNumberList(cpus, MAX_CPU) === undefined;
    return problemIf(wrong, `/process/execCPUAffinity/${property}`, `"${cpus}" is not a list of CPUs`);
  });
