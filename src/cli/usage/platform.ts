import cliui from 'cliui';
import Parser from 'yargs-parser';

/**
 * What yargs needs of a platform, for a host that is neither Node.js nor a browser: no files, no environment but
 * the shell, no console. It stands in for yargs's own platform files when the help is bundled.
 */

/** The shell that completion is for; yargs asks SHELL for it. */
export const environment: { SHELL: string } = { SHELL: '' };

function refuse(): never {
  throw new Error('there are no files here');
}

function substitute(text: string, ...values: readonly unknown[]): string {
  let next = 0;
  return text.replace(/%s/g, () => String(values[next++] ?? ''));
}

export default {
  assert: { notStrictEqual: () => {}, strictEqual: () => {} },
  cliui,
  findUp: () => undefined,
  getEnv: (name: string) => (name === 'SHELL' ? environment.SHELL : undefined),
  inspect: String,
  getCallerFile: refuse,
  getProcessArgvBin: () => 'noci',
  mainFilename: 'noci',
  Parser,
  path: {
    basename: (path: string) => path.slice(path.lastIndexOf('/') + 1),
    dirname: (path: string) => path,
    extname: () => '',
    relative: (_from: string, to: string) => to,
    join: (path: string) => path,
  },
  process: {
    argv: () => [],
    cwd: () => '',
    emitWarning: () => {},
    execPath: () => '',
    exit: () => {},
    nextTick: (call: () => void) => call(),
    stdColumns: 120,
  },
  readFileSync: () => '',
  readdirSync: () => [],
  require: refuse,
  requireDirectory: refuse,
  stringWidth: (text: string) => [...text].length,
  y18n: {
    __: substitute,
    __n: (one: string, many: string, count: number, ...values: readonly unknown[]) =>
      substitute(count === 1 ? one : many, count, ...values),
    getLocale: () => 'en_US',
    setLocale: () => {},
    updateLocale: () => {},
  },
};
