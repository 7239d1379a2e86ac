import t from 'tap';
import { previousWrites } from '../../../src/cgroup/previous-limits.ts';

function values(name: string, value: string, files: Record<string, string>): string[] {
  const writes = previousWrites({ file: `/cg/${name}`, value, pointer: '/p' }, (file) => files[file]);
  return writes.map((write) => `${write.file.slice('/cg/'.length)}=${write.value}`);
}

t.test('what takes a write back', async (t) => {
  t.strictSame(values('memory.max', '5', { 'memory.max': 'max\n' }), ['memory.max=max']);
  t.strictSame(values('cpu.max', 'max 5', { 'cpu.max': '50000 100000\n' }), ['cpu.max=50000 100000']);
  t.strictSame(values('cpuset.cpus', '0', { 'cpuset.cpus': '\n' }), ['cpuset.cpus=\n'], 'an empty list');
  t.strictSame(values('pids.max', '5', {}), [], 'no such file');
});

t.test('by device', async (t) => {
  const max = '8:0 rbps=5 wbps=max riops=max wiops=max\n';
  t.strictSame(values('io.max', '8:0 rbps=1', { 'io.max': max }), [`io.max=${max.trim()}`]);
  t.strictSame(values('io.max', '8:16 rbps=1', { 'io.max': max }), [
    'io.max=8:16 rbps=max wbps=max riops=max wiops=max',
  ]);
  const throttle = 'blkio.throttle.read_bps_device';
  t.strictSame(values(throttle, '8:0 1', { [throttle]: '8:0 77\n' }), [`${throttle}=8:0 77`]);
  t.strictSame(values(throttle, '8:1 1', { [throttle]: '8:16 77\n' }), [`${throttle}=8:1 0`]);
  t.strictSame(values('io.weight', '8:0 5', { 'io.weight': 'default 100\n' }), ['io.weight=8:0 default']);
  t.strictSame(values('io.bfq.weight', '50', { 'io.bfq.weight': 'default 100\n8:0 7\n' }), ['io.bfq.weight=100']);
});

t.test('cpu.idle takes the weight with it', async (t) => {
  t.strictSame(values('cpu.idle', '1', { 'cpu.idle': '0\n', 'cpu.weight': '59\n' }), ['cpu.idle=0', 'cpu.weight=59']);
  t.strictSame(values('cpu.idle', '0', { 'cpu.idle': '1\n', 'cpu.weight': '0\n' }), ['cpu.idle=1']);
  t.strictSame(values('cpu.idle', '1', { 'cpu.idle': '0\n', 'cpu.shares': '512\n' }), ['cpu.idle=0', 'cpu.shares=512']);
});
