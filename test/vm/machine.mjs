// A guest: qemu without any acceleration, so that it runs wherever the tests run.
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { linesOf, Monitor } from './qmp.mjs';
import { TemporaryFolder } from './temporary-folder.mjs';

const processors = 2;
/** Of memory that is used only as far as the guest uses it. */
const memory = '4G';

/**
 * Without cx16: qemu 7.2 computes wrong flags for a cmpxchg16b without lock, which kernels from 6.12 on trip over. Without erms:
 * string instructions go byte by byte.
 */
const processor = 'max,-cx16,-erms';

const kernelArguments =
  'console=ttyS0 quiet loglevel=4 panic=-1 mitigations=off no_timer_check tsc=reliable audit=0 nokaslr systemd.show_status=0';

/** The folder of an image, as image.sh makes it. */
export const imageOf = (suite) => new URL(`../../.build/vm/${suite}`, import.meta.url).pathname;

/** What image.sh made of a booted guest: its memory, its devices, its disk. */
export const templateOf = (image) => ({
  memory: join(image, 'template/memory'),
  state: join(image, 'template/state'),
  disk: join(image, 'template/disk'),
});

/** Where the root disk and the memory are. A template is the only guest that writes to them. */
function storage(image, start) {
  const template = templateOf(image);
  const file = { boot: join(image, 'disk'), make: template.disk, restore: template.disk }[start];
  const format = start === 'boot' ? 'raw' : 'qcow2';
  const snapshot = start === 'make' ? 'off' : 'on';
  const backing = {
    boot: 'memory-backend-memfd',
    make: `memory-backend-file,mem-path=${template.memory},share=on`,
    restore: `memory-backend-file,mem-path=${template.memory},share=off`,
  }[start];
  return [
    ...['-object', `${backing},id=ram,size=${memory}`],
    ...['-drive', `if=none,id=root,file=${file},format=${format},snapshot=${snapshot},cache=unsafe`],
  ];
}

/** A port of the guest by its name. The devices of a template are the first ones and always the same. */
const port = (name, number) => ['-device', `virtserialport,chardev=${name},name=${name},nr=${number}`];

function command(image, start, disks, log, kernel) {
  return [
    ...['-accel', 'tcg,thread=multi,tb-size=1024', '-M', 'pc,memory-backend=ram', '-cpu', processor],
    ...['-smp', processors, '-m', memory, '-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot'],
    ...['-kernel', join(image, 'vmlinuz'), '-initrd', join(image, 'initrd'), '-append', `${kernelArguments} ${kernel}`],
    ...storage(image, start),
    ...['-device', 'virtio-blk-pci,drive=root,addr=4', '-device', 'virtio-serial-pci,addr=5'],
    ...['-chardev', `file,id=log,path=${log}`, '-serial', 'chardev:log'],
    ...['-chardev', 'socket,id=stdout,fd=3', ...port('stdout', 1)],
    ...['-chardev', 'socket,id=stderr,fd=4', ...port('stderr', 2)],
    ...['-chardev', 'stdio,id=stdin,signal=off', ...port('stdin', 3)],
    ...['-chardev', 'socket,id=control,fd=5', ...port('control', 4)],
    ...['-chardev', 'socket,id=monitor,fd=6', '-mon', 'chardev=monitor,mode=control'],
    ...disks.flatMap((file, index) => ['-drive', `if=none,id=disk${index},file=${file},format=raw,cache=unsafe`]),
    ...(start === 'restore' ? ['-incoming', 'defer'] : disks.flatMap((_, index) => ['-device', diskDevice(index)])),
  ].map(String);
}

/** By this the guest finds a disk: it names those that are plugged in as they come. At most 20 bytes, VIRTIO_BLK_ID_BYTES. */
const serialOf = (index) => `copy${index}`;

/** After the root disk, which has to be the first one of a guest that boots. */
const diskDevice = (index) => `virtio-blk-pci,drive=disk${index},serial=${serialOf(index)},addr=${6 + index}`;

/** An ext4 filesystem with what is in a folder, and room for half as much again. */
function makeDisk(folder, file) {
  const [size = ''] = run('du', '-sk', '--apparent-size', folder).split('\t');
  const options = ['-q', '-m', '0', '-O', '^has_journal,^metadata_csum', '-E', 'lazy_itable_init=1'];
  run('mkfs.ext4', ...options, '-d', folder, file, `${Math.ceil(Number(size) * 1.5) + 65536}K`);
}

function run(program, ...args) {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program}: ${error?.message ?? stderr}`);
  return stdout;
}

const quote = (word) => `'${word.replaceAll("'", "'\\''")}'`;

/** Sets `device` to the disk with a serial number; a disk that is plugged in takes a moment. */
const findDisk = `find_disk() {
  for folder in /sys/block/vd*; do
    device=/dev/\${folder##*/}
    [ "$(cat "$folder/serial" 2>/dev/null)" != "$1" ] || [ ! -b "$device" ] || return 0
  done
  return 1
}`;

/** What the guest executes: the disks are mounted, then the words are a command. */
function scriptOf({ copies, cwd, env, words }) {
  const mounts = copies.flatMap(({ to }, index) => [
    `mkdir -p ${quote(to)}`,
    `until find_disk ${serialOf(index)}; do sleep 0.02; done`,
    `mount -t ext4 -o noatime "$device" ${quote(to)} || exit 125`,
  ]);
  return [
    findDisk,
    `date --set=@${Math.floor(Date.now() / 1000)} >/dev/null`,
    ...mounts,
    `cd ${quote(cwd)} || exit 125`,
    ...Object.entries(env).map(([name, value]) => `export ${name}=${quote(value)}`),
    `exec ${words.map(quote).join(' ')}`,
    '',
  ].join('\n');
}

/** A guest that has been started. */
export class Machine {
  #folder = new TemporaryFolder('noci-guest-');
  #log = join(this.#folder.path, 'log');
  #qemu;
  #monitor;
  #said = [];
  #heard = () => {};

  /**
   * start: `boot`; `make`, to make a template; `restore`, from one. kernel: more words for the command line of the kernel.
   * copies: `{ from, to }`, folders of this machine that are in the guest too. stdin: as for spawn, but no terminal, which qemu
   * would change.
   */
  constructor(image, { start, kernel = '', copies = [], stdin = 'ignore' }) {
    const disks = copies.map((_, index) => join(this.#folder.path, `disk${index}`));
    try {
      for (const [index, { from }] of copies.entries()) makeDisk(from, disks[index]);
      // qemu ends with us, however we do: prctl(2), PR_SET_PDEATHSIG
      const args = ['--pdeathsig', 'KILL', 'qemu-system-x86_64', ...command(image, start, disks, this.#log, kernel)];
      const complaints = openSync(join(this.#folder.path, 'complaints'), 'a');
      this.#qemu = spawn('setpriv', args, { stdio: [stdin, 'ignore', complaints, 'pipe', 'pipe', 'pipe', 'pipe'] });
      closeSync(complaints);
    } catch (error) {
      this.#folder.remove();
      throw error;
    }
    this.ended = new Promise((resolve) => {
      this.#qemu.on('error', resolve);
      this.#qemu.on('exit', resolve);
    }).then(() => this.#said.push('ended') && this.#heard());
    linesOf(this.#qemu.stdio[5]).on('line', (line) => this.#said.push(line) && this.#heard());
    this.#monitor = new Monitor(this.#qemu.stdio[6]);
    this.disks = disks.length;
  }

  /** Hands on what the guest's command prints; `ended` comes after the last of it. */
  pass(stdout, stderr) {
    const done = [stdout, stderr].map((output, index) => {
      const input = this.#qemu.stdio[3 + index].on('error', () => {});
      input.pipe(output, { end: false });
      return new Promise((resolve) => input.on('close', resolve)).then(() => {
        if (output !== process.stdout && output !== process.stderr) output.end();
      });
    });
    this.ended = Promise.all([this.ended, ...done]);
  }

  /** The first line of the guest's that is like this; undefined when it ended before. */
  async #says(like) {
    while (true) {
      const found = this.#said.map((line) => like.exec(line)).find(Boolean);
      if (found || this.#said.includes('ended')) return found ?? undefined;
      await new Promise((resolve) => {
        this.#heard = resolve;
      });
    }
  }

  /** What the monitor does, unless the guest ends meanwhile. */
  #unlessEnded(work) {
    return Promise.race([work, this.ended.then(() => Promise.reject(new Error(this.#why())))]);
  }

  /** The last lines of qemu and of the guest's console. */
  #why() {
    const last = (name) => {
      const file = join(this.#folder.path, name);
      return existsSync(file) ? readFileSync(file, 'utf8').slice(-3000) : '';
    };
    return `the guest broke down\n${last('complaints')}${last('log')}`;
  }

  async #open() {
    await this.#monitor.open();
  }

  /** Waits until a guest that boots takes a command. */
  async up() {
    if ((await this.#says(/^up$/)) === undefined) throw new Error(this.#why());
  }

  /** Writes the template that `restore` starts from, and ends the guest. */
  async save(state) {
    await this.up();
    // what services do after the first command could be taken
    await new Promise((resolve) => setTimeout(resolve, 3000));
    await this.#unlessEnded(this.#save(state));
    await this.ended;
  }

  async #save(state) {
    await this.#open();
    await this.#monitor.command('stop');
    await this.#monitor.migrate('migrate', `exec:cat >${quote(state)}`);
    this.#qemu.kill('SIGKILL');
  }

  /** From a template: reads the state, lets it go on and plugs the disks in. */
  async restore(state) {
    await this.#unlessEnded(this.#restore(state));
  }

  async #restore(state) {
    await this.#open();
    await this.#monitor.migrate('migrate-incoming', `exec:cat ${quote(state)}`);
    await this.#monitor.command('cont');
    for (let index = 0; index < this.disks; index++) {
      await this.#monitor.command('device_add', {
        driver: 'virtio-blk-pci',
        drive: `disk${index}`,
        serial: serialOf(index),
      });
    }
  }

  /** Hands the command in. @returns its exit status @throws Error when the guest ends without one */
  async execute(script) {
    this.#qemu.stdio[5].write(`${Buffer.byteLength(script)}\n${script}`);
    const found = await this.#says(/^exit (\d+)$/);
    if (found === undefined) throw new Error(this.#why());
    await this.ended;
    return Number(found[1]);
  }

  /** Ends qemu and removes what was made for it. */
  async end() {
    this.#qemu.kill('SIGKILL');
    await this.ended;
    this.#folder.remove();
  }
}

/**
 * Runs one command in a guest of its own, from the template; with words for the command line of its kernel it has to boot.
 * `command`: { words, cwd, env, copies, seconds, kernel, stdin, stdout, stderr }, the last two streams
 * @returns the exit status @throws Error when the guest breaks down or the time is over
 */
export async function runInGuest(
  suite,
  { words, cwd = '/root', env = {}, copies = [], seconds = 600, kernel, stdin, stdout, stderr },
) {
  const image = imageOf(suite);
  const machine = new Machine(image, { start: kernel === undefined ? 'restore' : 'boot', kernel, copies, stdin });
  machine.pass(stdout ?? process.stdout, stderr ?? process.stderr);
  let late = false;
  const alarm = setTimeout(() => {
    late = true;
    machine.end();
  }, seconds * 1000);
  try {
    if (kernel === undefined) await machine.restore(templateOf(image).state);
    else await machine.up();
    return await machine.execute(scriptOf({ copies, cwd, env, words }));
  } catch (error) {
    throw late ? new Error(`the guest of ${suite} was ended after ${seconds} s`) : error;
  } finally {
    clearTimeout(alarm);
    await machine.end();
  }
}
