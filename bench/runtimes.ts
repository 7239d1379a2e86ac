import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Bundle } from './bundles.ts';
import type { View } from './view.ts';

/** What is compared: a column of the table. Functions give the words of a command. */
export interface Runtime {
  readonly name: string;
  readonly path: string;
  /** first line of `--version` */
  readonly version: string;
  /** where it keeps its containers; undefined: it has only `run` */
  readonly root: string | undefined;
  readonly run: (bundle: Bundle, id: string) => readonly string[];
  /** a command on a container: `verb('kill', id, 'KILL')` */
  readonly verb: (...words: readonly string[]) => readonly string[];
}

/** Exactly what processes get as their environment: no variable of Node.js or npm reaches a runtime. */
export const environment = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' };

export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command to its end, outside of any measurement. */
export function call(words: readonly string[]): Outcome {
  const [program = '', ...rest] = words;
  const result = spawnSync(program, rest, { encoding: 'utf8', env: environment, timeout: 60_000, stdio: 'pipe' });
  return { status: result.status, stdout: result.stdout ?? '', stderr: result.stderr ?? String(result.error ?? '') };
}

/** What a runtime says is wrong, on one line: the message of its log, else its first line. */
export function errorOf(stderr: string): string {
  const message = /level=error msg="((?:[^"\\]|\\.)*)"/.exec(stderr)?.[1];
  return message?.replace(/\\(.)/g, '$1') ?? stderr.trim().split('\n')[0] ?? '';
}

/** A runtime that is called as runc is; `systemd`: with systemd's driver of cgroups. */
export function likeRunc(name: string, path: string, folder: string, systemd: boolean): Runtime {
  const root = join(folder, `root-${name}`);
  mkdirSync(root);
  const driver = systemd ? ['--systemd-cgroup'] : [];
  const verb = (...words: readonly string[]) => [path, '--root', root, ...driver, ...words];
  return {
    name,
    path,
    version: versionOf(path),
    root,
    run: (bundle, id) => verb('run', '--bundle', bundle.folder, id),
    verb,
  };
}

function versionOf(path: string): string {
  const { stdout, stderr } = call([path, '--version']);
  return (stdout || stderr).split('\n')[0] ?? '';
}

/** The program of floor.c, which knows b1 on version 1 only. */
export function floorRuntime(path: string, view: View): Runtime {
  const hierarchies = view.hierarchies.map(({ name, own }) => `${name}=${own}`);
  return {
    name: 'floor',
    path,
    version: 'raw system calls (bench/floor.c)',
    root: undefined,
    run: ({ folder, config }, id) => [
      path,
      id,
      join(folder, config.root.path),
      ...hierarchies,
      '--',
      ...config.process.args,
    ],
    verb: () => [],
  };
}
