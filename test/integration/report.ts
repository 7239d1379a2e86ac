import { type StdioOptions, spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { driverOptions } from './cgroup-driver.ts';

/** What a program left behind: its exit status and what it wrote. */
export interface Outcome {
  readonly status: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What of a call is not as usual. */
export interface CallOptions {
  readonly cwd?: string;
  /** what stands on stdin; /dev/null when absent */
  readonly input?: string | Uint8Array;
  /** fds that become 3, 4, … of the runtime */
  readonly fds?: readonly number[];
}

/**
 * Runs a runtime with a state root of its own and the smallest environment, as engines do. Its output goes through pipes when
 * it stays until the container ends, else to files: the end of a pipe comes only when the container closes it too.
 */
export function call(
  runtime: string,
  root: string,
  args: readonly string[],
  env: Record<string, string> = {},
  options: CallOptions = {},
): Outcome {
  const detached = !args.includes('run') || args.some((word) => word === '--detach' || word === '-d');
  const outputs = detached ? openOutputs() : undefined;
  const stdin = options.input === undefined ? 'ignore' : 'pipe';
  const stdio: StdioOptions = [stdin, ...(outputs?.fds ?? (['pipe', 'pipe'] as const)), ...(options.fds ?? [])];
  const result = spawnSync('/usr/bin/env', [...bare(env), runtime, '--root', root, ...driverOptions, ...args], {
    encoding: 'utf8',
    // without a mitigation it may hang, and nobody shall wait for that
    ...(NOCI_WEAKENED === '' ? { timeout: 60_000 } : { timeout: 8_000, killSignal: 'SIGKILL' as const }),
    maxBuffer: 1 << 28,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.input === undefined ? {} : { input: options.input }),
    stdio,
  });
  const [stdout = '', stderr = ''] = outputs?.take() ?? [result.stdout, result.stderr];
  return { status: result.status, signal: result.signal, stdout, stderr };
}

/** The row whose mitigation .build/weakened/noci is to do without, see test/attacks. */
const { NOCI_WEAKENED = '' } = process.env;
export const weakening: Record<string, string> = NOCI_WEAKENED === '' ? {} : { NOCI_WEAKENED };

/** Arguments of env(1) for exactly this environment: tap adds variables of its own to that of every process which it spawns. */
export function bare(env: Record<string, string>): string[] {
  return ['-i', ...Object.entries({ ...env, ...weakening }).map(([name, value]) => `${name}=${value}`)];
}

/** Two files for stdout and stderr; `take` reads and removes them. */
function openOutputs(): { readonly fds: readonly number[]; readonly take: () => readonly string[] } {
  const folder = mkdtempSync(join(tmpdir(), 'noci-output-'));
  const paths = ['stdout', 'stderr'].map((name) => join(folder, name));
  const fds = paths.map((path) => openSync(path, 'a'));
  return {
    fds,
    take: () => {
      for (const fd of fds) closeSync(fd);
      const texts = paths.map((path) => readFileSync(path, 'utf8'));
      rmSync(folder, { recursive: true });
      return texts;
    },
  };
}

/** `run` of a bundle whose process is the probe; the report it printed, or what went wrong. `options` are those of run. */
export function runProbe(runtime: string, bundle: string, id: string, options: readonly string[] = []): Report {
  const root = mkdtempSync(join(tmpdir(), 'noci-root-'));
  try {
    const outcome = call(runtime, root, ['run', ...options, '--bundle', bundle, id]);
    if (outcome.status !== 0 || !outcome.stdout.startsWith('{')) {
      throw new Error(`${runtime} run: status ${outcome.status}, ${outcome.stderr || outcome.stdout}`);
    }
    return normalise(JSON.parse(outcome.stdout.replaceAll(bundle, 'BUNDLE')));
  } finally {
    call(runtime, root, ['delete', '--force', id]);
    rmSync(root, { recursive: true, force: true });
  }
}

/** A probe's report with everything taken out that differs from one run to the next under the same runtime. */
export type Report = Record<string, unknown>;

// biome-ignore lint/suspicious/noExplicitAny: the probe's document, see test/probe/probe.c
export function normalise(report: any): Report {
  const { mountinfo, namespaces, clocks, networkDevices, ...rest } = report;
  const own = clocks.boottime - Math.floor(Number(process.hrtime.bigint() / 1_000_000_000n));
  return {
    ...rest,
    attributes: {
      ...rest.attributes,
      pid: rest.attributes.pid > 10 ? 'outer' : rest.attributes.pid,
      ppid: rest.attributes.ppid > 10 ? 'outer' : rest.attributes.ppid,
    },
    clockOffset: Math.abs(own) < 60 ? 'none' : Math.round(own / 60),
    mounts: mountinfo.map(normaliseMount),
    namespaces: Object.fromEntries(
      Object.entries(namespaces).map(([type, link]) => [
        type,
        link === readlinkSync(`/proc/self/ns/${type}`) ? 'host' : 'own',
      ]),
    ),
    networkDevices: networkDevices.slice(2).map((line: string) => line.split(':')[0]?.trim()),
  };
}

/** mountinfo line → root, mountpoint, options, propagation, type, source, superblock options (proc_pid_mountinfo(5)), without ids. */
function normaliseMount(line: string): string {
  const [before = '', after = ''] = line.split(' - ');
  const [, , , root, mountpoint, options, ...propagation] = before.split(' ');
  return [root, mountpoint, options, ...propagation.map((tag) => tag.replace(/:\d+/, '')), '-', after].join(' ');
}

/** Every leaf of a document: "mounts/3" → value. Lists of texts are compared as sets of lines, so that one more line is one difference. */
function leaves(value: unknown, path: string, into: Map<string, string>): Map<string, string> {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      if (typeof item === 'string') into.set(`${path}: ${item}`, 'present');
      else if (typeof item === 'object' && item !== null && 'path' in item) leaves(item, `${path}/${item.path}`, into);
      else leaves(item, `${path}/${index}`, into);
    }
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, item] of Object.entries(value)) leaves(item, path === '' ? key : `${path}/${key}`, into);
  } else into.set(path, String(value));
  return into;
}

/** A difference between two reports: "- " what only the first has, "+ " what only the second has. */
export function differences(first: Report, second: Report): string[] {
  const a = leaves(first, '', new Map());
  const b = leaves(second, '', new Map());
  const lines: string[] = [];
  for (const [path, value] of a) if (b.get(path) !== value) lines.push(`- ${path} = ${value}`);
  for (const [path, value] of b) if (a.get(path) !== value) lines.push(`+ ${path} = ${value}`);
  return lines;
}
