// What test.sh does when everything is built.
import { total } from '../../build/tally.mjs';
import { compare } from './compare.mjs';
import { runGuests } from './guests.mjs';

const words = process.argv.slice(2);
if (words[0] === '--compare') {
  await compare(words.slice(1));
} else {
  await runGuests(words);
  console.log(`${total.pass} passed, ${total.fail} failed, ${total.skip} skipped`);
  process.exitCode = total.fail === 0 ? 0 : 1;
}
