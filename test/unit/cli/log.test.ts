import t from 'tap';
import { openLog, stderrLog } from '../../../src/cli/log.ts';
import { fakeHost, nativeError } from '../../fakes/native.ts';

const plain = { debug: false, path: '', format: 'text' };

t.test('without --log everything goes to stderr, once', async (t) => {
  for (const path of ['', '/dev/stderr']) {
    const host = fakeHost();
    openLog(host.native, { ...plain, path }).fatal('gone wrong');
    t.match(host.written(2), /^time="2001-09-\S+" level=error msg="gone wrong"\n$/, path);
    t.same([host.written(1), host.calls], ['', []]);
  }
});

t.test('with --log the record goes there and the bare text to stderr', async (t) => {
  const host = fakeHost();
  const log = openLog(host.native, { debug: false, path: '/b/log.json', format: 'json' });
  // O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC
  t.same(host.calls, ['open /b/log.json 0xa0441 0644']);
  log.warning('careful', { pid: 3 });
  log.fatal('gone\x1b wrong');
  const records = (host.files.get('/b/log.json') as string)
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  t.match(records, [
    { level: 'warning', msg: 'careful', pid: 3 },
    { level: 'error', msg: 'gone\x1b wrong' },
  ]);
  t.match(records[1].time, /^2001-09-\d\dT\d\d:\d\d:40(Z|[+-]\d\d:\d\d)$/);
  t.equal(host.written(2), 'gone\\x1b wrong\n');
});

t.test('debug records are for --debug', async (t) => {
  for (const debug of [false, true]) {
    const host = fakeHost();
    const log = openLog(host.native, { ...plain, debug });
    log.debug('step mount', { ms: 2 });
    t.equal(log.debugging, debug);
    t.equal(host.written(2).includes('level=debug msg="step mount" ms=2'), debug);
  }
});

t.test('a person at a terminal gets another form, a file does not', async (t) => {
  const host = fakeHost({ terminal: true });
  stderrLog(host.native).error('x');
  t.equal(host.written(2), '\x1b[31mERRO\x1b[0m[0000] x\n');
  openLog(host.native, { ...plain, path: '/log' }).error('x');
  t.match(host.files.get('/log'), /^time=/);
});

t.test('a log that cannot be had is an error', async (t) => {
  const open = (path: string, format = 'text') =>
    openLog(fakeHost({ openErrors: { '/gone/log': 'ENOENT', '/link': 'ELOOP' } }).native, {
      debug: false,
      path,
      format,
    });
  t.ok(open('', ''), 'an empty format is text');
  t.throws(() => open('', 'xml'), { message: 'invalid log-format: xml' });
  t.throws(() => open('/gone/log'), { code: 'ENOENT' });
  t.throws(() => open('/link'), { message: 'open /link: is a symbolic link, which a log must not be' });
});

t.test('file descriptors of procfs are links and are followed', async (t) => {
  for (const path of ['/dev/stdout', '/dev/fd/5', '/proc/self/fd/5']) {
    const host = fakeHost();
    openLog(host.native, { ...plain, path });
    t.same(host.calls, [`open ${path} 0x80441 0644`]);
  }
});

t.test('a full disk does not change what a command does', async (t) => {
  const write = () => {
    throw nativeError('write', '', 'EACCES');
  };
  const host = fakeHost({ functions: { write } });
  t.doesNotThrow(() => openLog(host.native, { ...plain, path: '/log' }).fatal('x'));
  const broken = fakeHost({
    functions: {
      write: () => {
        throw new TypeError('bug');
      },
    },
  });
  t.throws(() => stderrLog(broken.native).error('x'), TypeError, 'a bug is not hidden');
});
