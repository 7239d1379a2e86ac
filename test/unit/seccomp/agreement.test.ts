import t from 'tap';
import type { Arch, LinuxSeccomp } from '../../../src/oci/types.ts';
import { ARCHITECTURES } from '../../../src/seccomp/architectures.ts';
import { compile } from '../../../src/seccomp/compile.ts';
import { MULTIPLEXED } from '../../../src/seccomp/multiplexed.ts';
import { openNumbers } from '../../../src/seccomp/numbers.ts';
import { syscallNames } from '../../../src/seccomp/syscall-table.ts';
import { type Call, loadFilter } from './bpf-machine.ts';
import { type Judge, judge, stub } from './libseccomp.ts';
import { calls, chance, machines, profile } from './profiles.ts';

const numbers = openNumbers();

/** `NOCI_PROFILES=2000` for all that a release is held to. */
const count = Number(process.env.NOCI_PROFILES ?? 200);

function show({ arch, nr, args }: Call): string {
  return `arch ${arch.toString(16)} nr ${nr} (${args.map((arg) => arg.toString(16)).join(', ')})`;
}

function withArguments(seccomp: LinuxSeccomp, arch: Arch): number[] {
  const names = (seccomp.syscalls ?? []).filter(({ args = [] }) => args.length > 0).flatMap((entry) => entry.names);
  const found = [...new Set([...names, 'socketcall', 'ipc'])].map((name) => numbers.of(ARCHITECTURES[arch], name));
  return found.filter((number) => number !== undefined);
}

interface Outcome {
  readonly refused: boolean;
  readonly asked: number;
  /** the first difference, '' for none */
  readonly difference: string;
  readonly lengths: readonly [ours: number, theirs: number];
}

function compare(law: Judge, seccomp: LinuxSeccomp, machine: readonly Arch[], seed: number): Outcome {
  const [native] = machine as readonly [Arch];
  const architectures = machine.slice(1);
  const ours = compile({ ...seccomp, architectures }, native);
  const theirs = law.filter(seccomp, machine);
  if (theirs === undefined) {
    const difference = 'program' in ours ? 'libseccomp refuses it' : '';
    return { refused: true, asked: 0, difference, lengths: [0, 0] };
  }
  if (!('program' in ours)) {
    return { refused: true, asked: 0, difference: `refused: ${ours.problem.message}`, lengths: [0, 0] };
  }
  const filter = loadFilter(ours.program, ARCHITECTURES[native].endian);
  const newer = stub(law, seccomp, machine);
  let asked = 0;
  for (const call of calls(chance(seed), seccomp, machine, (arch) => withArguments(seccomp, arch))) {
    const expected = newer(call) ?? theirs.decide(call);
    const seen = filter.decide(call);
    asked++;
    if (seen !== expected) {
      const difference = `${show(call)}: ${seen.toString(16)}, not ${expected.toString(16)}`;
      return { refused: false, asked, difference, lengths: [filter.length, theirs.length] };
    }
  }
  return { refused: false, asked, difference: '', lengths: [filter.length, theirs.length] };
}

t.test('the numbers of system calls are those of libseccomp', { skip: judge === undefined }, async (t) => {
  const law = judge as Judge;
  for (const arch of Object.keys(ARCHITECTURES) as Arch[]) {
    if (!law.hasArchitecture(arch)) continue;
    const different = syscallNames.split(' ').filter((name) => {
      const theirs = law.number(arch, name);
      return theirs !== undefined && theirs !== numbers.of(ARCHITECTURES[arch], name);
    });
    // gone from the kernel's headers: a program of 64 bits has lseek
    const gone = arch === 'SCMP_ARCH_PARISC64' ? ['_llseek'] : [];
    t.strictSame(different, gone, arch);
  }
});

/** Names that both know, with the same numbers. */
function commonNames(law: Judge, machine: readonly Arch[]): string[] {
  const same = (arch: Arch, name: string) => law.number(arch, name) === numbers.of(ARCHITECTURES[arch], name);
  return syscallNames
    .split(' ')
    .filter((name) => law.isKnown(name))
    .filter((name) => Object.hasOwn(MULTIPLEXED, name) || machine.every((arch) => same(arch, name)));
}

for (const severe of [false, true]) {
  const title = severe ? 'of rules that contradict each other in part' : 'of rules that do not';
  t.test(`${count} profiles ${title}`, { skip: judge === undefined, timeout: 0 }, async (t) => {
    const law = judge as Judge;
    let asked = 0;
    let refused = 0;
    let longer = 0;
    for (let seed = severe ? 1_000_000 : 0, done = 0; done < count / 2; seed++, done++) {
      const random = chance(seed);
      const machine = machines[seed % machines.length] as readonly Arch[];
      const seccomp = profile(random, commonNames(law, machine), severe);
      const outcome = compare(law, seccomp, machine, seed);
      asked += outcome.asked;
      if (outcome.refused) refused++;
      if (outcome.lengths[0] > outcome.lengths[1]) longer++;
      if (outcome.difference !== '')
        t.fail(`profile ${seed} on ${machine.join(' ')}: ${outcome.difference}`, {
          seccomp: JSON.stringify(seccomp, (_k, v) => (typeof v === 'bigint' ? `${v}` : v)),
        });
    }
    t.ok(asked > 1000 * (count / 2), `${asked} calls asked, ${refused} profiles refused by both, ${longer} longer`);
  });
}
