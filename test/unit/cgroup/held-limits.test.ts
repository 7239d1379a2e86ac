import t from 'tap';
import { heldValue, holds } from '../../../src/cgroup/held-limits.ts';

const write = (name: string, value: string) => ({ file: `/cg/c/${name}`, value, pointer: '' });

/** File, what was written, what the kernel then reads, and whether that is the same. */
const cases: readonly (readonly [file: string, written: string, read: string, same: boolean])[] = [
  ['pids.max', '50', '50', true],
  ['pids.max', '50', '51', false],
  ['pids.max', 'max', 'max', true],
  ['pids.max', '50', 'max', false],
  // whole pages
  ['memory.max', '100000001', '99999744', true],
  ['memory.max', '100000001', '99999745', false],
  ['memory.max', '100000001', '100003840', false],
  ['memory.max', '100000001', '99932160', false],
  ['memory.max', '1G', '1073741824', true],
  ['memory.limit_in_bytes', '-1', '9223372036854771712', true],
  ['memory.limit_in_bytes', '-1', '1073741824', false],
  ['memory.limit_in_bytes', '1073741824', '9223372036854771712', false],
  ['memory.max', '-1', 'max', true],
  ['memory.oom_control', '1', 'oom_kill_disable 1\nunder_oom 0\noom_kill 0', true],
  ['memory.oom_control', '1', 'oom_kill_disable 0\nunder_oom 1\noom_kill 0', false],
  ['memory.swappiness', '60', '0', false],
  ['hugetlb.2MB.max', '5000000', '4194304', true],
  ['hugetlb.2MB.max', '5000000', '2097152', false],
  ['cpu.max', '50000 100000', '50000 100000', true],
  ['cpu.max', '50000 100000', 'max 100000', false],
  ['cpu.max', '50000', '50000 100000', true],
  ['cpu.max', 'max 100000', 'max 100000', true],
  ['cpu.shares', '512', '513', false],
  ['cpuset.cpus', '0,1', '0-1', true],
  ['cpuset.cpus', '0-3,7', '0-3,7', true],
  ['cpuset.cpus', '0,1', '0', false],
  ['cpuset.cpus', '0', '', false],
  ['cpuset.cpus', '\n', '', true],
  ['io.max', '8:0 rbps=1048576', '8:0 rbps=1048576 wbps=max riops=max wiops=max', true],
  ['io.max', '8:0 rbps=1048576', '8:16 rbps=1048576 wbps=max riops=max wiops=max', false],
  ['io.max', '8:0 rbps=1048576', '', false],
  ['io.max', '8:0 rbps=max', '', true],
  ['io.weight', '100', 'default 100\n8:0 50', true],
  ['io.weight', '100', 'default 200', false],
  ['io.bfq.weight', '8:0 300', 'default 100\n8:0 300', true],
  ['blkio.throttle.read_bps_device', '8:0 1048576', '8:0 1048576', true],
  ['blkio.throttle.read_bps_device', '8:0 0', '', true],
  ['net_prio.ifpriomap', 'eth0 5', 'lo 0\neth0 5', true],
  ['net_prio.ifpriomap', 'eth0 5', 'lo 0\neth0 6', false],
  ['rdma.max', 'mlx5_0 hca_handle=3', 'mlx5_0 hca_handle=3 hca_object=max', true],
  ['rdma.max', 'mlx5_0 hca_handle=3', 'mlx5_0 hca_handle=4 hca_object=max', false],
  ['net_cls.classid', '1048577', '1048577', true],
];

t.test('what a file reads after what was written', async (t) => {
  for (const [file, written, read, same] of cases)
    t.equal(holds(write(file, written), read), same, `${file}: ${JSON.stringify(written)}, ${JSON.stringify(read)}`);
});

t.test('what of a file is about a write', async (t) => {
  t.equal(heldValue(write('io.max', '8:0 rbps=1'), '8:16 rbps=2\n8:0 rbps=3'), '8:0 rbps=3');
  t.equal(heldValue(write('net_prio.ifpriomap', 'eth0 5'), 'lo 0\neth0 6'), 'eth0 6');
  t.equal(heldValue(write('pids.max', 'max'), 'max'), 'max');
});
