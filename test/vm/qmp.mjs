// The monitor of a qemu: https://www.qemu.org/docs/master/interop/qmp-spec.html
import { createInterface } from 'node:readline';

/** Lines of a pipe of qemu. That it ends, however it does, is told by its exit. */
export function linesOf(pipe) {
  return createInterface({ input: pipe.on('error', () => {}) }).on('error', () => {});
}

export class Monitor {
  #socket;
  /** who waits for which message, the oldest first */
  #waiting = [];

  constructor(socket) {
    this.#socket = socket;
    linesOf(socket).on('line', (line) => this.#take(JSON.parse(line)));
  }

  /** @throws Error with what qemu says is wrong */
  command(execute, args = {}) {
    const answer = this.#next((message) => 'return' in message || 'error' in message);
    this.#socket.write(`${JSON.stringify({ execute, arguments: args })}\n`);
    return answer.then(({ error }) => {
      if (error !== undefined) throw new Error(`qemu: ${execute}: ${error.desc}`);
    });
  }

  /** The command, and then the end of the migration that it begins. */
  async migrate(execute, uri) {
    const end = this.#next(({ event, data }) => event === 'MIGRATION' && /^(completed|failed)$/.test(data.status));
    await this.command(execute, { uri });
    const { data } = await end;
    if (data.status !== 'completed') throw new Error(`qemu: ${execute} ${uri}: ${data.status}`);
  }

  async open() {
    await this.command('qmp_capabilities');
    const capabilities = ['x-ignore-shared', 'events'].map((capability) => ({ capability, state: true }));
    await this.command('migrate-set-capabilities', { capabilities });
  }

  #next(isIt) {
    return new Promise((resolve) => this.#waiting.push({ isIt, resolve }));
  }

  #take(message) {
    const index = this.#waiting.findIndex(({ isIt }) => isIt(message));
    if (index >= 0) this.#waiting.splice(index, 1)[0].resolve(message);
  }
}
