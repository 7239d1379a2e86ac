import t from 'tap';
import type { LinuxDevice } from '../../../src/oci/types.ts';
import { steps } from '../../fakes/plan.ts';

const CHARACTER = 0o020000;
const dev = { destination: '/dev', type: 'tmpfs', source: 'tmpfs' };
const names = ['device', 'mkdir', 'symlink'];

function node(path: string, major: number, minor: number, more: object = {}): object {
  const plain = { type: CHARACTER, major, minor, mode: 0o666, uid: 0, gid: 0, pointer: '' };
  return { step: 'device', path, ...plain, ...more };
}

const defaults = [
  node('/dev/null', 1, 3),
  node('/dev/random', 1, 8),
  node('/dev/full', 1, 7),
  node('/dev/tty', 5, 0),
  node('/dev/zero', 1, 5),
  node('/dev/urandom', 1, 9),
];

function link(path: string, target: string, replace = 0): object {
  return { step: 'symlink', target, path, replace, pointer: '' };
}

const links = [
  link('/dev/ptmx', 'pts/ptmx', 1),
  link('/dev/fd', '/proc/self/fd'),
  link('/dev/stdin', '/proc/self/fd/0'),
  link('/dev/stdout', '/proc/self/fd/1'),
  link('/dev/stderr', '/proc/self/fd/2'),
];
const core = link('/dev/core', '/proc/kcore');

t.test('default devices and links', async (t) => {
  t.strictSame(steps(names, { mounts: [dev] }), [...defaults, ...links, core]);
  t.strictSame(steps(names, { mounts: [dev], facts: { kcore: false } }), [...defaults, ...links], 'no kcore, no core');
  const mkdir = { step: 'mkdir', path: '/dev', mode: 0o755, pointer: '' };
  t.strictSame(steps(names), [mkdir, ...defaults, ...links, core], 'a /dev without a mount is made');
});

t.test('a bind of /dev is left alone, and so is stdio', async (t) => {
  for (const destination of ['/dev', '/dev/', 'dev']) {
    const mounts = [{ destination, source: '/dev', options: ['rbind'] }];
    t.strictSame(steps([...names, 'stdio_null'], { mounts }), [], destination);
  }
  t.equal(steps('stdio_null', { mounts: [dev] }).length, 1);
});

t.test('linux.devices', async (t) => {
  const devices: LinuxDevice[] = [
    { path: '/dev/null', type: 'c', major: 1, minor: 3, fileMode: 0o20600, uid: 5, gid: 6 },
    { path: '/dev/ptmx', type: 'c', major: 5, minor: 2 },
    { path: '/dev/net/tun', type: 'u', major: 10, minor: 200 },
    { path: '/dev/net/tap', type: 'c', major: 10, minor: 201 },
    { path: '/dev//sda', type: 'b', major: 8n, minor: 0 },
    { path: '/run/fifo', type: 'p' },
  ];
  const place = (index: number) => ({ pointer: `/linux/devices/${index}` });
  t.strictSame(
    steps(['device', 'mkdir'], { mounts: [dev], linux: { devices } }),
    [
      { step: 'mkdir', path: '/dev/net', mode: 0o755, ...place(2) },
      { step: 'mkdir', path: '/run', mode: 0o755, ...place(5) },
      ...defaults.slice(1),
      node('/dev/null', 1, 3, { mode: 0o600, uid: 5, gid: 6, ...place(0) }),
      node('/dev/net/tun', 10, 200, place(2)),
      node('/dev/net/tap', 10, 201, place(3)),
      node('/dev/sda', 8, 0, { type: 0o060000, ...place(4) }),
      node('/run/fifo', 0, 0, { type: 0o010000, ...place(5) }),
    ],
    'replace the default one, without a file type in the mode; ptmx is ignored',
  );
});
