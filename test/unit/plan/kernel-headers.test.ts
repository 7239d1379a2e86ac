// The numbers of the plan's tables against an independent witness: the kernel's own headers.
import { existsSync, readFileSync } from 'node:fs';
import t from 'tap';
import { CAPABILITIES } from '../../../src/plan/capabilities.ts';
import { IO_PRIORITY_CLASSES } from '../../../src/plan/io-priority.ts';
import { MEMORY_POLICY_FLAGS, MEMORY_POLICY_MODES } from '../../../src/plan/memory-policy.ts';
import * as attributes from '../../../src/plan/mount-attributes.ts';
import { NAMESPACES } from '../../../src/plan/namespaces.ts';
import { RLIMITS } from '../../../src/plan/rlimits.ts';
import { SCHEDULER_FLAGS, SCHEDULER_POLICIES } from '../../../src/plan/scheduler.ts';

const { thenChange: _then, wholeAtime: _whole, ...numbers } = attributes;

const clone: Record<keyof typeof NAMESPACES, string> = {
  user: 'CLONE_NEWUSER',
  ipc: 'CLONE_NEWIPC',
  uts: 'CLONE_NEWUTS',
  network: 'CLONE_NEWNET',
  pid: 'CLONE_NEWPID',
  mount: 'CLONE_NEWNS',
  cgroup: 'CLONE_NEWCGROUP',
  time: 'CLONE_NEWTIME',
};
const cloneFlags = Object.entries(NAMESPACES).map(([type, flag]) => [clone[type as keyof typeof clone], flag]);

const include = '/usr/include';
const witnesses: readonly [header: string, table: Readonly<Record<string, number>>][] = [
  ['linux/capability.h', Object.fromEntries(CAPABILITIES.map((name, bit) => [name, bit]))],
  ['linux/mount.h', numbers],
  ['linux/sched.h', { ...Object.fromEntries(cloneFlags), ...SCHEDULER_FLAGS, ...SCHEDULER_POLICIES }],
  ['linux/mempolicy.h', { ...MEMORY_POLICY_MODES, ...MEMORY_POLICY_FLAGS }],
  ['linux/ioprio.h', IO_PRIORITY_CLASSES],
  ['asm-generic/resource.h', RLIMITS],
];

/** `#define NAME number`, `NAME = number,` and the members of an enum that only count on. */
function definitions(header: string): Map<string, number> {
  const text = readFileSync(`${include}/${header}`, 'utf8').replace(/\/\*[\s\S]*?\*\//g, '');
  const found = new Map<string, number>();
  let next = 0;
  for (const line of text.split('\n')) {
    if (/^\s*(typedef )?enum/.test(line)) next = 0;
    const defined = /^\s*#\s*define\s+(\w+)\s+\(?(0x[\da-f]+|\d+)(?:\s*<<\s*(\d+))?/i.exec(line);
    const [, name, value, shift = '0'] = defined ?? /^\s*(\w+)(?:\s*=\s*(\d+))?\s*,/.exec(line) ?? [];
    if (name === undefined) continue;
    const number = value === undefined ? next : Number(value) * 2 ** Number(shift);
    found.set(name, number);
    if (!defined) next = number + 1;
  }
  return found;
}

for (const [header, table] of witnesses) {
  const skip = existsSync(`${include}/${header}`) ? false : `${include}/${header} is not installed`;
  t.test(header, { skip }, async (t) => {
    const defined = definitions(header);
    const both = Object.keys(table).filter((name) => defined.has(name));
    t.ok(both.length > 0, 'there is something to compare');
    for (const name of both) t.equal(table[name], defined.get(name), name);
  });
}
