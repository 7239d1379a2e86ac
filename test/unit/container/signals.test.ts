import { constants } from 'node:os';
import t from 'tap';
import { signalNumber, signalWord } from '../../../src/container/signals.ts';

t.test('every name that libc knows has its number', async (t) => {
  const known = Object.entries(constants.signals);
  t.ok(known.length > 30);
  for (const [name, number] of known) t.equal(signalNumber(name), number, name);
});

t.test('case, prefix, aliases, numbers and one dash', async (t) => {
  for (const text of ['KILL', 'kill', 'SIGKILL', 'sigkill', '9', '-9', '-KILL']) t.equal(signalNumber(text), 9, text);
  t.equal(signalNumber('IOT'), 6);
  t.equal(signalNumber('CLD'), 17);
  t.equal(signalNumber('0'), 0);
  t.equal(signalNumber('64'), 64);
});

t.test('anything else is refused with the text of the contract', async (t) => {
  for (const text of ['', 'FOO', 'SIG', 'RTMIN', '9x', '--9', 'toString', '1.5']) {
    t.throws(() => signalNumber(text), { message: `unknown signal "${text}"` }, text);
  }
});

t.test('words for what ended a process', async (t) => {
  t.equal(signalWord(9), 'killed');
  t.equal(signalWord(34), 'signal 34');
});
