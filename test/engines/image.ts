// Images made here, of busybox alone: no registry is asked for anything.

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const busybox = '/bin/busybox';

const files = {
  'etc/passwd': 'root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000:user:/home/user:/bin/sh\n',
  'etc/group': 'root:x:0:\nuser:x:1000:\nextra:x:2000:user\n',
  // found and not executable
  'bin/plain': 'no program\n',
};

function makeRootfs(rootfs: string): void {
  for (const folder of ['bin', 'etc', 'proc', 'sys', 'dev', 'tmp', 'root', 'home/user', 'var', 'run'])
    mkdirSync(join(rootfs, folder), { recursive: true });
  copyFileSync(busybox, join(rootfs, 'bin/busybox'));
  const applets = execFileSync(busybox, ['--list'], { encoding: 'utf8' }).trim().split('\n');
  for (const applet of applets.filter((name) => name !== 'busybox'))
    symlinkSync('busybox', join(rootfs, 'bin', applet));
  for (const [path, text] of Object.entries(files)) writeFileSync(join(rootfs, path), text);
  chmodSync(join(rootfs, 'tmp'), 0o1777);
}

/** Name of an image → its command. */
const images: Readonly<Record<string, readonly string[]>> = {
  'localhost/box:1': ['/bin/sh'],
  // the sandbox of a pod waits and reaps
  'localhost/pause:1': ['/bin/sh', '-c', 'trap "exit 0" TERM; sleep 2147483647 & wait'],
};

const sha256 = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest('hex');

/** Writes an archive as `docker save` makes them, which every engine loads. The OCI image specification, config.md */
export function makeArchive(path: string): void {
  const folder = mkdtempSync(join(tmpdir(), 'noci-image-'));
  try {
    makeRootfs(join(folder, 'rootfs'));
    const content = join(folder, 'content');
    mkdirSync(content);
    const owner = ['--owner=0', '--group=0', '--numeric-owner', '--sort=name'];
    execFileSync('tar', [...owner, '-C', join(folder, 'rootfs'), '-cf', join(content, 'layer.tar'), '.']);
    const layer = sha256(readFileSync(join(content, 'layer.tar')));
    const manifest = Object.entries(images).map(([name, command]) => {
      const config = JSON.stringify({
        architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
        os: 'linux',
        config: { Env: ['PATH=/bin'], Cmd: command },
        rootfs: { type: 'layers', diff_ids: [`sha256:${layer}`] },
        history: [{ created_by: 'busybox' }],
      });
      const file = `${sha256(config)}.json`;
      writeFileSync(join(content, file), config);
      return { Config: file, RepoTags: [name], Layers: ['layer.tar'] };
    });
    writeFileSync(join(content, 'manifest.json'), JSON.stringify(manifest));
    execFileSync('tar', ['-C', content, '-cf', path, '.']);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
