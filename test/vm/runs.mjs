// What runs in the guests, as data.

export const suites = ['trixie', 'bookworm'];

/** Files of test/integration that no guest runs, and why. */
export const notHere = {
  'test/integration/crash.test.ts':
    'a build with faults, in Node.js, and 1000 containers: an hour without acceleration',
  'test/integration/executable.test.ts': 'about the file, whatever the kernel',
  'test/integration/host.test.ts': 'compares with Node.js',
  'test/integration/killed.test.ts': 'a container for every system call under strace: an hour without acceleration',
  'test/integration/library.test.ts': 'of Node.js',
  'test/integration/soak.test.ts': '500 containers: 10 minutes without acceleration',
};

/** Files that run when they are named, and why. */
export const whenNamed = {
  'test/integration/differential.test.ts': 'every feature under runc too: 10 minutes without acceleration',
};

/**
 * `when`: what `noci features` must say for it. `only`: the files, where not all of them run. `user`: as an ordinary user.
 * NOCI_CGROUP_DRIVER is read by test/integration/cgroup-driver.ts.
 */
export const runs = [
  { name: 'cgroupfs', env: { NOCI: 'dist/noci' } },
  {
    name: 'systemd',
    env: { NOCI: 'dist/noci', NOCI_CGROUP_DRIVER: 'systemd' },
    when: (features) => features.linux?.cgroup?.systemd === true,
  },
];
