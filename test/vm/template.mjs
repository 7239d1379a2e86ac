// usage: node template.mjs IMAGE     boots the guest of an image once and saves it, so that others start in half a second
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Machine, templateOf } from './machine.mjs';

const image = resolve(process.argv[2]);
const { disk, state } = templateOf(image);
rmSync(join(image, 'template'), { recursive: true, force: true });
mkdirSync(join(image, 'template'));
// what the boot writes; the path of the disk below is as seen from this file
execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', '-F', 'raw', '-b', '../disk', disk]);

const machine = new Machine(image, { start: 'make' });
const alarm = setTimeout(() => machine.end(), 180_000);
try {
  await machine.save(state);
} catch (error) {
  console.error(`noci: ${error.message}`);
  process.exitCode = 1;
} finally {
  clearTimeout(alarm);
  await machine.end();
}
