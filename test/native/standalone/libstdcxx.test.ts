// g++'s libstdc++ and libgcc were built for another C library than the one they are linked with here. That is sound as long as
// all they take from it is what every C library has in the same form: this is that list. A new member of them with other wishes
// (a locale, a stream, a thread) makes this test fail, and wants to be looked at.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';

const map = '.build/standalone/static/map';

/** Functions of ISO C and POSIX whose arguments are bytes, sizes and pointers. */
const plain = [
  ...['memchr', 'memcmp', 'memcpy', 'memmove', 'memset', 'strcmp', 'strlen', 'strncmp', 'sprintf'],
  ...['malloc', 'realloc', 'free', 'abort', 'open', 'read', 'close', 'ioctl', 'getentropy'],
  // a FILE is a pointer to them
  ...['stderr', 'fputc', 'fputs', 'fwrite'],
  // of catalogues that nobody opens
  'gettext',
];

/** A mutex has 40 bytes, all zero when it is made, in both; a thread-local variable is the linker's affair. */
const alike = ['pthread_mutex_lock', 'pthread_mutex_unlock', '__errno_location', '__tls_get_addr'];

/** addon/standalone/musl/runtime.c */
const ours = ['_dl_find_object', '__libc_single_threaded'];

/** musl has none; only std::random_device calls it, which noci does not. */
const unreached = ['arc4random'];

const skip = existsSync(map) ? false : 'the standalone executable is not built';

/** Names of the members of an archive that were linked. */
function members(archive: string): string[] {
  const head = readFileSync(map, 'utf8').split('\n\n', 2).join('\n');
  const found = head.matchAll(new RegExp(`/${archive.replaceAll('+', '\\+')}\\((\\S+\\.o)\\)`, 'g'));
  return [...new Set([...found].map((match) => match[1] ?? ''))].sort();
}

/** What members ask of others and must get (nm: U), but for the names of C++ and of its own runtime. */
function wishes(archive: string): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'noci-archive-'));
  const path = execFileSync('g++', [`-print-file-name=${archive}`], { encoding: 'utf8' }).trim();
  const names = members(archive);
  execFileSync('ar', ['x', path, ...names], { cwd: folder });
  const lines = execFileSync('nm', ['--undefined-only', ...names], { cwd: folder, encoding: 'utf8' }).split('\n');
  rmSync(folder, { recursive: true });
  const symbols = lines.flatMap((line) => /^ +U (\S+)$/.exec(line)?.[1] ?? []);
  return symbols.filter((name) => !/^(_Z|__cxa_|__gxx_|_Unwind_|_GLOBAL_OFFSET_TABLE_)/.test(name));
}

for (const archive of ['libstdc++.a', 'libgcc_eh.a']) {
  t.test(archive, { skip }, async (t) => {
    t.ok(members(archive).length > 1, 'is linked');
    const known = new Set([...plain, ...alike, ...ours, ...unreached]);
    t.strictSame(
      [...new Set(wishes(archive))].filter((name) => !known.has(name)),
      [],
      'takes nothing else',
    );
  });
}
