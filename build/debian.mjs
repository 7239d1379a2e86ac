// A Debian package of what is built: one static file, its manual, its completions, its licences. Made by dpkg-deb, and with
// SOURCE_DATE_EPOCH the same bytes every time.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { manual } from './manual.mjs';

const shells = {
  bash: 'usr/share/bash-completion/completions/noci',
  zsh: 'usr/share/zsh/vendor-completions/_noci',
  fish: 'usr/share/fish/vendor_completions.d/noci.fish',
};

/** Debian's policy (5.6.2) wants an address; the project has none, and .invalid is the domain that says so. RFC 6761 */
const maintainer = 'noci developers <noci@noci.invalid>';

/** What lintian(1) says that is not so. */
const overrides = `# a static executable that is independent of its position has the type of a shared library
noci: shared-library-lacks-prerequisites *usr/bin/noci*
`;

/**
 * @param {{ version: string, description: string }} release
 * @param {number} epoch   seconds; nothing in the package is newer
 * @returns {string} the path of the package
 */
export function debianPackage({ version, description }, epoch) {
  const tree = '.build/debian';
  rmSync(tree, { recursive: true, force: true });
  const put = (path, content, mode = 0o644) => {
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    writeFileSync(join(tree, path), content);
    chmodSync(join(tree, path), mode);
  };

  put('usr/bin/noci', readFileSync('dist/noci'), 0o755);
  for (const [name, text] of Object.entries(manual(version, new Date(epoch * 1000))))
    put(`usr/share/man/man1/${name}.gz`, gzipSync(text, { level: 9 }));
  // as the shells will call it
  for (const [shell, path] of Object.entries(shells))
    put(path, execFileSync('dist/noci', ['completion', shell], { argv0: 'noci' }));
  put('usr/share/doc/noci/copyright', copyright());
  put('usr/share/doc/noci/changelog.gz', gzipSync(changelog(version, epoch), { level: 9 }));
  put('usr/share/lintian/overrides/noci', overrides);
  put('usr/share/doc/noci/NOTICES.gz', gzipSync(readFileSync('dist/NOTICES'), { level: 9 }));
  cpSync('docs/install', join(tree, 'usr/share/doc/noci/examples'), { recursive: true });

  const files = readdirSync(tree, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(tree.length + 1))
    .sort();
  const sums = files.map(
    (path) =>
      `${createHash('md5')
        .update(readFileSync(join(tree, path)))
        .digest('hex')}  ${path}\n`,
  );
  const kilobytes = files.reduce((sum, path) => sum + Math.ceil(statSync(join(tree, path)).size / 1024), 0);
  const architecture = execFileSync('dpkg', ['--print-architecture'], { encoding: 'utf8' }).trim();
  put('DEBIAN/control', control({ version, description, kilobytes, architecture }));
  put('DEBIAN/md5sums', sums.join(''));
  settle(tree, epoch);

  const output = `dist/noci_${version}_${architecture}.deb`;
  // more threads would cut the data into other blocks
  execFileSync('dpkg-deb', ['--root-owner-group', '-Zxz', '--threads-max=1', '--build', tree, output], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, SOURCE_DATE_EPOCH: String(epoch) },
  });
  return output;
}

function control({ version, description, kilobytes, architecture }) {
  return `Package: noci
Version: ${version}
Architecture: ${architecture}
Maintainer: ${maintainer}
Installed-Size: ${kilobytes}
Suggests: uidmap
Section: admin
Priority: optional
Description: ${description.split(':')[0].replace(/^An? /, '')}
 It is called exactly as runc is, by dockerd, containerd, CRI-O, podman and
 buildah, and is one static file that needs no other.
`;
}

/** deb-changelog(5) of the one release that this is */
function changelog(version, epoch) {
  const date = new Date(epoch * 1000).toUTCString().replace('GMT', '+0000');
  return `noci (${version}) unstable; urgency=medium

  * Release ${version}.

 -- ${maintainer}  ${date}
`;
}

/** In Debian's form; what stands in the executable besides is in NOTICES. */
function copyright() {
  return `Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: noci

Files: *
Copyright: 2026 The noci developers
License: Apache-2.0
 On Debian systems the text is in /usr/share/common-licenses/Apache-2.0.
 The licences of what is linked into the executable are in NOTICES.gz.
`;
}

/** The same modes and times whatever the umask is and whenever it is built. */
function settle(folder, epoch) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) settle(path, epoch);
    else {
      chmodSync(path, statSync(path).mode & 0o100 ? 0o755 : 0o644);
      lutimesSync(path, epoch, epoch);
    }
  }
  chmodSync(folder, 0o755);
  lutimesSync(folder, epoch, epoch);
}
