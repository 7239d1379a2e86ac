import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Host } from './host.ts';

const folders = ['/usr/sbin', '/usr/bin'];

/** Why an engine cannot be tested: one of its programs is not installed. */
export function missing(...programs: string[]): string | false {
  if (process.getuid?.() !== 0) return 'root is needed';
  const [absent] = programs.filter((program) => !folders.some((folder) => existsSync(join(folder, program))));
  return absent !== undefined && `needs ${absent}: sh build/set-up.sh engines`;
}

/** Waits until a daemon answers a command; what it said, when it does not. */
export function waitFor(host: Host, daemon: string, command: string): void {
  const patience = 300;
  const { status } = host.run(
    `for i in $(seq ${patience}); do ${command} >/dev/null 2>&1 && exit; sleep 0.1; done; exit 1`,
  );
  if (status !== 0)
    throw new Error(`${daemon} does not answer: ${readFileSync(join(host.shared, `${daemon}.log`), 'utf8')}`);
}
