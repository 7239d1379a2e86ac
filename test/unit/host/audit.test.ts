import t from 'tap';
import { killedCall } from '../../../src/host/audit.ts';

const head = 'audit(1795281830.194:59): auid=4294967295 uid=0 gid=0 ses=4294967295 ';
const tail = ' sig=31 arch=c000003e syscall=83 compat=0 ip=0x7f8c04d1f829 code=0x80000000';

t.test('what the kernel says of a killed call', async (t) => {
  const call = { pid: 9040, audit: 0xc000003e, number: 83 };
  t.strictSame(killedCall(`${head}pid=9040 comm="sh" exe="/bin/sh"${tail}`), call);
  t.strictSame(killedCall(`${head}subj=unconfined pid=9040 comm="sh" exe="/bin/sh"${tail}`), call);
  t.strictSame(
    killedCall(`${head}pid=9040 comm=7069643D31 exe="/bin/sh"${tail}`),
    call,
    'a name in hexadecimal digits',
  );
  const x32 = tail.replace('syscall=83', 'syscall=1073741907');
  t.match(killedCall(`${head}pid=9040 comm="sh" exe="/bin/sh"${x32}`), { number: 0x40000053 });
});

t.test('what is none', async (t) => {
  for (const action of ['0x7ffc0000', '0x50001', '0x30000'])
    t.equal(killedCall(`${head}pid=9040 comm="sh" exe="/x"${tail.replace('0x80000000', action)}`), undefined, action);
  t.equal(killedCall(''), undefined);
  t.equal(killedCall(`${head}pid=9040 comm="sh" exe="/bin/sh"`), undefined);
  t.equal(killedCall(`audit(1:1): pid=1${tail}`), undefined);
});
