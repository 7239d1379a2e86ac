import t from 'tap';
import type { OptionTable } from '../../../src/cli/option.ts';
import { scan, target } from '../../../src/cli/scan.ts';

const table = {
  flag: { kind: 'boolean', default: false, short: 'f' },
  maybe: { kind: 'boolean' },
  name: { kind: 'string', default: '', short: 'n' },
  count: { kind: 'integer', default: 0 },
  item: { kind: 'strings', short: 'i' },
} as const satisfies OptionTable;

function read(words: readonly string[], stop: 'no' | 'rest' | 'here' = 'no') {
  const own = target(table);
  return { ...scan(words, 0, [own], stop), values: own.values };
}

const defaults = { flag: false, maybe: undefined, name: '', count: 0, item: [] };

t.test('every way to write an option', async (t) => {
  for (const words of [['--name', 'x'], ['--name=x'], ['-name', 'x'], ['-name=x'], ['-n', 'x'], ['-n=x'], ['--n=x']]) {
    t.same(read(words).values, { ...defaults, name: 'x' }, words.join(' '));
  }
  for (const words of [['--flag'], ['-flag'], ['-f'], ['--flag=true'], ['-f=1'], ['--flag=T']]) {
    t.same(read(words).values, { ...defaults, flag: true }, words.join(' '));
  }
});

t.test('values', async (t) => {
  t.same(read(['--name=a=b']).values.name, 'a=b');
  t.same(read(['--name=']).values.name, '');
  t.same(read(['--name', '--flag']).values, { ...defaults, name: '--flag' }, 'a value may look like an option');
  t.same(read(['--name', '-']).values.name, '-');
  t.same(read(['--flag', 'true']).positionals, ['true'], 'a boolean takes no word');
  t.same(read(['--flag', '--flag=0']).values.flag, false, 'the last one counts');
  t.same(read(['-i', 'a,b', '--item=c', '-i', 'd']).values.item, ['a,b', 'c', 'd'], 'a comma does not separate');
  t.same(read(['--count', '-3']).values.count, -3);
  t.same(read(['--maybe=false']).values.maybe, false);
});

t.test('a table is not changed by reading', async (t) => {
  read(['-i', 'a']);
  t.same(read([]).values, defaults);
});

t.test('where options end', async (t) => {
  t.same(read(['a', '--flag', 'b']).positionals, ['a', 'b'], 'options may follow words');
  t.same(read(['a', '--', '--flag', '--', '']).positionals, ['a', '--flag', '--', '']);
  t.same(read(['-', '']).positionals, ['-', '']);
  const rest = read(['--flag', 'id', '-l', '--', '--flag=0'], 'rest');
  t.same(rest.positionals, ['id', '-l', '--', '--flag=0']);
  t.equal(rest.values.flag, true);
  t.same(read(['--', 'id', '-l'], 'rest').positionals, ['id', '-l']);
  const here = read(['--flag', 'create', '--name'], 'here');
  t.same([here.next, here.positionals, here.problem], [1, [], '']);
  t.equal(read(['--', 'create'], 'here').next, 1);
});

t.test('problems end the reading and keep what was read', async (t) => {
  const problem = (...words: string[]) => read(words).problem;
  t.equal(problem('--bogus'), 'flag provided but not defined: -bogus');
  t.equal(problem('--bogus=1'), 'flag provided but not defined: -bogus');
  t.equal(problem('-x'), 'flag provided but not defined: -x');
  t.equal(problem('-fn'), 'flag provided but not defined: -fn', 'short options do not bundle');
  t.equal(problem('--name'), 'flag needs an argument: --name');
  t.equal(problem('-name'), 'flag needs an argument: --name');
  t.equal(problem('-n'), 'flag needs an argument: -n');
  t.equal(problem('--count', 'many'), 'invalid value "many" for flag -count: parse error');
  t.equal(problem('--flag=2'), 'invalid boolean value "2" for -flag: parse error');
  for (const word of ['---x', '-=x', '--=x']) t.equal(problem(word), `bad flag syntax: ${word}`);
  for (const word of ['--constructor', '--toString', '--__proto__'])
    t.match(problem(word), /^flag provided but not defined/);
  const stopped = read(['--flag', '--bogus', '--name=x']);
  t.same([stopped.values.flag, stopped.values.name, stopped.unknown], [true, '', 'bogus']);
});

t.test('help is known to every table', async (t) => {
  for (const word of ['-h', '--help', '-help', '--h']) t.equal(read([word]).help, true, word);
  t.equal(read(['id', '--help'], 'rest').help, false, "another program's");
});

t.test('the first table that has a name gets the value', async (t) => {
  const first = target({ both: { kind: 'boolean', default: false } });
  const second = target({ both: { kind: 'string', default: '' }, own: { kind: 'string', default: '' } });
  const found = scan(['--both', '--own', 'x'], 0, [first, second], 'no');
  t.equal(found.problem, '');
  t.same([first.values, second.values], [{ both: true }, { both: '', own: 'x' }]);
});
