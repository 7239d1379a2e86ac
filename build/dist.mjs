// What dist.sh does when everything is built: dist/noci_VERSION_ARCHITECTURE.deb and dist/noci-VERSION.tgz.
import { execFileSync } from 'node:child_process';
import { lstatSync, readFileSync, statSync } from 'node:fs';
import { debianPackage } from './debian.mjs';
import { npmPackage } from './npm-package.mjs';

/** SOURCE_DATE_EPOCH, or when the last commit was made; reproducible-builds.org */
function epoch() {
  const given = process.env.SOURCE_DATE_EPOCH;
  if (given) return Number(given);
  try {
    const words = ['log', '-1', '--format=%ct'];
    return Number(execFileSync('git', words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
  } catch {
    return Math.floor(statSync('package.json').mtimeMs / 1000);
  }
}

// Where the engine's sources cannot be had it is a link to what runs in Node.js.
if (lstatSync('dist/noci').isSymbolicLink())
  throw new Error('dist/noci is not the standalone executable: sh build/quickjs.sh tells why');
const release = JSON.parse(readFileSync('package.json', 'utf8'));
console.log(debianPackage(release, epoch()));
console.log(npmPackage(release));
