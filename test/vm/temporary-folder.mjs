import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Removed by `remove`, or when the process ends, by a signal too. */
export class TemporaryFolder {
  #remove = () => rmSync(this.path, { recursive: true, force: true });

  constructor(prefix) {
    endOnSignals();
    this.path = mkdtempSync(join(tmpdir(), prefix));
    process.on('exit', this.#remove);
  }

  remove() {
    process.off('exit', this.#remove);
    this.#remove();
  }
}

/** Without a listener, a signal ends the process before it hears of its exit. */
function endOnSignals() {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    if (process.listenerCount(signal) === 0) process.on(signal, () => process.exit(1));
  }
}
