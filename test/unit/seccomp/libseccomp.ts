// libseccomp as the judge of our filters: the same profile, by the calls that runc makes. `judge` is undefined where the
// library is not installed.
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Arch, LinuxSeccomp } from '../../../src/oci/types.ts';
import { ACTIONS, verdict } from '../../../src/seccomp/actions.ts';
import { ARCHITECTURES } from '../../../src/seccomp/architectures.ts';
import { type Call, type Filter, loadFilter } from './bpf-machine.ts';

const operators = ['', 'NE', 'LT', 'LE', 'EQ', 'GE', 'GT', 'MASKED_EQ'];
const optimize = 8;
const unknownName = -1;

/** SCMP_ARCH_X32 is the one token that is no AUDIT_ARCH_*. */
function token(arch: Arch): number {
  return arch === 'SCMP_ARCH_X32' ? 0x4000003e : ARCHITECTURES[arch].audit;
}

export interface Judge {
  /** the number that the library has for a name; undefined: none */
  readonly number: (arch: Arch, name: string) => number | undefined;
  readonly isKnown: (name: string) => boolean;
  readonly hasArchitecture: (arch: Arch) => boolean;
  /** undefined: the library refuses the profile. Of the architectures the first is the machine's */
  readonly filter: (seccomp: LinuxSeccomp, architectures: readonly Arch[]) => Filter | undefined;
}

function open(): Judge | undefined {
  const koffi = createRequire(import.meta.url)('koffi');
  let library: ReturnType<typeof koffi.load>;
  try {
    library = koffi.load('libseccomp.so.2');
  } catch {
    return undefined;
  }
  koffi.struct('scmp_arg_cmp', { arg: 'uint32', op: 'int', a: 'uint64', b: 'uint64' });
  const init = library.func('void *seccomp_init(uint32 action)');
  const release = library.func('void seccomp_release(void *filter)');
  const archAdd = library.func('int seccomp_arch_add(void *filter, uint32 arch)');
  const archRemove = library.func('int seccomp_arch_remove(void *filter, uint32 arch)');
  const attrSet = library.func('int seccomp_attr_set(void *filter, int attr, uint32 value)');
  const ruleAdd = library.func(
    'int seccomp_rule_add_array(void *filter, uint32 action, int syscall, uint32 count, scmp_arg_cmp *args)',
  );
  const resolve = library.func('int seccomp_syscall_resolve_name(const char *name)');
  const resolveFor = library.func('int seccomp_syscall_resolve_name_arch(uint32 arch, const char *name)');
  const exportBpf = library.func('int seccomp_export_bpf(void *filter, int fd)');
  const folder = mkdtempSync(join(tmpdir(), 'libseccomp-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  const native = 'SCMP_ARCH_X86_64';

  function addRules(filter: unknown, { syscalls = [], ...seccomp }: LinuxSeccomp): boolean {
    const otherwise = verdict(seccomp.defaultAction, seccomp.defaultErrnoRet);
    for (const { names, action, errnoRet, args = [] } of syscalls) {
      const value = verdict(action, errnoRet);
      if (value === otherwise) continue;
      const conditions = args.map(({ index, op, value: a, valueTwo: b = 0 }) => ({
        arg: index,
        op: operators.indexOf(op.replace('SCMP_CMP_', '')),
        a: BigInt(a),
        b: BigInt(b),
      }));
      const together = new Set(args.map(({ index }) => index)).size === args.length;
      for (const name of names) {
        const number = resolve(name);
        if (number === unknownName) continue;
        for (const list of together ? [conditions] : conditions.map((one) => [one]))
          if (ruleAdd(filter, value, number, list.length, list) !== 0) return false;
      }
    }
    return true;
  }

  function exported(filter: unknown): Uint8Array {
    const path = join(folder, 'program');
    const fd = openSync(path, 'w');
    const result = exportBpf(filter, fd);
    closeSync(fd);
    if (result !== 0) throw new Error(`seccomp_export_bpf: ${result}`);
    return new Uint8Array(readFileSync(path));
  }

  return {
    number: (arch, name) => {
      const number = resolveFor(token(arch), name);
      return number < 0 ? undefined : number;
    },
    isKnown: (name) => resolve(name) !== unknownName,
    hasArchitecture: (arch) => resolveFor(token(arch), 'read') !== unknownName,
    filter: (seccomp, architectures) => {
      const filter = init(verdict(seccomp.defaultAction, seccomp.defaultErrnoRet));
      try {
        if (!architectures.includes(native)) archRemove(filter, token(native));
        for (const arch of architectures)
          if (arch !== native && archAdd(filter, token(arch)) !== 0) throw new Error(`seccomp_arch_add ${arch}`);
        // where there are no rules at all its binary tree is broken
        if ((seccomp.syscalls ?? []).length > 0) attrSet(filter, optimize, 2);
        if (!addRules(filter, seccomp)) return undefined;
        const { endian } = ARCHITECTURES[architectures[0] as Arch];
        const program = exported(filter);
        if (endian === 'big') mendVerdicts(program);
        return loadFilter(program, endian);
      } finally {
        release(filter);
      }
    },
  };
}

/**
 * Where a program for a big-endian machine is made on a little-endian one, the copies of a verdict that libseccomp makes for long
 * jumps are turned round twice (2.5.4, _gen_bpf_build_jmp_ret).
 */
function mendVerdicts(program: Uint8Array): void {
  const view = new DataView(program.buffer, program.byteOffset, program.byteLength);
  const known = new Set(Object.values(ACTIONS).map((value) => value >>> 16));
  const isVerdict = (value: number) => value === 0 || (value > 0xffff && known.has(value >>> 16));
  for (let at = 0; at < program.length; at += 8) {
    const turned = view.getUint32(at + 4, true);
    if (view.getUint16(at) === 6 && !isVerdict(view.getUint32(at + 4)) && isVerdict(turned))
      view.setUint32(at + 4, turned);
  }
}

export const judge: Judge | undefined = open();

const enosys = 0x00050026;
const bit30 = 0x40000000;

/** What runc puts before libseccomp's filter: calls behind the last that the profile names do not exist. undefined: the filter decides. */
export function stub(
  { number }: Judge,
  { defaultAction, syscalls = [] }: LinuxSeccomp,
  architectures: readonly Arch[],
): (call: Call) => number | undefined {
  if (['SCMP_ACT_ALLOW', 'SCMP_ACT_LOG', 'SCMP_ACT_TRACE'].includes(defaultAction)) return () => undefined;
  const names = syscalls.flatMap((entry) => entry.names);
  const newest = architectures.map((arch) => ({
    arch,
    last: Math.max(0, ...names.map((name) => number(arch, name) ?? 0)),
  }));
  return ({ arch, nr }) => {
    const x32 = (nr & bit30) !== 0;
    const found = newest.find(
      (one) =>
        ARCHITECTURES[one.arch].audit === arch &&
        one.last > 0 &&
        (one.arch === 'SCMP_ARCH_X32' ? x32 : one.arch !== 'SCMP_ARCH_X86_64' || !x32),
    );
    if (found === undefined) return undefined;
    if (found.arch.startsWith('SCMP_ARCH_S390') && nr === 0) return enosys;
    return nr > found.last ? enosys : undefined;
  };
}
