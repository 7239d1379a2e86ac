import { wrap } from '../container/wrap.ts';
import { version } from '../native/release.ts';
import { AREAS } from './check.ts';
import type { Examination, Finding } from './examine.ts';

/** What stands before a finding. A lack that nobody needs is only told. */
function mark({ found, needed }: Finding): string {
  if (found === 'there') return 'ok     ';
  if (found === 'unknown') return '?      ';
  return needed ? 'LACKING' : 'no     ';
}

const nameWidth = 26;

/** Names from config.json may hold anything: they must not look like another finding. */
function oneLine(text: string): string {
  return text.replaceAll('\n', '\\n').replaceAll('\t', '\\t');
}

function findingText(finding: Finding): string {
  const { pointer, consequence, cure, needed, found } = finding;
  const [name, detail] = [oneLine(finding.name), oneLine(finding.detail)];
  const place = pointer === undefined || pointer === '' || pointer === finding.name ? '' : ` (${pointer})`;
  const head = `  ${mark(finding)} `;
  const start = head.length + Math.max(nameWidth, name.length + 1);
  const lines = [`${head}${name.padEnd(start - head.length)}${wrap(detail + place, start)}`];
  // what nobody has asked for and nobody needs is not explained at length
  if (found !== 'there' && consequence !== undefined && cure !== undefined) {
    const indent = head.length + 8;
    lines.push(`${' '.repeat(head.length)}means   ${wrap(consequence, indent)}`);
    if (needed || found === 'absent') lines.push(`${' '.repeat(head.length)}cure    ${wrap(cure, indent)}`);
  }
  return lines.join('\n');
}

/** Both work, or both are lacking, are not needed, and mean the same. */
function isAlike(one: Finding, other: Finding): boolean {
  if (one.found !== other.found || one.detail !== other.detail) return false;
  if (one.found === 'there') return true;
  return !one.needed && !other.needed && one.consequence === other.consequence && one.cure === other.cure;
}

/** What was found alike, e.g. everything that works, stands in one line. */
function likes(findings: readonly Finding[]): Finding[][] {
  const groups: Finding[][] = [];
  for (const finding of findings) {
    const last = groups.at(-1);
    if (last?.[0] !== undefined && isAlike(last[0], finding)) last.push(finding);
    else groups.push([finding]);
  }
  return groups;
}

function groupText(group: readonly Finding[]): string {
  const [first] = group;
  if (first === undefined) return '';
  if (group.length === 1) return findingText(first);
  const head = `  ${mark(first)} `;
  const names = group.map(({ name }) => name).join(', ');
  if (first.found !== 'there') return findingText({ ...first, name: names });
  return head + wrap(oneLine(first.detail === 'works' ? names : `${names}: ${first.detail}`), head.length);
}

function heading({ kernel, machine, uid, userNamespace, cgroups, bundle }: Examination): string {
  const who = `uid ${uid}${userNamespace ? ' of a user namespace' : ''}`;
  const host = `noci ${version} on Linux ${kernel} (${machine}), as ${who}, cgroups ${cgroups}`;
  return bundle === undefined ? host : `${host}\nfor the bundle ${bundle}`;
}

function summary({ findings, lacking, bundle }: Examination): string {
  const whose = bundle === undefined ? 'that containers usually need' : 'that the bundle needs';
  if (lacking === 0) return `Nothing ${whose} is lacking.`;
  const names = findings.filter(({ found, needed }) => needed && found === 'absent').map(({ name }) => name);
  return wrap(`Lacking, of what ${whose.slice('that '.length)}: ${names.join(', ')}.`, 0);
}

/** An examination for a person to read; control characters are the caller's to show. */
export function examinationText(examination: Examination): string {
  const sections = AREAS.flatMap((area) => {
    const findings = examination.findings.filter((finding) => finding.area === area);
    return findings.length === 0 ? [] : [`${area}\n${likes(findings).map(groupText).join('\n')}`];
  });
  return `${[heading(examination), ...sections, summary(examination)].join('\n\n')}\n`;
}
