// What run.sh does when the image is there.
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { runInGuest } from './machine.mjs';

const [suite, ...rest] = process.argv.slice(2);
const valued = new Set(['--copy', '--cwd', '--kernel', '--seconds']);
let first = 0;
while (rest[first]?.startsWith('--') && rest[first] !== '--') first += valued.has(rest[first]) ? 2 : 1;
const words = rest.slice(rest[first] === '--' ? first + 1 : first);

function copyOf(text) {
  const [from = '', to] = text.split(':');
  return { from: resolve(from), to: to ?? resolve(from) };
}

try {
  const { values } = parseArgs({
    args: rest.slice(0, first),
    options: {
      copy: { type: 'string', multiple: true, default: [] },
      cwd: { type: 'string' },
      kernel: { type: 'string' },
      user: { type: 'boolean', default: false },
      seconds: { type: 'string' },
    },
  });
  if (words.length === 0) throw new Error('run.sh: no command');
  process.exitCode = await runInGuest(suite, {
    words: [...(values.user ? ['as-user'] : []), ...words],
    copies: values.copy.map(copyOf),
    cwd: values.cwd,
    kernel: values.kernel,
    seconds: values.seconds === undefined ? undefined : Number(values.seconds),
    stdin: process.stdin.isTTY ? 'ignore' : 'inherit',
  });
} catch (error) {
  console.error(`noci: ${error.message}`);
  process.exitCode = 125;
}
