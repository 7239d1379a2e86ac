// What is explained of a call is what the compiled filter returns for it.
import t from 'tap';
import type { LinuxSeccomp } from '../../../src/oci/types.ts';
import { ARCHITECTURES } from '../../../src/seccomp/architectures.ts';
import { callName, findCall } from '../../../src/seccomp/calls.ts';
import { compile } from '../../../src/seccomp/compile.ts';
import { judgeCall } from '../../../src/seccomp/judge-call.ts';
import { numberOf, openNumbers } from '../../../src/seccomp/numbers.ts';
import { syscallNames } from '../../../src/seccomp/syscall-table.ts';
import { loadFilter } from './bpf-machine.ts';
import { calls, chance, machines, profile } from './profiles.ts';

const numbers = openNumbers();
const names = syscallNames.split(' ');

/** Profiles for each kind of machine, and calls of each profile: ranges are looked up anew for every call. */
const profiles = 3;
const callsOfEach = 400;

t.test('explained as compiled', async (t) => {
  let asked = 0;
  const reasons = new Map<string, number>();
  const differences: string[] = [];
  for (const [index, machine] of machines.entries())
    for (let count = 0; count < profiles; count++) {
      const random = chance(1000 * index + count);
      const seccomp: LinuxSeccomp = { ...profile(random, names, count % 2 === 1), architectures: machine.slice(1) };
      const [native] = machine;
      if (native === undefined) continue;
      const made = compile(seccomp, native);
      if (!('program' in made)) continue;
      const filter = loadFilter(made.program, ARCHITECTURES[native].endian);
      const withArguments = (seccomp.syscalls ?? []).filter(({ args = [] }) => args.length > 0);
      const all = [
        ...calls(random, seccomp, machine, (arch) =>
          withArguments
            .flatMap((entry) => entry.names)
            .map((name) => numberOf(numbers, ARCHITECTURES[arch], name))
            .filter((number) => number !== undefined),
        ),
      ];
      for (let more = 0; more < callsOfEach; more++) {
        const call = all[random(all.length)];
        if (call === undefined) continue;
        const { verdict, reason, pointer } = judgeCall(seccomp, native, {
          audit: call.arch,
          number: call.nr,
          args: call.args,
        });
        asked++;
        reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
        const expected = filter.decide(call);
        if (verdict !== expected)
          differences.push(
            `${machine.join()} ${count}: ${call.nr} is ${expected.toString(16)}, not ${verdict.toString(16)}`,
          );
        if ((reason === 'rule') !== (pointer !== '')) differences.push(`${call.nr}: ${reason} at ${pointer}`);
      }
    }
  t.strictSame(differences.slice(0, 3), []);
  t.ok(asked > 4000, `${asked} calls`);
  for (const reason of ['rule', 'default', 'newer', 'architecture'])
    t.ok((reasons.get(reason) ?? 0) > 20, `${reasons.get(reason)} decided by ${reason}`);
});

t.test('which of several rules, and what was asked', async (t) => {
  const seccomp: LinuxSeccomp = {
    defaultAction: 'SCMP_ACT_ERRNO',
    syscalls: [
      { names: ['read', 'write'], action: 'SCMP_ACT_ALLOW' },
      { names: ['personality'], action: 'SCMP_ACT_ALLOW', args: [{ index: 0, value: 8, op: 'SCMP_CMP_EQ' }] },
      { names: ['personality'], action: 'SCMP_ACT_ALLOW', args: [{ index: 0, value: 0x20000, op: 'SCMP_CMP_EQ' }] },
    ],
  };
  const judge = (number: number, ...args: bigint[]) =>
    judgeCall(seccomp, 'SCMP_ARCH_X86_64', { audit: 0xc000003e, number, args });
  t.match(judge(1), { reason: 'rule', pointer: '/linux/seccomp/syscalls/0', verdict: 0x7fff0000 });
  t.strictSame(judge(135, 8n), {
    verdict: 0x7fff0000,
    reason: 'rule',
    pointer: '/linux/seccomp/syscalls/1',
    asked: [
      { pointer: '/linux/seccomp/syscalls/2', conditions: ['args[0] == 0x20000'], holds: false },
      { pointer: '/linux/seccomp/syscalls/1', conditions: ['args[0] == 0x8'], holds: true },
    ],
  });
  t.match(judge(135, 9n), { reason: 'default', verdict: 0x50001, asked: [{ holds: false }, { holds: false }] });
  t.match(judge(83), { reason: 'default', verdict: 0x50001, asked: [] });
  t.match(judge(450), { reason: 'newer', verdict: 0x50026 });
  t.match(judgeCall(seccomp, 'SCMP_ARCH_X86_64', { audit: 0x40000003, number: 4, args: [] }), {
    reason: 'architecture',
    verdict: 0,
  });
  t.match(judge(0x40000001), { reason: 'architecture' }, 'x32');
});

t.test('numbers and names', async (t) => {
  t.strictSame(callName(0xc000003e, 83), { arch: 'SCMP_ARCH_X86_64', name: 'mkdir' });
  t.strictSame(callName(0xc000003e, 0x40000000 + 83), { arch: 'SCMP_ARCH_X32', name: 'mkdir' });
  t.strictSame(callName(0x40000003, 39), { arch: 'SCMP_ARCH_X86', name: 'mkdir' });
  t.strictSame(callName(0xc00000b7, 34), { arch: 'SCMP_ARCH_AARCH64', name: 'mkdirat' });
  t.strictSame(callName(0xc000003e, 9999), { arch: 'SCMP_ARCH_X86_64', name: '' });
  t.equal(callName(12345, 1), undefined);
  t.equal(findCall('SCMP_ARCH_X86', 'mkdir'), 39);
  t.equal(findCall('SCMP_ARCH_AARCH64', 'mkdir'), undefined);
  t.equal(findCall('SCMP_ARCH_X86_64', 'no_such_call'), undefined);
});
