// The steps that TypeScript may write and those that init can read are two lists in two languages: they must be one.
import { readFileSync } from 'node:fs';
import t from 'tap';
import ts from 'typescript';

const project = new URL('../../../', import.meta.url).pathname;

/** How a field's type in contract.ts is sent: see addon/init/wire.h. */
const wire: Record<string, string> = {
  number: 'int',
  bigint: 'int',
  'number | bigint': 'int',
  string: 'text',
  Uint8Array: 'data',
  F: 'fd',
  'readonly number[]': 'ints',
  'readonly string[]': 'texts',
  'readonly F[]': 'fds',
};

/** The members of InitStep: step → "field:type field:type …". */
function stepsOfContract(): Record<string, string> {
  const text = readFileSync(`${project}src/native/contract.ts`, 'utf8');
  const source = ts.createSourceFile('contract.ts', text, ts.ScriptTarget.ES2023, true);
  const alias = source.statements.find((node) => ts.isTypeAliasDeclaration(node) && node.name.text === 'InitStep');
  if (alias === undefined || !ts.isTypeAliasDeclaration(alias) || !ts.isUnionTypeNode(alias.type))
    throw new Error('no union InitStep');
  return Object.fromEntries(alias.type.types.map((member) => stepOf(member, source)));
}

function stepOf(member: ts.TypeNode, source: ts.SourceFile): [string, string] {
  if (!ts.isTypeLiteralNode(member)) throw new Error(`no literal: ${member.getText(source)}`);
  const fields = member.members.filter(ts.isPropertySignature).map((field) => ({
    name: field.name.getText(source),
    type: field.type?.getText(source) ?? '',
  }));
  const [step, ...rest] = fields;
  return [
    (step?.type ?? '').replaceAll("'", ''),
    rest.map(({ name, type }) => `${name}:${wire[type] ?? `unknown ${type}`}`).join(' '),
  ];
}

/** The lines of the table that the addon encodes by and init decodes by; without what only the fault build has. */
function stepsOfTable(): Record<string, string> {
  const text = readFileSync(`${project}addon/init/steps/table.def`, 'utf8').replace(
    /#ifdef NOCI_FAULTS[\s\S]*?#endif/,
    '',
  );
  const lines = text.matchAll(/^STEP\((\w+),\s*((?:"[^"]*"\s*)+)\)/gm);
  return Object.fromEntries(
    [...lines].map(([, name = '', strings = '']) => [
      name,
      [...strings.matchAll(/"([^"]*)"/g)]
        .map(([, part]) => part)
        .join('')
        .trim(),
    ]),
  );
}

t.test('contract.ts and steps/table.def hold the same steps with the same fields in the same order', async (t) => {
  const contract = stepsOfContract();
  t.ok(Object.keys(contract).length > 40, `${Object.keys(contract).length} steps`);
  t.strictSame(stepsOfTable(), contract);
  t.strictSame(Object.keys(stepsOfTable()), Object.keys(contract), 'in the same order');
});
