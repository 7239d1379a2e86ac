import t from 'tap';
import { parseProcessStat, readBootId, readProcessStat, statusField } from '../../../src/host/proc.ts';
import { fakeHost, nativeError } from '../../fakes/native.ts';

const rest = 'S 1 42 42 0 -1 4194560 90 0 0 0 0 0 0 0 20 0 1 0 18446744073709551615 3379200 192 0';

t.test('the command may hold anything', async (t) => {
  for (const command of ['sh', 'a b', ') R 1', 'x)\n(y'])
    t.strictSame(
      parseProcessStat(`42 (${command}) ${rest}\n`),
      { state: 'S', parent: 1, exiting: false, startTime: 18446744073709551615n },
      command,
    );
});

t.test('a process that is ending, by its flags', async (t) => {
  t.equal(parseProcessStat(`42 (sh) ${rest.replace('4194560', String(4194560 | 4))}\n`)?.exiting, true);
});

t.test('what is no stat file is none', async (t) => {
  for (const text of ['', '42 (sh) S 1', `42 (sh) ${rest.replace('18446744073709551615', 'x')}`])
    t.equal(parseProcessStat(text), undefined);
});

t.test('a process that is gone has none', async (t) => {
  const native = fakeHost({
    functions: {
      readText: (_directory, path) => {
        throw nativeError('open', path, 'ENOENT');
      },
    },
  }).native;
  t.equal(readProcessStat(native, 42), undefined);
});

t.test('another error is not taken for an end', async (t) => {
  const native = fakeHost({
    functions: {
      readText: (_directory, path) => {
        throw nativeError('open', path, 'EACCES');
      },
    },
  }).native;
  t.throws(() => readProcessStat(native, 42), { code: 'EACCES' });
});

t.test('the boot id has no newline', async (t) => {
  const native = fakeHost({ functions: { readText: () => 'c2404a43-df13-4f64-bbd9-ccd163f5fb46\n' } }).native;
  t.equal(readBootId(native), 'c2404a43-df13-4f64-bbd9-ccd163f5fb46');
});

t.test('a name is no line of a status', async (t) => {
  const status = 'Name:\t\rSeccomp:\t2\u2028Uid:\t7\nUid:\t0\t0\t0\t0\nSeccomp:\t0\nLast:\tone';
  t.equal(statusField(status, 'Seccomp'), '0');
  t.equal(statusField(status, 'Uid'), '0\t0\t0\t0');
  t.equal(statusField(status, 'NoNewPrivs'), undefined);
});
