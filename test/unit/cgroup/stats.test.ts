// Statistics from files as kernels write them; the values are made up to be told apart.
import t from 'tap';
import { parseList } from '../../../src/cgroup/stats/cpuset.ts';
import { readStats } from '../../../src/cgroup/stats/stats.ts';
import type { Native } from '../../../src/native/contract.ts';
import { writeJson } from '../../../src/oci/json.ts';
import { nativeError } from '../../fakes/native.ts';

/** A host with nothing but these files; a directory's fd is its index. */
function host(files: Record<string, string>): Native {
  const directories: string[] = [];
  const native: Partial<Native> = {
    openat2: (_dirfd, path) => {
      if (!Object.keys(files).some((file) => file.startsWith(`${path}/`))) throw nativeError('openat2', path, 'ENOENT');
      return directories.push(path) - 1;
    },
    close: () => {},
    readText: (fd, name) => {
      const text = files[`${directories[fd]}/${name}`];
      if (text === undefined) throw nativeError('open', name, 'ENOENT');
      return text;
    },
    readdir: (fd) =>
      Object.keys(files)
        .filter((file) => file.startsWith(`${directories[fd]}/`))
        .map((file) => ({ name: file.slice(file.lastIndexOf('/') + 1), type: 8 })),
  };
  return native as Native;
}

const inFolder = (folder: string, files: Record<string, string>) =>
  Object.fromEntries(Object.entries(files).map(([name, text]) => [`${folder}/${name}`, text]));

const directory = (version: 1 | 2, path: string, ...controllers: string[]) => ({
  version,
  controllers,
  mountpoint: '/',
  path,
});

const huge = '18446744073709551614';

t.test('cgroup v2', async (t) => {
  const native = host(
    inFolder('/u', {
      'cpu.stat': `usage_usec 3000\nuser_usec 2000\nsystem_usec 1000\nnr_periods 7\nnr_throttled 2\nthrottled_usec 9\n`,
      'cpu.pressure': 'some avg10=1.50 avg60=0.20 avg300=0.03 total=44\n',
      'cpuset.cpus.effective': '0-2,7\n',
      'cpuset.mems.effective': '0\n',
      'memory.stat': `file ${huge}\nanon 5\n`,
      'memory.current': '100\n',
      'memory.max': 'max\n',
      'memory.peak': '120\n',
      'memory.swap.current': '11\n',
      'memory.swap.max': '50\n',
      'pids.current': '3\n',
      'pids.max': 'max\n',
      'io.stat': '8:0 rbytes=1 wbytes=0 rios=3 wios=4 dbytes=5 dios=6\n254:16\n',
      'hugetlb.2MB.current': '4096\n',
      'hugetlb.2MB.rsvd.current': '8192\n',
      'hugetlb.2MB.events': 'max 6\n',
    }),
  );
  const directories = [directory(2, '/u', 'cpu', 'cpuset', 'memory', 'pids', 'io', 'hugetlb')];
  const zero = '{"limit":0,"failcnt":0}';
  const flags =
    '"mem_hardwall":0,"mem_exclusive":0,"memory_migrate":0,"memory_spread_page":0,"memory_spread_slab":0,' +
    '"memory_pressure":0,"sched_load_balance":0,"sched_relax_domain_level":0';
  t.equal(
    writeJson(readStats(native, { mode: 'v2', directories })),
    '{"cpu":{"usage":{"total":3000000,"kernel":1000000,"user":2000000},' +
      '"throttling":{"periods":7,"throttledPeriods":2,"throttledTime":9000},' +
      '"psi":{"some":{"avg10":1.5,"avg60":0.2,"avg300":0.03,"total":44},"full":{"avg10":0,"avg60":0,"avg300":0,"total":0}}},' +
      `"cpuset":{"cpus":[0,1,2,7],"cpu_exclusive":0,"mems":[0],${flags}},` +
      `"memory":{"cache":${huge},"usage":{"limit":18446744073709551615,"usage":100,"max":120,"failcnt":0},` +
      `"swap":{"limit":18446744073709551615,"usage":111,"failcnt":0},"kernel":${zero},"kernelTCP":${zero},` +
      `"raw":{"anon":5,"file":${huge}}},"pids":{"current":3},` +
      '"blkio":{"ioServiceBytesRecursive":[{"major":8,"op":"Read","value":1},{"major":8,"op":"Write"}],' +
      '"ioServicedRecursive":[{"major":8,"op":"Read","value":3},{"major":8,"op":"Write","value":4}]},' +
      '"hugetlb":{"2MB":{"usage":8192,"failcnt":6}}}',
  );
});

t.test('cgroup v1', async (t) => {
  const native = host({
    ...inFolder('/cpu', { 'cpu.stat': 'nr_periods 5\nnr_throttled 1\nthrottled_time 77\n' }),
    ...inFolder('/cpuacct', {
      'cpuacct.usage': `${huge}\n`,
      'cpuacct.usage_percpu': '30 40 \n',
      'cpuacct.usage_all': 'cpu user system\n0 1 2\n1 3 4\n',
      'cpuacct.stat': 'user 2\nsystem 3\n',
    }),
    ...inFolder('/memory', {
      'memory.stat': 'cache 6\n',
      'memory.usage_in_bytes': '7\n',
      'memory.max_usage_in_bytes': '8\n',
      'memory.failcnt': '9\n',
      'memory.limit_in_bytes': '9223372036854771712\n',
    }),
    ...inFolder('/cpuset', { 'cpuset.cpus': '1\n', 'cpuset.mems': '\n', 'cpuset.sched_relax_domain_level': '-1\n' }),
    ...inFolder('/blkio', {
      'blkio.bfq.io_service_bytes_recursive': 'Total 0\n',
      'blkio.throttle.io_service_bytes_recursive': '8:0 Read 5\n8:0 Total 5\nTotal 5\n',
      'blkio.throttle.io_serviced_recursive': '8:0 Read 2\n8:0 Total 2\nTotal 2\n',
    }),
  });
  const names = ['cpu', 'cpuacct', 'memory', 'cpuset', 'blkio', 'pids'];
  const directories = names.map((name) => directory(1, `/${name}`, name));
  const stats = readStats(native, { mode: 'v1', directories });
  t.strictSame(stats.cpu.usage, {
    total: BigInt(huge),
    percpu: [30n, 40n],
    percpu_kernel: [2n, 4n],
    percpu_user: [1n, 3n],
    kernel: 30_000_000n,
    user: 20_000_000n,
  });
  t.strictSame(stats.cpu.throttling, { periods: 5n, throttledPeriods: 1n, throttledTime: 77n });
  t.strictSame(stats.memory.usage, { limit: 9223372036854771712n, usage: 7n, max: 8n, failcnt: 9n });
  t.strictSame(stats.memory.swap, { limit: 0n, usage: undefined, max: undefined, failcnt: 0n }, 'not counted');
  t.equal(stats.cpuset.sched_relax_domain_level, -1n);
  t.equal(stats.cpuset.mems, undefined);
  t.equal(
    writeJson(stats.blkio),
    '{"ioServiceBytesRecursive":[{"major":8,"op":"Read","value":5},{"major":8,"op":"Total","value":5}],' +
      '"ioServicedRecursive":[{"major":8,"op":"Read","value":2},{"major":8,"op":"Total","value":2}]}',
  );
  t.strictSame(stats.pids, { current: undefined, limit: undefined }, 'a cgroup that is not there');
});

t.test('lists', async (t) => {
  t.strictSame(parseList(''), []);
  t.strictSame(parseList('0-3,8,10-11'), [0, 1, 2, 3, 8, 10, 11]);
});
