import t from 'tap';
import { parseMountinfo } from '../../../src/host/mountinfo.ts';

const text = `22 27 0:21 / /proc rw,relatime - proc proc rw
32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid shared:9 master:2 - cgroup cgroup rw,cpu,cpuacct
41 31 0:38 /docker/1 /mnt/a\\040b\\134c rw,relatime - cgroup2 cgroup2 rw,nsdelegate
42 31 0:39 / /mnt/cgroup rw,relatime - ext4 cgroup rw
broken
`;

t.test('takes the mounts of the types, with optional fields or without', async (t) => {
  t.strictSame(parseMountinfo(text, ['cgroup', 'cgroup2']), [
    {
      root: '/',
      mountpoint: '/sys/fs/cgroup/cpu,cpuacct',
      type: 'cgroup',
      superOptions: ['rw', 'cpu', 'cpuacct'],
      major: 0,
      minor: 29,
    },
    {
      root: '/docker/1',
      mountpoint: '/mnt/a b\\c',
      type: 'cgroup2',
      superOptions: ['rw', 'nsdelegate'],
      major: 0,
      minor: 38,
    },
  ]);
  t.strictSame(parseMountinfo(text, ['proc']), [
    { root: '/', mountpoint: '/proc', type: 'proc', superOptions: ['rw'], major: 0, minor: 21 },
  ]);
});

t.test('finds nothing in nothing', async (t) => {
  t.strictSame(parseMountinfo('', ['proc']), []);
  t.strictSame(parseMountinfo('x - proc ', ['proc']), []);
});
