// The order of the house: who may import whom, and that the core knows no host. See docs/architecture.md.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import t from 'tap';
import ts from 'typescript';

const src = new URL('../../src/', import.meta.url).pathname;

const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter(
  (name) => name.endsWith('.ts') && !name.endsWith('.d.ts'),
);

/** Folder of src → folders it may import. Types may also be taken from where the second list says. */
const mayImport: Record<string, { readonly values: readonly string[]; readonly types: readonly string[] }> = {
  main: { values: ['cli', 'commands', 'native'], types: [] },
  cli: { values: ['native', 'oci'], types: [] },
  commands: {
    values: [
      'bundle',
      'cgroup',
      'cli',
      'container',
      'doctor',
      'host',
      'inspect',
      'native',
      'oci',
      'plan',
      'seccomp',
      'state',
      'timeline',
    ],
    types: [],
  },
  doctor: {
    values: ['bundle', 'cgroup', 'container', 'host', 'native', 'oci', 'plan', 'seccomp', 'state'],
    types: [],
  },
  inspect: {
    values: ['bundle', 'cgroup', 'container', 'host', 'native', 'oci', 'plan', 'seccomp', 'state'],
    types: [],
  },
  timeline: { values: [], types: [] },
  container: {
    values: ['bundle', 'cgroup', 'host', 'native', 'oci', 'plan', 'resctrl', 'seccomp', 'state'],
    types: [],
  },
  state: { values: ['host', 'native', 'oci'], types: ['plan'] },
  bundle: { values: ['cgroup', 'host', 'native', 'oci', 'plan', 'seccomp'], types: [] },
  seccomp: { values: ['native', 'oci'], types: ['plan'] },
  plan: { values: [], types: ['bundle', 'host', 'native', 'oci'] },
  cgroup: { values: ['host', 'native'], types: ['oci', 'plan'] },
  resctrl: { values: ['host', 'native'], types: ['oci', 'plan'] },
  host: { values: ['native'], types: [] },
  oci: { values: ['native'], types: [] },
  native: { values: [], types: [] },
};

const folderOf = (path: string): string =>
  path.includes('/') ? (path.split('/')[0] ?? '') : path.replace(/\.ts$/, '');

interface Import {
  readonly from: string;
  readonly specifier: string;
  readonly typeOnly: boolean;
}

function importsOf(file: string): Import[] {
  const source = ts.createSourceFile(file, readFileSync(join(src, file), 'utf8'), ts.ScriptTarget.ES2022);
  return source.statements.flatMap((statement) => {
    if (!ts.isImportDeclaration(statement) && !ts.isExportDeclaration(statement)) return [];
    if (statement.moduleSpecifier === undefined || !ts.isStringLiteral(statement.moduleSpecifier)) return [];
    const typeOnly = ts.isExportDeclaration(statement)
      ? statement.isTypeOnly
      : (statement.importClause?.isTypeOnly ?? false);
    return [{ from: file, specifier: statement.moduleSpecifier.text, typeOnly }];
  });
}

const imports = files.flatMap(importsOf);

t.test('only src/node/ imports modules of Node.js', async (t) => {
  t.ok(imports.length > 0, 'there are imports to look at');
  t.strictSame(
    imports.filter(({ from, specifier }) => specifier.startsWith('node:') && !from.startsWith('node/')),
    [],
  );
});

t.test('folders import in the order of the arrows', async (t) => {
  const wrong = imports
    .filter(
      ({ from, specifier }) =>
        specifier.startsWith('.') &&
        !specifier.includes('/.build/') &&
        !from.startsWith('node/') &&
        // who asks it is not there any more in what is built, nor is it
        !specifier.endsWith('/native/weakened.ts'),
    )
    .map((item) => ({ ...item, target: folderOf(relative(src, join(src, dirname(item.from), item.specifier))) }))
    .filter(({ from, target, typeOnly }) => {
      const folder = folderOf(from);
      const allowed = mayImport[folder];
      return target !== folder && !allowed?.values.includes(target) && !(typeOnly && allowed?.types.includes(target));
    })
    .map(({ from, specifier, typeOnly }) => `${from} imports ${typeOnly ? 'types of ' : ''}${specifier}`);
  t.strictSame(wrong, []);
});

/** Everything reachable from src/main.ts through imports. */
function reachable(): Set<string> {
  const seen = new Set<string>();
  const visit = (file: string): void => {
    if (seen.has(file) || !files.includes(file)) return;
    seen.add(file);
    for (const { specifier } of importsOf(file))
      if (specifier.startsWith('.')) visit(relative(src, join(src, dirname(file), specifier)));
  };
  visit('main.ts');
  return seen;
}

t.test('what main.ts reaches uses no global of Node.js', async (t) => {
  const program = ts.createProgram(
    [...reachable()].map((file) => join(src, file)),
    {
      target: ts.ScriptTarget.ES2023,
      lib: ['lib.es2023.d.ts'],
      types: [],
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
      allowImportingTsExtensions: true,
      noEmit: true,
      skipLibCheck: true,
    },
  );
  t.ok(reachable().size > 10, `${reachable().size} files are looked at`);
  // 2304 cannot find name, 2580 … need to install type definitions for node, 2552 did you mean, 2584 … dom
  const unknown = ts.getPreEmitDiagnostics(program).filter(({ code }) => [2304, 2552, 2580, 2584, 2591].includes(code));
  t.strictSame(
    unknown.map((item) => `${item.file?.fileName ?? ''}: ${ts.flattenDiagnosticMessageText(item.messageText, ' ')}`),
    [],
  );
});

/** What the standalone executable does not have, or has from the moment it was built: see docs/architecture.md § Two hosts. */
const absent = [
  /\bPromise\b/,
  /\basync (function|\()/,
  /\bawait\b/,
  /\bMath\.random\b/,
  /\beval\(/,
  /\bnew Function\b/,
  /\bWeakRef\b/,
  /\bnew Proxy\b/,
];

t.test('what main.ts reaches needs no parser, no job, no chance', async (t) => {
  const found = [...reachable()].flatMap((file) => {
    const code = ts.transpileModule(readFileSync(join(src, file), 'utf8'), {
      compilerOptions: { target: ts.ScriptTarget.ES2022, removeComments: true },
    }).outputText;
    return absent.filter((word) => word.test(code)).map((word) => `${file}: ${word}`);
  });
  t.strictSame(found, []);
});
