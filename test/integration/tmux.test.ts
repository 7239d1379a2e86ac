// A person at a terminal: tmux(1) types, looks at the screen and resizes the window.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { missing, noci } from './bundle.ts';
import { type Container, makeContainer, must, running, until } from './container.ts';

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

  #stty(...words: string[]): string {
    const tty = this.#tmux('display-message', '-p', '#{pane_tty}').trim();
    return execFileSync('stty', ['-F', tty, ...words], { encoding: 'utf8' });
  }

  /** stty -a as the shell in the window sees it. */
  modes(): string {
    return this.#stty('-a');
  }

  /** The same in the form that `restore` takes. */
  saved(): string {
    return this.#stty('-g').trim();
  }

  restore(saved: string): void {
    this.#stty(saved);
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

/** How one comes into a container. */
interface Way {
  readonly name: string;
  readonly command: string;
  readonly make: (t: Test) => Container;
}

const ways: readonly Way[] = [
  { name: 'run', command: 'run --bundle BUNDLE ID', make: shell },
  { name: 'exec', command: 'exec -t ID /bin/sh', make: (t) => running(t) },
];

async function enter(window: Window, { command }: Way, { root, bundle, id }: Container): Promise<void> {
  const prompts = (): number => window.screen().split('/ # ').length;
  const before = prompts();
  const words = command.replace('BUNDLE', bundle).replace('ID', id);
  window.line(`${noci} --root ${root} ${words}; echo "status=$?"`);
  await until(() => prompts() > before);
}

/** The process with exactly this command line that has the terminal: what is typed before that is the shell's. */
async function foreground(command: string): Promise<void> {
  await until(() => {
    const pid = spawnSync('pgrep', ['-f', `^${command}$`], { encoding: 'utf8' }).stdout.trim();
    if (!/^\d+$/.test(pid) || !existsSync(`/proc/${pid}/stat`)) return false;
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [, , group, , , terminal] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return group === terminal;
  });
}

/** Command lines that no other process of the machine has. */
let commands = process.pid * 10;
const sleeping = (): string => `sleep ${100_000 + commands++}`;

for (const way of ways) {
  t.test(
    `${way.name}: a shell is typed into, resized, interrupted, suspends a job, and is left`,
    { skip, timeout },
    async (t) => {
      const window = new Window(t);
      await window.shows(/^# /m);
      const before = window.modes();
      const container = way.make(t);
      await enter(window, way, container);
      window.line('echo one$((1+1))');
      await window.shows(/^one2$/m);
      window.line('stty size');
      await window.shows(/^24 80$/m);
      window.resize(100, 30);
      await until(() => /rows 30; columns 100/.test(window.modes()));
      for (let done = false; !done; done = /^30 100$/m.test(window.screen())) {
        window.line('stty size');
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      const first = sleeping();
      window.line(`${first}; echo after=$?`);
      await foreground(first);
      window.press('C-c');
      window.line('echo still here');
      await window.shows(/^still here$/m);
      const second = sleeping();
      window.line(second);
      await foreground(second);
      window.press('C-z');
      await window.shows(new RegExp(`Stopped +${second}`));
      window.line('bg; jobs');
      await window.shows(new RegExp(`Running +${second}`));
      window.line('fg');
      await foreground(second);
      window.press('C-c');
      window.line('exit 42');
      await window.shows(/status=42$/m);
      window.resize(80, 24);
      await until(() => /rows 24; columns 80/.test(window.modes()));
      t.equal(window.modes(), before, 'the outer terminal is as it was');
      if (way.name === 'run') t.strictSame(readdirSync(container.root), [], 'and the container is gone');
      else t.equal(container.state().status, 'running', 'and the container goes on');
    },
  );

  t.test(
    `${way.name}: the outer shell goes on when the container is killed, and when noci is told to end`,
    { skip, timeout },
    async (t) => {
      const window = new Window(t);
      await window.shows(/^# /m);
      const before = window.modes();
      const first = way.make(t);
      await enter(window, way, first);
      t.not(window.modes(), before, 'raw meanwhile');
      must(first.kill('KILL'));
      await window.shows(/status=137$/m);
      t.equal(window.modes(), before, 'after SIGKILL of the container');

      const second = way.make(t);
      await enter(window, way, second);
      window.line("trap 'exit 5' TERM; echo trap set");
      await window.shows(/^trap set$/m);
      const call = `--root ${second.root} ${way.name}`;
      const pid = execFileSync('pgrep', ['-f', '--', call], { encoding: 'utf8' }).trim();
      process.kill(Number(pid), 'SIGTERM');
      window.press('Enter');
      await window.shows(/status=5$/m);
      t.equal(window.modes(), before, 'after SIGTERM of noci');
    },
  );

  t.test(
    `${way.name}: a noci in the background is stopped, and goes on in the foreground`,
    { skip, timeout },
    async (t) => {
      const window = new Window(t);
      await window.shows(/^# /m);
      const [before, saved] = [window.modes(), window.saved()];
      const container = way.make(t);
      await enter(window, way, container);
      const pid = execFileSync('pgrep', ['-f', '--', `--root ${container.root} ${way.name}`], {
        encoding: 'utf8',
      }).trim();
      const stopped = (): boolean => / T /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
      process.kill(Number(pid), 'SIGSTOP');
      await window.shows(/Stopped/);
      // as a shell does that keeps the modes of its terminal; this one leaves them to whoever stops
      window.restore(saved);
      // until the shell has sent SIGCONT, it is the stop of before that is seen
      window.line('bg; echo bg=$?');
      await window.shows(/^bg=0$/m);
      await until(stopped);
      t.equal(window.modes(), before, 'what runs in the background does not touch the terminal');
      window.line('fg');
      await until(() => window.modes() !== before);
      window.line('echo one$((1+1))');
      await window.shows(/^one2$/m);
      window.line('exit 7');
      await until(() => window.modes() === before);
      window.line('echo end=$?');
      await window.shows(/^end=7$/m);
      t.equal(window.modes(), before);
    },
  );
}
