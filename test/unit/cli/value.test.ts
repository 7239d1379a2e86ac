import t from 'tap';
import { readBoolean, readInteger, readValue } from '../../../src/cli/value.ts';

t.test("booleans are those of Go's strconv.ParseBool", async (t) => {
  for (const word of ['1', 't', 'T', 'true', 'TRUE', 'True']) t.equal(readBoolean(word), true, word);
  for (const word of ['0', 'f', 'F', 'false', 'FALSE', 'False']) t.equal(readBoolean(word), false, word);
  for (const word of ['', 'yes', 'tRUE', '2', 'constructor']) t.equal(readBoolean(word), undefined, word);
});

t.test("integers are those of Go's strconv.ParseInt with base 0", async (t) => {
  const good = { 0: 0, 12: 12, '-1': -1, '+7': 7, '0x1F': 31, '010': 8, '0o17': 15, '0b101': 5, '-0x10': -16, '-0': 0 };
  for (const [word, value] of Object.entries(good)) t.equal(readInteger(word), value, word);
  for (const word of ['', ' 1', '1.5', '08', '1e3', '0x', '--1', 'NaN', '9007199254740993'])
    t.equal(readInteger(word), undefined, word);
});

t.test("problems are told in the words of Go's package flag", async (t) => {
  t.same(readValue('debug', { kind: 'boolean' }, 'maybe'), {
    problem: 'invalid boolean value "maybe" for -debug: parse error',
  });
  t.same(readValue('preserve-fds', { kind: 'integer' }, 'x'), {
    problem: 'invalid value "x" for flag -preserve-fds: parse error',
  });
  t.same(readValue('env', { kind: 'strings' }, 'A=1,2'), { value: 'A=1,2' });
});
