// An interactive shell beside what runs in a container. Whatever is typed goes to it; exit, or Ctrl-D, ends it.
//
//     node docs/examples/terminal.mjs bundles/busy
import { Runtime } from 'noci';

const [bundle = 'bundles/busy'] = process.argv.slice(2);
const { stdin, stdout } = process;
const size = () => ({ rows: stdout.rows ?? 24, columns: stdout.columns ?? 80 });

const runtime = new Runtime();
const container = await runtime.run({ id: `example-terminal-${process.pid}`, bundle });
try {
  const shell = await container.exec(['sh'], { terminal: size() });
  if (stdin.isTTY) stdin.setRawMode(true);
  stdout.on('resize', () => shell.terminal.resize(size()));
  stdin.on('data', (typed) => shell.terminal.write(typed));
  shell.terminal.on('data', (shown) => stdout.write(shown));
  const { status } = await shell.wait();
  process.exitCode = status ?? 1;
} finally {
  if (stdin.isTTY) stdin.setRawMode(false);
  stdin.destroy();
  await container.delete({ force: true });
}
