import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { environment, errorOf } from './runtimes.ts';

/** One thing to time: commands, `width` of them at a time. */
export interface Step {
  /** what it is in the results: "create", "run b1 cold" */
  readonly row: string;
  readonly runtime: string;
  /** idle time before, in ms */
  readonly gap: number;
  readonly commands: readonly (readonly string[])[];
  readonly width?: number;
  /** number of processes of containers that must be left before the gap begins */
  readonly alive?: number;
  /** text that stdout must hold */
  readonly expect?: string;
}

export interface Sample {
  readonly row: string;
  readonly runtime: string;
  /** ms */
  readonly wall: number;
  /** ms of processor time, of all processes */
  readonly cpu: number;
  /** kB, of the largest process */
  readonly rss: number;
  readonly error: string | undefined;
}

/** The form is told in launch.c. */
export function toJob(steps: readonly Step[]): string {
  return steps
    .map(({ row, runtime, gap, commands, width = 1, alive = -1, expect = '-' }) => {
      const head = ['sample', `${row}|${runtime}`, Math.round(gap * 1000), width, commands.length, alive, expect];
      return `${[head, ...commands].map((words) => words.join('\t')).join('\n')}\n`;
    })
    .join('');
}

export function readSamples(text: string): Sample[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [label = '', wall, cpu, rss, status, problem = ''] = line.split('\t');
      const [row = '', runtime = ''] = label.split('|');
      const error = status === '0' ? undefined : errorOf(problem);
      return { row, runtime, wall: Number(wall) / 1e6, cpu: Number(cpu) / 1e3, rss: Number(rss), error };
    });
}

/** Runs lists of steps, one after the other, until it is ended. */
export class Launcher {
  readonly #program: string;
  readonly #folder: string;
  #process: ChildProcess | undefined;
  #ended = false;

  constructor(program: string, folder: string) {
    this.#program = program;
    this.#folder = folder;
  }

  async run(steps: readonly Step[]): Promise<Sample[]> {
    const [job, result] = ['job', 'result'].map((name) => join(this.#folder, name)) as [string, string];
    writeFileSync(job, toJob(steps));
    rmSync(result, { force: true });
    this.goOn();
    // A process group of its own: an interrupt from the terminal reaches us first, and `end` reaches all of it.
    const child = spawn(this.#program, [job, result], {
      stdio: ['ignore', 'ignore', 'inherit'],
      detached: true,
      env: environment,
    });
    this.#process = child;
    const status = await new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('exit', resolve);
    });
    this.#process = undefined;
    this.goOn();
    if (status !== 0 || !existsSync(result)) throw new Error(`${this.#program} ended with status ${status}`);
    return readSamples(readFileSync(result, 'utf8'));
  }

  /** @throws Error once `end` was called */
  goOn(): void {
    if (this.#ended) throw new Error('interrupted');
  }

  end(): void {
    this.#ended = true;
    if (this.#process?.pid !== undefined) process.kill(-this.#process.pid, 'SIGKILL');
  }
}
