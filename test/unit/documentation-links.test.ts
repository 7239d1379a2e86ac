// Every link of the documentation leads to a file that is there, and to a heading that it has.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const root = fileURLToPath(new URL('../../', import.meta.url));

function pagesIn(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name));
}

const pages = [...readdirSync(root).filter((name) => name.endsWith('.md')), ...pagesIn('docs')];

/** Without what stands as code, where brackets mean something else. */
const prose = (page: string) =>
  readFileSync(join(root, page), 'utf8')
    .replace(/^```.*?^```$/gms, '')
    .replace(/^ {4}.*$/gm, '')
    .replace(/`[^`\n]*`/g, (code) => code.replace(/[[\]()]/g, ''));

/** As GitHub makes a name of a heading, and what a page says itself. */
function anchors(page: string): Set<string> {
  const text = readFileSync(join(root, page), 'utf8');
  const headings = text.matchAll(/^#+ (.*)$/gm);
  const ids = [...text.matchAll(/<a id="([^"]+)">/g)].map(([, id = '']) => id);
  const names = [...headings].map(([, text = '']) =>
    text
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
  return new Set([...ids, ...names]);
}

/** Why a link leads nowhere, '' when it leads somewhere. */
function problem(page: string, link: string): string {
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? page : join(dirname(page), path);
  if (target.startsWith('..')) return 'leaves the project';
  if (!existsSync(join(root, target))) return 'is no file';
  if (anchor === undefined || !target.endsWith('.md')) return '';
  return statSync(join(root, target)).isFile() && anchors(target).has(anchor) ? '' : 'is no heading';
}

t.test('links', async (t) => {
  t.ok(pages.includes('README.md') && pages.includes('docs/commands.md'));
  const links = pages.flatMap((page) =>
    [...prose(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => ({ page, link })),
  );
  t.ok(links.length > 50, `${links.length} links`);
  const own = links.filter(({ link }) => !/^(https?|mailto):/.test(link));
  const dead = own.map(({ page, link }) => [page, link, problem(page, link)]).filter(([, , why]) => why !== '');
  t.strictSame(dead, []);
});

t.test('a link that leads nowhere is found', async (t) => {
  t.equal(problem('README.md', 'docs/none.md'), 'is no file');
  t.equal(problem('README.md', 'docs/commands.md#none'), 'is no heading');
  t.equal(problem('README.md', '../elsewhere'), 'leaves the project');
  t.equal(problem('docs/commands.md', '#noci-wait'), '');
});

t.test('every page is reached from README.md', async (t) => {
  const seen = new Set(['README.md']);
  for (const page of seen)
    for (const [, link = ''] of prose(page).matchAll(/\]\(([^)\s#]+)/g)) {
      const target = join(dirname(page), link);
      if (target.endsWith('.md') && existsSync(join(root, target))) seen.add(target);
    }
  t.strictSame(
    pages.filter((page) => !seen.has(page)),
    [],
  );
});
