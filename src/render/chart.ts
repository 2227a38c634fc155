import type { ChangeGroup } from '../domain/diff.ts';
import type { Judged } from '../domain/retention.ts';
import { pullRequestOf, UNKNOWN_PREVIEW } from '../domain/tag.ts';
import { details } from './diff-cells.ts';
import { stack } from './fit.ts';
import { code, table } from './markdown.ts';
import { byAge, FATES } from './retention.ts';
import { renderCount, shortCid } from './units.ts';

/** More bars nobody can read. */
const MOST_BARS = 12;
const UNITS = [
  { name: 'GB', bytes: 1e9 },
  { name: 'MB', bytes: 1e6 },
  { name: 'kB', bytes: 1e3 },
  { name: 'B', bytes: 1 },
] as const;

/** Mermaid. Bars of absolute numbers with the sign in their label: it draws every bar from the lower end of the axis. */
export function renderTypeChart(types: readonly ChangeGroup[]): string {
  const bars = types.filter(({ delta, name }) => delta !== 0 && /^[A-Za-z ]+$/.test(name)).slice(0, MOST_BARS);
  const largest = Math.max(...bars.map(({ delta }) => Math.abs(delta)));
  const unit = UNITS.find(({ bytes }) => largest >= bytes);
  if (bars.length < 2 || unit === undefined) return '';
  const lengths = bars.map(({ delta }) => scale(Math.abs(delta), unit.bytes));
  return [
    '```mermaid',
    'xychart-beta horizontal',
    `  title "Difference by type, ${unit.name}"`,
    `  x-axis [${bars.map(({ name, delta }) => `"${name} ${delta < 0 ? 'shrank' : 'grew'}"`).join(', ')}]`,
    `  y-axis "${unit.name}" 0 --> ${scale(largest, unit.bytes)}`,
    `  bar [${lengths.join(', ')}]`,
    '```',
  ].join('\n');
}

function scale(bytes: number, unit: number): string {
  return String(Math.round((bytes / unit) * 10) / 10);
}

/** More boxes nobody can read. */
const MOST_NODES = 20;
const SHOWN_REFS = 3;

/** One content came after another: as the next of a tag, or as a preview made while the other one was current. */
interface Step {
  readonly from: Judged;
  readonly to: Judged;
  readonly kind: 'next' | 'preview';
}

/** The history of a project's tags and the previews beside it, folded away: a chart, and a table of the same facts. */
export function renderLineage(rows: readonly Judged[]): string {
  const shown = byAge(rows).slice(0, MOST_NODES);
  const steps = stepsOf(shown);
  if (steps.length === 0) return '';
  const more = rows.length - shown.length;
  return details(
    'History of the tags',
    stack([
      flowchart(shown, steps),
      'A line leads to the next content of a tag, a dotted one to a preview from what was current when it was first made.',
      table(
        ['Version', 'Tags', 'Next of a tag after', 'Preview made over', 'Decision'],
        shown.map((row) => [
          code(shortCid(row.revision.cid)),
          refsOf(row).map(code).join(' ') || 'none',
          origins(steps, row, 'next'),
          origins(steps, row, 'preview'),
          FATES[row.fate],
        ]),
      ),
      more > 0 ? `and ${renderCount(more, 'older version')}: see the report.` : '',
    ]),
  );
}

function flowchart(rows: readonly Judged[], steps: readonly Step[]): string {
  const id = (row: Judged): string => `n${rows.indexOf(row)}`;
  const gone = rows.filter(({ fate }) => fate === 'unpin');
  return [
    '```mermaid',
    'flowchart LR',
    ...rows.map((row) => `  ${id(row)}${box(row)}`),
    ...steps.map(({ from, to, kind }) => `  ${id(from)} ${kind === 'next' ? '-->' : '-.->'} ${id(to)}`),
    ...(gone.length === 0 ? [] : ['  classDef unpin stroke-dasharray: 4 3', `  class ${gone.map(id).join(',')} unpin`]),
    '```',
  ].join('\n');
}

/** Rounded where a tag points to it now. */
function box(row: Judged): string {
  const lines = [refsOf(row).join(', ') || 'no tag', shortCid(row.revision.cid), FATES[row.fate]];
  const text = `"${lines.map(label).join('<br/>')}"`;
  return row.verdict.kind === 'current' ? `([${text}])` : `[${text}]`;
}

/** Tags and CIDs have no other characters. */
function label(text: string): string {
  return text.replace(/[^\w.~…, -]/g, '?');
}

function refsOf({ refs }: Judged): readonly string[] {
  const named = refs.filter((ref) => !ref.startsWith(UNKNOWN_PREVIEW));
  return named.length <= SHOWN_REFS ? named : [...named.slice(0, SHOWN_REFS), `${named.length - SHOWN_REFS} more`];
}

function origins(steps: readonly Step[], row: Judged, kind: Step['kind']): string {
  const from = steps.filter((step) => step.to === row && step.kind === kind).map((step) => step.from.revision.cid);
  return from.map((cid) => code(shortCid(cid))).join(' ') || '–';
}

/** When a row got a tag, oldest first. */
type Chain = readonly { readonly row: Judged; readonly at: number }[];

function stepsOf(rows: readonly Judged[]): readonly Step[] {
  const chains = chainsOf(rows);
  const lasting = [...chains].filter(([tag]) => pullRequestOf(tag) === undefined).map(([, chain]) => chain);
  const trunk = lasting.reduce<Chain>((longest, chain) => (chain.length > longest.length ? chain : longest), []);
  const next = [...chains.values()].flatMap((chain) =>
    chain.slice(1).flatMap(({ row: to }, index): readonly Step[] => {
      const from = chain[index]?.row;
      return from === undefined ? [] : [{ from, to, kind: 'next' }];
    }),
  );
  const previews = [...chains].flatMap(([tag, [first]]): readonly Step[] => {
    const from = trunk.findLast(({ at }) => first !== undefined && at <= first.at)?.row;
    const isBeside =
      pullRequestOf(tag) !== undefined && first !== undefined && from !== undefined && from !== first.row;
    return isBeside ? [{ from, to: first.row, kind: 'preview' }] : [];
  });
  return once([...next, ...previews]);
}

function chainsOf(rows: readonly Judged[]): ReadonlyMap<string, Chain> {
  const chains = new Map<string, { readonly row: Judged; readonly at: number }[]>();
  for (const row of rows) {
    for (const { tag, at } of row.marks) {
      if (tag !== UNKNOWN_PREVIEW) chains.set(tag, [...(chains.get(tag) ?? []), { row, at }]);
    }
  }
  for (const chain of chains.values()) chain.sort((a, b) => a.at - b.at);
  return chains;
}

/** Two tags may have gone the same way. */
function once(steps: readonly Step[]): readonly Step[] {
  return steps.filter(
    (step, index) => steps.findIndex(({ from, to }) => from === step.from && to === step.to) === index,
  );
}
