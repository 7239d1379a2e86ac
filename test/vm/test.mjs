// What test.sh does when everything is built.
import { report } from '../../build/tally.mjs';
import { compare } from './compare.mjs';
import { runGuests } from './guests.mjs';

const words = process.argv.slice(2);
if (words[0] === '--compare') {
  await compare(words.slice(1));
} else {
  await runGuests(words);
  report();
}
