// A person at a terminal: tmux(1) types, looks at the screen and resizes the window.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { missing, noci } from './bundle.ts';
import { type Container, makeContainer, must, until } from './container.ts';

const skip = missing() || (existsSync('/usr/bin/tmux') ? false : 'Debian package tmux is missing');
const timeout = 300_000;

/** A window of tmux with a shell in it. */
class Window {
  readonly #socket: string;

  constructor(t: Test) {
    const folder = mkdtempSync(join(tmpdir(), 'noci-tmux-'));
    this.#socket = join(folder, 'socket');
    const env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', TERM: 'xterm', HOME: folder };
    const shell = ['-f', '/dev/null', 'new-session', '-d', '-x', '80', '-y', '24', '/bin/sh'];
    execFileSync('tmux', ['-S', this.#socket, ...shell], { env });
    t.teardown(() => {
      spawnSync('tmux', ['-S', this.#socket, 'kill-server']);
      rmSync(folder, { recursive: true });
    });
  }

  #tmux(...args: string[]): string {
    return execFileSync('tmux', ['-S', this.#socket, ...args], { encoding: 'utf8' });
  }

  /** Everything on the screen and above it, lines that were too long for it in one. */
  screen(): string {
    return this.#tmux('capture-pane', '-p', '-J', '-S', '-');
  }

  /** Keys as tmux names them: C-c, Enter. */
  press(...keys: string[]): void {
    this.#tmux('send-keys', ...keys);
  }

  line(text: string): void {
    this.#tmux('send-keys', '-l', text);
    this.press('Enter');
  }

  resize(columns: number, rows: number): void {
    this.#tmux('resize-window', '-x', String(columns), '-y', String(rows));
  }

  async shows(pattern: RegExp): Promise<void> {
    await until(() => pattern.test(this.screen()));
  }

  /** stty -a as the shell in the window sees it. */
  modes(): string {
    const tty = this.#tmux('display-message', '-p', '#{pane_tty}').trim();
    return execFileSync('stty', ['-a', '-F', tty], { encoding: 'utf8' });
  }
}

/** A container with an interactive shell. */
function shell(t: Test): Container {
  return makeContainer(t, (config) => {
    config.process.terminal = true;
    config.process.args = ['/bin/sh'];
    config.process.env = ['PATH=/bin', 'TERM=xterm'];
    delete config.process.capabilities.ambient;
  });
}

async function enter(window: Window, { root, bundle, id }: Container): Promise<void> {
  const prompts = (): number => window.screen().split('/ # ').length;
  const before = prompts();
  window.line(`${noci} --root ${root} run --bundle ${bundle} ${id}; echo "status=$?"`);
  await until(() => prompts() > before);
}

t.test('a shell is typed into, resized, interrupted, suspends a job, and is left', { skip, timeout }, async (t) => {
  const window = new Window(t);
  await window.shows(/^# /m);
  const before = window.modes();
  const container = shell(t);
  await enter(window, container);
  window.line('echo one$((1+1))');
  await window.shows(/^one2$/m);
  window.line('stty size');
  await window.shows(/^24 80$/m);
  window.resize(100, 30);
  await until(() => /rows 30; columns 100/.test(window.modes()));
  window.line('stty size');
  await window.shows(/^30 100$/m);
  window.line('sleep 1000; echo after=$?');
  window.press('C-c');
  window.line('echo still here');
  await window.shows(/^still here$/m);
  window.line('sleep 1001');
  await until(() => spawnSync('pgrep', ['-f', '^sleep 1001$']).status === 0);
  window.press('C-z');
  await window.shows(/Stopped +sleep 1001/);
  window.line('bg; jobs');
  await window.shows(/Running +sleep 1001/);
  window.line('fg');
  window.press('C-c');
  window.line('exit 42');
  await window.shows(/status=42$/m);
  window.resize(80, 24);
  await until(() => /rows 24; columns 80/.test(window.modes()));
  t.equal(window.modes(), before, 'the outer terminal is as it was');
  t.strictSame(readdirSync(container.root), [], 'and the container is gone');
});

t.test(
  'the outer shell goes on when the container is killed, and when noci is told to end',
  { skip, timeout },
  async (t) => {
    const window = new Window(t);
    await window.shows(/^# /m);
    const before = window.modes();
    const first = shell(t);
    await enter(window, first);
    t.not(window.modes(), before, 'raw meanwhile');
    must(first.kill('KILL'));
    await window.shows(/status=137$/m);
    t.equal(window.modes(), before, 'after SIGKILL of the container');

    const second = shell(t);
    await enter(window, second);
    window.line("trap 'exit 5' TERM; echo trap set");
    await window.shows(/^trap set$/m);
    const pid = execFileSync('pgrep', ['-f', '--', `--root ${second.root} run`], { encoding: 'utf8' }).trim();
    process.kill(Number(pid), 'SIGTERM');
    window.press('Enter');
    await window.shows(/status=5$/m);
    t.equal(window.modes(), before, 'after SIGTERM of noci');
  },
);
