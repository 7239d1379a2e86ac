import { wrap } from '../container/wrap.ts';
import type { Inspection } from './inspect.ts';
import { type Row, SECTIONS, type Verdict } from './row.ts';

const marks: Readonly<Record<Verdict, string>> = { same: '     ', drift: 'DRIFT', noted: 'note ', unknown: '?    ' };

const nameWidth = 26;
const valueColumn = nameWidth + '  DRIFT '.length;

/** A long list is only told in full where it differs. */
function values({ section, configured, now, verdict }: Row): string {
  if (configured === undefined) return now ?? '';
  if (now === undefined) return configured;
  if (verdict === 'same' && (section === 'mounts' || section === 'namespaces')) return now;
  if (verdict === 'same') return now === configured || now.startsWith(configured) ? now : `${configured}, reads ${now}`;
  return `${configured} → ${now}`;
}

/** The name of a mount may hold anything: it must not look like another row. */
function oneLine(text: string): string {
  return text.replaceAll('\n', '\\n').replaceAll('\t', '\\t');
}

function rowText(row: Row): string {
  const { name, note, pointer, verdict } = row;
  const place = verdict === 'drift' && pointer !== '' ? ` (${pointer})` : '';
  const value = values(row);
  const remark = note === undefined ? '' : value === '' ? note : `; ${note}`;
  const head = oneLine(`  ${marks[verdict]} ${`${name} `.padEnd(nameWidth)}`);
  return (head + wrap(oneLine(`${value}${remark}${place}`), valueColumn)).trimEnd();
}

const configText = {
  'as created': 'as it was created from',
  'changed since': 'CHANGED SINCE IT WAS CREATED: what differs may be that',
  'not readable': 'not readable any more',
} as const;

function heading({ id, status, pid, bundle, config, problem, created }: Inspection): string {
  return [
    `container ${id}, ${status}${pid === 0 ? '' : `, pid ${pid}`}, created ${created}`,
    `config.json of ${bundle}: ${configText[config]}${problem === undefined ? '' : `: ${problem}`}`,
  ].join('\n');
}

function summary({ rows, drift, status }: Inspection): string {
  if (status === 'stopped') return 'It has stopped: there is nothing to compare.';
  const noted = rows.filter(({ verdict }) => verdict === 'noted').length;
  const drifted = drift === 0 ? 'no drift' : `${drift} with drift`;
  return `${rows.length} properties compared: ${drifted}, ${noted} noted.`;
}

/** An inspection for a person to read; control characters are the caller's to show. */
export function inspectionText(inspection: Inspection): string {
  const sections = SECTIONS.flatMap((section) => {
    const rows = inspection.rows.filter((row) => row.section === section);
    return rows.length === 0 ? [] : [`${section}\n${rows.map(rowText).join('\n')}`];
  });
  return `${[heading(inspection), ...sections, summary(inspection)].join('\n\n')}\n`;
}
