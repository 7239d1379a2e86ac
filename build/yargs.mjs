// Lets esbuild bundle yargs for a host that has neither Node.js nor a browser: yargs's core with the platform of
// src/cli/usage/. What that platform imports comes from yargs's own dependencies, in the versions that yargs asks for.
import { resolve } from 'node:path';

const yargs = resolve('node_modules/yargs');
const own = resolve('src/cli/usage');

export const yargsOnAnyHost = {
  name: 'yargs-on-any-host',
  setup(build) {
    const from = (path, resolveDir) => build.resolve(path, { kind: 'import-statement', resolveDir });
    build.onResolve({ filter: /^yargs$/ }, () => from('yargs/browser', own));
    build.onResolve({ filter: /\/platform-shims\/browser\.mjs$/ }, () => ({ path: `${own}/platform.ts` }));
    build.onResolve({ filter: /^cliui$/ }, ({ resolveDir }) => (resolveDir === own ? from('cliui', yargs) : undefined));
    build.onResolve({ filter: /^yargs-parser$/ }, ({ resolveDir }) =>
      resolveDir === own ? from('yargs-parser/browser', yargs) : undefined,
    );
    build.onResolve({ filter: /^string-width$/ }, () => ({ path: `${own}/string-width.ts` }));
  },
};
