import t from 'tap';
import { decodeMountOptions, MOUNT_OPTIONS, splitData } from '../../../src/plan/mount-options.ts';

const names = Object.keys(MOUNT_OPTIONS);

t.test('the table has every option of the contract', async (t) => {
  const pairs = 'ro/rw suid/nosuid dev/nodev exec/noexec sync/async mand/nomand atime/noatime diratime/nodiratime';
  const more = 'relatime/norelatime strictatime/nostrictatime iversion/noiversion lazytime/nolazytime silent/loud';
  const recursive = 'rro/rrw rnosuid/rsuid rnodev/rdev rnoexec/rexec rnodiratime/rdiratime rrelatime/rnorelatime';
  const last = 'rnoatime/ratime rstrictatime/rnostrictatime rnosymfollow/rsymfollow symfollow/nosymfollow';
  const single = 'defaults dirsync remount bind rbind tmpcopyup idmap ridmap private slave shared unbindable';
  const propagation = 'rprivate rslave rshared runbindable';
  const all = [pairs, more, recursive, last, single, propagation].join(' ').split(/[ /]/);
  t.strictSame([...names].sort(), all.sort());
});

/** option → [set, clear] of the mount's attributes */
const attributes: Record<string, [number, number]> = {
  defaults: [0, 0],
  ro: [1, 0],
  rw: [0, 1],
  nosuid: [2, 0],
  suid: [0, 2],
  nodev: [4, 0],
  dev: [0, 4],
  noexec: [8, 0],
  exec: [0, 8],
  noatime: [0x10, 0x70],
  atime: [0, 0x70],
  strictatime: [0x20, 0x70],
  nostrictatime: [0, 0x70],
  relatime: [0, 0x70],
  norelatime: [0, 0],
  nodiratime: [0x80, 0],
  diratime: [0, 0x80],
  nosymfollow: [0x200000, 0],
  symfollow: [0, 0x200000],
};

t.test('attributes of the mount, and with r of the tree', async (t) => {
  for (const [name, [set, clear]] of Object.entries(attributes)) {
    t.strictSame(decodeMountOptions([name]).attributes, { set, clear }, name);
    if (name === 'defaults') continue;
    const tree = decodeMountOptions([`r${name}`]);
    t.strictSame(tree.treeAttributes, { set, clear }, `r${name}`);
    t.strictSame(tree.attributes, { set: 0, clear: 0 }, `r${name} leaves the mount's own`);
  }
});

t.test('whatever the table knows is no data', async (t) => {
  t.strictSame(decodeMountOptions(names).data, []);
});

t.test('the later of two that contradict wins', async (t) => {
  const change = (...options: string[]) => decodeMountOptions(options).attributes;
  t.strictSame(change('ro', 'rw'), { set: 0, clear: 1 });
  t.strictSame(change('rw', 'ro'), { set: 1, clear: 0 });
  t.strictSame(change('noatime', 'strictatime'), { set: 0x20, clear: 0x70 });
  t.strictSame(change('strictatime', 'noatime'), { set: 0x10, clear: 0x70 });
  t.strictSame(change('noatime', 'atime'), { set: 0, clear: 0x70 });
  t.strictSame(change('noatime', 'nostrictatime'), { set: 0x10, clear: 0x70 }, 'only strictatime goes');
  t.strictSame(change('nosuid', 'ro', 'noexec', 'nodev'), { set: 15, clear: 0 });
});

t.test('propagation in the order given', async (t) => {
  const { propagation } = decodeMountOptions(['rslave', 'shared', 'rprivate', 'unbindable']);
  t.strictSame(propagation, [0x84000, 0x100000, 0x44000, 0x20000]);
  const others = decodeMountOptions(['private', 'slave', 'rshared', 'runbindable']);
  t.strictSame(others.propagation, [0x40000, 0x80000, 0x104000, 0x24000]);
});

t.test('flags of the filesystem by their names, in order', async (t) => {
  const options = ['sync', 'mand', 'nomand', 'async', 'dirsync', 'lazytime', 'nolazytime'];
  t.strictSame(decodeMountOptions(options).superblock, options);
});

t.test('without effect', async (t) => {
  for (const name of ['defaults', 'silent', 'loud', 'iversion', 'noiversion']) {
    t.strictSame(decodeMountOptions([name]), decodeMountOptions([]), name);
  }
});

t.test('bind, remount, tmpcopyup', async (t) => {
  t.equal(decodeMountOptions([]).bind, undefined);
  t.strictSame(decodeMountOptions(['bind']).bind, { recursive: false });
  t.strictSame(decodeMountOptions(['bind', 'rbind']).bind, { recursive: true });
  t.equal(decodeMountOptions(['remount']).remount, true);
  t.equal(decodeMountOptions(['tmpcopyup']).copyUp, true);
  t.equal(decodeMountOptions(['x']).copyUp, false);
});

t.test('anything else is data, also a name that every object has', async (t) => {
  const { data } = decodeMountOptions(['mode=755', 'ro', 'newinstance', 'constructor', '', 'a=1,b=2']);
  t.strictSame(data, ['mode=755', 'newinstance', 'constructor', 'a=1', 'b=2']);
});

t.test('splitting data as mount(2) does', async (t) => {
  t.strictSame(splitData('size=64k,mode=755'), ['size=64k', 'mode=755']);
  t.strictSame(splitData(',,a,,'), ['a']);
  t.strictSame(splitData('context="u:r:t:s0:c1,c2",x'), ['context=u:r:t:s0:c1,c2', 'x']);
  t.strictSame(splitData('lowerdir=/a\\,b:/c,userxattr'), ['lowerdir=/a\\,b:/c', 'userxattr']);
  t.strictSame(splitData('a="b,c'), ['a="b', 'c'], 'a quote that is never closed is none');
});
