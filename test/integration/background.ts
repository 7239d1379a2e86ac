import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readlinkSync } from 'node:fs';
import type { Test } from 'tap';
import { noci } from './bundle.ts';
import { driverOptions } from './cgroup-driver.ts';
import { bare, type Outcome } from './report.ts';

/** A command that goes on while the test does. */
export interface Background {
  readonly child: ChildProcess;
  /** what it has written until now */
  stdout(): string;
  readonly ended: Promise<Outcome>;
}

/** Starts noci with a state root; it is killed when the test ends before it does. */
export function background(t: Test, root: string, ...args: string[]): Background {
  const words = [...bare({}), noci, '--root', root, ...driverOptions, ...args];
  const child = spawn('/usr/bin/env', words, { stdio: ['ignore', 'pipe', 'pipe'] });
  const written = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name]?.setEncoding('utf8').on('data', (text) => {
      written[name] += text;
    });
  const ended = new Promise<Outcome>((resolve) => {
    child.on('close', (status, signal) => resolve({ status, signal, ...written }));
  });
  t.teardown(() => child.kill('SIGKILL'));
  return { child, stdout: () => written.stdout, ended };
}

/** Whether a process holds a file whose name in /proc/PID/fd has `word` in it. */
export function holds({ pid }: ChildProcess, word: string): boolean {
  try {
    const folder = `/proc/${pid}/fd`;
    return readdirSync(folder).some((fd) => readlinkSync(`${folder}/${fd}`).includes(word));
  } catch {
    return false;
  }
}
