// Runs a command in a container and takes what it writes.
//
//     node docs/examples/output.mjs bundles/busy cat /etc/passwd
import { Runtime, RuntimeError } from 'noci';

const [bundle = 'bundles/busy', ...command] = process.argv.slice(2);
const runtime = new Runtime({ onWarning: (text) => console.error(text) });

try {
  const container = await runtime.run({ id: `example-output-${process.pid}`, bundle });
  try {
    const { status, stdout, stderr } = await container.output(command.length > 0 ? command : ['echo', 'hello']);
    process.stdout.write(stdout);
    process.stderr.write(stderr);
    process.exitCode = status ?? 1;
  } finally {
    // in TypeScript, and in JavaScript where there is `await using`, the block's end does this
    await container.delete({ force: true });
  }
} catch (error) {
  if (!(error instanceof RuntimeError)) throw error;
  const { message, code = 'no code', step = 'no step', pointer = 'no place in config.json' } = error;
  console.error(`${message}\n  (${code}, ${step}, ${pointer})`);
  process.exitCode = 1;
}
