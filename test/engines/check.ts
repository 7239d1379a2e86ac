// What an engine is asked and what it must answer, as data.
import type { Test } from 'tap';
import type { Host, Remains } from './host.ts';
import { type Name, runtime } from './runtime.ts';

export interface Check {
  readonly name: string;
  /** script of sh -eu, run on the engine's host; it cleans up behind it */
  readonly run: string;
  /** what it prints: exactly, or a part of it; '' when absent */
  readonly stdout?: string | RegExp;
  readonly stderr?: RegExp;
  /** 0 when absent */
  readonly status?: number;
  /** with which runtime it cannot hold on this machine, and why */
  readonly cannot?: Partial<Record<Name | 'either', string>>;
}

/** How an engine is treated. */
export interface Habits {
  /** removes what a check left that did not hold */
  readonly tidy: string;
  /** what may stay behind */
  readonly keeps: RegExp;
}

/** Why a check is not made with the runtime of this run. */
const excuse = ({ cannot = {} }: Check): string | false => cannot.either ?? cannot[runtime.name] ?? false;

/** Every check, and that together they leave nothing that was not there before. */
export async function runChecks(t: Test, host: Host, checks: readonly Check[], habits: Habits): Promise<void> {
  const before = host.remains();
  for (const check of checks) {
    const reason = excuse(check);
    await t.test(check.name, { skip: reason && `${check.name}: ${reason}` }, async (t) => {
      const { status, stdout, stderr } = host.run(check.run);
      const answer = { command: check.run, printed: stdout, complained: stderr };
      t.equal(status, check.status ?? 0, 'exit status', answer);
      const { stdout: expected = '' } = check;
      if (typeof expected === 'string') t.equal(stdout, expected, 'stdout', answer);
      else t.match(stdout, expected, 'stdout', answer);
      if (check.stderr !== undefined) t.match(stderr, check.stderr, 'stderr', answer);
      if (!t.passing()) host.run(habits.tidy);
    });
  }
  await t.test('nothing is left', async (t) => assertNothingLeft(t, host, before, habits));
}

/** What is more than it was; engines clean up behind an answer, so it is looked at for a while. */
export async function assertNothingLeft(t: Test, host: Host, before: Remains, { keeps }: Habits): Promise<void> {
  let left = more(before, host.remains(), keeps);
  for (let attempt = 0; attempt < 120 && Object.keys(left).length > 0; attempt++) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    left = more(before, host.remains(), keeps);
  }
  t.strictSame(left, {}, 'no cgroup, mount, process, network interface or file of /run is left');
}

function more(before: Remains, after: Remains, keeps: RegExp): Record<string, readonly string[]> {
  const found = Object.entries(after).map(([what, now]) => {
    const was = [...before[what as keyof Remains]];
    // one of several of the same name is still one too many
    return [
      what,
      now.filter((line) => !keeps.test(line) && !(was.includes(line) && was.splice(was.indexOf(line), 1))),
    ] as const;
  });
  return Object.fromEntries(found.filter(([, lines]) => lines.length > 0));
}
