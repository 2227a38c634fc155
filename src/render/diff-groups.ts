import { type ChangeGroup, type Diff, directoryOf, groupChanges } from '../domain/diff.ts';
import { typeOf } from '../domain/file-type.ts';
import { details, figure, fileName } from './diff-cells.ts';
import { renderGroupCounts } from './diff-words.ts';
import { escapeText, table } from './markdown.ts';
import { renderDelta } from './units.ts';

/** More bars nobody can read. */
const MOST_BARS = 12;
const UNITS = [
  { name: 'GB', bytes: 1e9 },
  { name: 'MB', bytes: 1e6 },
  { name: 'kB', bytes: 1e3 },
  { name: 'B', bytes: 1 },
] as const;

/** The sums by type, with a chart, and of at most this many directories, folded away; '' where nothing changed. */
export function renderGroups(diff: Diff, directories: number): string {
  if (diff.changes.length === 0 || directories === 0) return '';
  const types = groupChanges(diff, typeOf);
  const parents = groupChanges(diff, directoryOf);
  const more = parents.length - directories;
  return details(
    'Sums by type and by directory',
    [
      table(
        ['Type', 'Files', 'Difference'],
        types.map((group) => [escapeText(group.name), renderGroupCounts(group), figure(renderDelta(group.delta))]),
      ),
      renderChart(types),
      table(
        ['Directory', 'Files', 'Difference'],
        parents
          .slice(0, directories)
          .map((group) => [fileName(group.name), renderGroupCounts(group), figure(renderDelta(group.delta))]),
      ),
      more > 0 ? `and ${more.toLocaleString('en-US')} more: see the report file.` : '',
    ]
      .filter((part) => part !== '')
      .join('\n\n'),
  );
}

/** Bars of absolute numbers with the sign in their label: Mermaid draws every bar from the lower end of the axis. */
function renderChart(types: readonly ChangeGroup[]): string {
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
