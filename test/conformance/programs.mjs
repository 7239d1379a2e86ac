// Runs programs of the suite of runtime-tools with a runtime, in a mount namespace of their own where /run is empty, so that
// what they leave behind is all that a runtime has there.
import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { verdictOf } from './verdict.mjs';

const limit = 120;

/** The names of all programs. */
export function programsOf(suite) {
  return readdirSync(join(suite, 'programs')).sort();
}

/** These use one name of a cgroup, or look at what is left of cgroups, so that they cannot run beside one another. */
const alone = /^(linux_cgroups_|delete_)/;

/**
 * @param {string} suite    folder of suite.sh
 * @param {readonly string[]} programs
 * @param {Readonly<Record<string, string>>} runtimes   name → absolute path
 * @param {(program: string, runtime: string, verdict: import('./verdict.mjs').Verdict) => void} tell
 * @param {(program: string, verdict: import('./verdict.mjs').Verdict, tries: number) => boolean} triesAgain   after so many tries
 * @returns {Promise<Record<string, Record<string, import('./verdict.mjs').Verdict>>>} program → runtime → verdict
 */
export async function runPrograms(suite, programs, runtimes, tell, triesAgain) {
  const verdicts = Object.fromEntries(programs.map((program) => [program, {}]));
  const calls = programs.flatMap((program) => Object.keys(runtimes).map((runtime) => ({ program, runtime })));
  const run = async ({ program, runtime }) => {
    const verdict = await runProgram(suite, program, runtimes[runtime]);
    verdicts[program][runtime] = verdict;
    return verdict;
  };
  const lanes = [calls.filter(({ program }) => alone.test(program))];
  const others = calls.filter(({ program }) => !alone.test(program));
  // nearly all of their time is waiting: they ask for the status once a second
  for (let lane = 0; lane < 4; lane++) lanes.push(others.filter((_, index) => index % 4 === lane));
  await Promise.all(
    lanes.map(async (lane) => {
      for (const call of lane) {
        const verdict = await run(call);
        if (!triesAgain(call.program, verdict, 1)) tell(call.program, call.runtime, verdict);
      }
    }),
  );
  for (const call of calls) {
    const { program, runtime } = call;
    // By itself: some look which of two processes is the first, and a busy machine makes others late.
    let tries = 1;
    while (triesAgain(program, verdicts[program][runtime], tries)) {
      await run(call);
      tries++;
    }
    if (tries > 1) tell(program, runtime, verdicts[program][runtime]);
  }
  return verdicts;
}

/**
 * A program by itself. It needs a terminal of its own (script), because some things of a container are those of a terminal's.
 * What a program that failed has left is deleted after it.
 */
const steps = `
mount -t tmpfs tmpfs /run
# crun refuses a machine with hierarchies of both versions when one of version 2 has controllers
[ "$(basename "$RUNTIME")" != crun ] || umount /sys/fs/cgroup/unified 2>/dev/null
cd "$SUITE"
timeout -k 5 ${limit} script -qec 'exec "programs/$PROGRAM" >"$FOLDER/stdout" 2>"$FOLDER/stderr" </dev/null' /dev/null \\
  </dev/null >/dev/null 2>&1
status=$?
for id in $("$RUNTIME" list -q 2>/dev/null); do "$RUNTIME" delete --force "$id"; done
exit $status`;

async function runProgram(suite, program, runtime) {
  const folder = mkdtempSync(join(tmpdir(), 'conformance-'));
  // the root of a user namespace is on its way to the bundle one of the others
  chmodSync(folder, 0o755);
  try {
    const env = {
      PATH: process.env.PATH,
      TMPDIR: folder,
      FOLDER: folder,
      SUITE: suite,
      PROGRAM: program,
      RUNTIME: runtime,
    };
    const child = spawn('unshare', ['--mount', 'sh', '-c', steps], { env, stdio: 'ignore' });
    const status = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
    const read = (name) => readFileSync(join(folder, name), 'utf8');
    const verdict = verdictOf(read('stdout'), status === 124 || status === 137 ? null : status, /_fail$/.test(program));
    return { ...verdict, output: read('stdout'), errors: read('stderr') };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
