// In a guest: every failure under every runtime, then mended as noci says. Prints one JSON document.
import { failures } from './failures.mjs';
import { mended, sayingOf } from './produce.mjs';

const [noci, where] = process.argv.slice(2);
const told = failures
  .filter((one) => where === undefined || one.where === where)
  .map((failure) => {
    console.error(failure.name);
    const says = (runtime) => sayingOf(runtime, noci, failure).text;
    const row = { name: failure.name, noci: says(noci), runc: says('runc'), crun: says('crun') };
    try {
      const { before, after, rest } = mended(noci, failure);
      return { ...row, mended: before !== 0 && after === 0, rest };
    } catch (error) {
      return { ...row, mended: false, rest: error.message };
    }
  });
console.log(JSON.stringify(told));
