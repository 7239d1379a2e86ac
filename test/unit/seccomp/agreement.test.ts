import { existsSync, readFileSync } from 'node:fs';
import t from 'tap';
import { defaultProfile } from '../../../bench/seccomp.ts';
import type { Arch, LinuxSeccomp } from '../../../src/oci/types.ts';
import { ARCHITECTURES, X32_BIT } from '../../../src/seccomp/architectures.ts';
import { compile } from '../../../src/seccomp/compile.ts';
import { MULTIPLEXED } from '../../../src/seccomp/multiplexed.ts';
import { numberOf, openNumbers } from '../../../src/seccomp/numbers.ts';
import { syscallNames } from '../../../src/seccomp/syscall-table.ts';
import { type Call, loadFilter } from './bpf-machine.ts';
import { type Judge, judge, stub } from './libseccomp.ts';
import { verdicts } from './meaning.ts';
import { calls, chance, machines, profile } from './profiles.ts';

const numbers = openNumbers();

/** `NOCI_PROFILES=2000` for all that a release is held to. */
const count = Number(process.env.NOCI_PROFILES ?? 200);

function show({ arch, nr, args }: Call): string {
  return `arch ${arch.toString(16)} nr ${nr} (${args.map((arg) => arg.toString(16)).join(', ')})`;
}

function withArguments(seccomp: LinuxSeccomp, arch: Arch): number[] {
  const names = (seccomp.syscalls ?? []).filter(({ args = [] }) => args.length > 0).flatMap((entry) => entry.names);
  const found = [...new Set([...names, 'socketcall', 'ipc'])].map((name) =>
    numberOf(numbers, ARCHITECTURES[arch], name),
  );
  return found.filter((number) => number !== undefined);
}

interface Outcome {
  readonly asked: number;
  readonly refused: boolean;
  /** where they differ, '' for nowhere */
  readonly difference: string;
  /** where libseccomp's filter does not do what the profile says, and ours does */
  readonly theirMistakes: number;
  /** where rules contradict each other and both do what one of them says, but not the same one */
  readonly contested: number;
  readonly lengths: readonly [ours: number, theirs: number];
}

const nothing: Outcome = { asked: 0, refused: true, difference: '', theirMistakes: 0, contested: 0, lengths: [0, 0] };

function isStubbed({ defaultAction }: LinuxSeccomp): boolean {
  return !['SCMP_ACT_ALLOW', 'SCMP_ACT_LOG', 'SCMP_ACT_TRACE'].includes(defaultAction);
}

function compare(law: Judge, seccomp: LinuxSeccomp, machine: readonly Arch[], seed: number): Outcome {
  const [native] = machine as readonly [Arch];
  const ours = compile({ ...seccomp, architectures: machine.slice(1) }, native);
  const theirs = law.filter(seccomp, machine);
  if (theirs === undefined || !('program' in ours)) {
    const both = theirs === undefined && !('program' in ours);
    return { ...nothing, contested: both ? 0 : 1 };
  }
  const filter = loadFilter(ours.program, ARCHITECTURES[native].endian);
  const newer = stub(law, seccomp, machine);
  const lengths = [filter.length, theirs.length + (isStubbed(seccomp) ? 2 + 4 * machine.length : 0)] as const;
  let [asked, theirMistakes, contested] = [0, 0, 0];
  for (const call of calls(chance(seed), seccomp, machine, (arch) => withArguments(seccomp, arch))) {
    const expected = newer(call) ?? theirs.decide(call);
    const seen = filter.decide(call);
    asked++;
    if (seen === expected) continue;
    const arch = machine.find((one) => isOf(one, call));
    const said = arch === undefined ? new Set([seen]) : verdicts(seccomp, arch, call);
    if (said.has(seen) && !said.has(expected)) theirMistakes++;
    else if (said.has(seen) && said.size > 1) contested++;
    else {
      const difference = `${show(call)}: ${seen.toString(16)}, not ${expected.toString(16)}`;
      return { asked, refused: false, difference, theirMistakes, contested, lengths };
    }
  }
  return { asked, refused: false, difference: '', theirMistakes, contested, lengths };
}

function isOf(arch: Arch, { arch: audit, nr }: Call): boolean {
  if (ARCHITECTURES[arch].audit !== audit) return false;
  return arch === 'SCMP_ARCH_X32' ? nr >= X32_BIT : arch !== 'SCMP_ARCH_X86_64' || nr < X32_BIT;
}

t.test('the numbers of system calls are those of libseccomp', { skip: judge === undefined }, async (t) => {
  const law = judge as Judge;
  for (const arch of Object.keys(ARCHITECTURES) as Arch[]) {
    if (!law.hasArchitecture(arch)) continue;
    const different = syscallNames.split(' ').filter((name) => {
      const theirs = law.number(arch, name);
      return theirs !== undefined && theirs !== numberOf(numbers, ARCHITECTURES[arch], name);
    });
    // gone from the kernel's headers: a program of 64 bits has lseek
    const gone = arch === 'SCMP_ARCH_PARISC64' ? ['_llseek'] : [];
    t.strictSame(different, gone, arch);
  }
});

/** Names that both know, with the same numbers. */
function commonNames(law: Judge, machine: readonly Arch[]): string[] {
  const same = (arch: Arch, name: string) => law.number(arch, name) === numberOf(numbers, ARCHITECTURES[arch], name);
  return syscallNames
    .split(' ')
    .filter((name) => law.isKnown(name))
    .filter((name) => Object.hasOwn(MULTIPLEXED, name) || machine.every((arch) => same(arch, name)));
}

/** What libseccomp takes for a rule and makes nothing of (2.5.4, on ppc). */
const ignored = new Set(['sys_debug_setcontext']);

for (const severe of [false, true]) {
  const title = severe ? 'that contradict each other in part' : 'that do not contradict each other';
  t.test(`${count / 2} profiles of rules ${title}`, { skip: judge === undefined, timeout: 0 }, async (t) => {
    const law = judge as Judge;
    const sum = { asked: 0, refused: 0, mistaken: 0, contested: 0, ours: 0, theirs: 0 };
    const first = severe ? 1_000_000 : 0;
    for (let seed = first; seed < first + count / 2; seed++) {
      const random = chance(seed);
      const machine = machines[seed % machines.length] as readonly Arch[];
      const names = commonNames(law, machine).filter((name) => !ignored.has(name));
      const seccomp = profile(random, names, severe);
      const outcome = compare(law, seccomp, machine, seed);
      if (outcome.difference !== '') t.fail(`profile ${seed} on ${machine.join(' ')}: ${outcome.difference}`);
      sum.asked += outcome.asked;
      sum.refused += Number(outcome.refused);
      sum.mistaken += Number(outcome.theirMistakes > 0);
      sum.contested += Number(outcome.contested > 0);
      sum.ours += outcome.lengths[0];
      sum.theirs += outcome.lengths[1];
    }
    t.comment(JSON.stringify(sum));
    t.ok(sum.asked > 500 * count, `${sum.asked} calls asked`);
    t.ok(sum.mistaken <= count / 50, `in ${sum.mistaken} profiles libseccomp does not do what they say`);
    t.ok(sum.contested <= (severe ? count / 20 : 0), `in ${sum.contested} both obey another one of the rules`);
    t.ok(sum.ours < sum.theirs, `${sum.ours} instructions in all, ${sum.theirs} of libseccomp with runc's stub`);
  });
}

/** linux.seccomp of what engines write, and of what their packages install. */
function realProfiles(): [name: string, seccomp: LinuxSeccomp][] {
  const folder = new URL('../../../../shared/engine-configs/', import.meta.url).pathname;
  const files = ['docker-03-run-rm', 'podman-02-run-rm', 'containerd-24-run-seccomp'].map(
    (name) => `${folder}${name}.json`,
  );
  return files
    .filter(existsSync)
    .map((path) => [path.split('/').pop() ?? '', JSON.parse(readFileSync(path, 'utf8')).linux.seccomp]);
}

t.test('the profiles of engines', { skip: judge === undefined }, async (t) => {
  const law = judge as Judge;
  const all = [...realProfiles(), ['the shape of a default profile', defaultProfile() as LinuxSeccomp] as const];
  for (const [name, seccomp] of all) {
    const machine = [...new Set<Arch>(['SCMP_ARCH_X86_64', ...(seccomp.architectures ?? [])])];
    const known = new Set(commonNames(law, machine));
    const syscalls = (seccomp.syscalls ?? []).map((entry) => ({
      ...entry,
      names: entry.names.filter((one) => known.has(one)),
    }));
    const outcome = compare(law, { ...seccomp, syscalls }, machine, 1);
    t.strictSame(
      [outcome.difference, outcome.theirMistakes, outcome.contested],
      ['', 0, 0],
      `${name}: ${outcome.asked} calls`,
    );
    const compiled = compile(seccomp, 'SCMP_ARCH_X86_64');
    const length = 'program' in compiled ? compiled.program.length / 8 : 0;
    t.ok(length > 50 && length <= (law.filter(seccomp, machine)?.length ?? 0), `${name}: ${length} instructions`);
  }
});
