// Writes the licences of everything that stands in what is built and is not noci's own; whoever passes the executable on
// passes this on too.
// usage: node build/notices.mjs OUTPUT [ENTRY…]     entries of bundles; those of build/bundle.mjs when none is named
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { yargsOnAnyHost } from './yargs.mjs';

const [output, ...named] = process.argv.slice(2);
const entryPoints =
  named.length > 0
    ? named
    : [
        'src/main.ts',
        'src/commands/seldom.ts',
        'src/cgroup/systemd/driver.ts',
        'src/cli/usage.ts',
        'src/node/index.ts',
      ];

/** Libraries that are linked statically, and those that are headers alone. */
const libraries = [
  ...engine(),
  { name: 'musl (in the executable and in its init)', files: documentation(/^musl-dev$/) },
  {
    name: 'libstdc++ and libgcc (GPL 3 with the GCC Runtime Library Exception)',
    files: documentation(/^libstdc\+\+-\d+-dev$/),
  },
  { name: 'RapidJSON', files: documentation(/^rapidjson-dev$/) },
  ...['node-addon-api', 'node-api-headers'].map((name) => ({ name, files: licences(`node_modules/${name}`) })),
];

/** Its licence stands beside the sources, or where Debian's package puts it, whatever folder that is unpacked in. */
function engine() {
  const source = '.build/quickjs/source';
  if (!existsSync(source)) return [];
  const places = [`${source}/LICENSE`, `${source}/../../share/doc/qjs-src/copyright`];
  const files = places.filter((path) => existsSync(path)).slice(0, 1);
  return [{ name: 'QuickJS-ng (in the standalone executable)', files }];
}

function documentation(name) {
  const root = '/usr/share/doc';
  return readdirSync(root)
    .filter((folder) => name.test(folder))
    .map((folder) => join(root, folder, 'copyright'));
}

function licences(folder) {
  return readdirSync(folder)
    .filter((name) => /^(licen[cs]e|notice)/i.test(name))
    .sort()
    .map((name) => join(folder, name));
}

/** The packages of which something stands in a bundle. */
async function packages() {
  const { metafile } = await build({
    bundle: true,
    platform: 'node',
    entryPoints,
    plugins: [yargsOnAnyHost],
    format: 'esm',
    outdir: '.build',
    write: false,
    metafile: true,
  });
  const used = Object.values(metafile.outputs).flatMap(({ inputs }) => Object.entries(inputs));
  const paths = used.filter(([, { bytesInOutput }]) => bytesInOutput > 0).map(([path]) => path);
  const folders = new Set(paths.flatMap((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? []));
  return [...folders].sort().map((folder) => {
    const { name, version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    return { name: `${name} ${version}`, files: licences(folder) };
  });
}

function section({ name, files }) {
  if (files.length === 0) throw new Error(`no licence of ${name} was found`);
  return `${name}\n${'='.repeat(name.length)}\n\n${files.map((path) => readFileSync(path, 'utf8').trimEnd()).join('\n\n')}\n`;
}

const head = 'noci is under the Apache License 2.0. What it is built with comes under these licences.\n';
writeFileSync(output, [head, ...[...libraries, ...(await packages())].map(section)].join('\n\n'));
