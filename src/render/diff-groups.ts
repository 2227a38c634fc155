import { type Diff, directoryOf, groupChanges } from '../domain/diff.ts';
import { typeOf } from '../domain/file-type.ts';
import { renderTypeChart } from './chart.ts';
import { details, figure, fileName } from './diff-cells.ts';
import { renderGroupCounts } from './diff-words.ts';
import { stack } from './fit.ts';
import { escapeText, table } from './markdown.ts';
import { renderDelta } from './units.ts';

/** The sums by type, with a chart, and of at most this many directories, folded away; '' where nothing changed. */
export function renderGroups(diff: Diff, directories: number): string {
  if (diff.changes.length === 0 || directories === 0) return '';
  const parents = groupChanges(diff, directoryOf);
  const more = parents.length - directories;
  return details(
    'Sums by type and by directory',
    stack([
      ...typeSums(diff),
      table(
        ['Directory', 'Files', 'Difference'],
        parents
          .slice(0, directories)
          .map((group) => [fileName(group.name), renderGroupCounts(group), figure(renderDelta(group.delta))]),
      ),
      more > 0 ? `and ${more.toLocaleString('en-US')} more: see the report file.` : '',
    ]),
  );
}

/** The sums by type alone, with a chart, folded away; '' where nothing changed. */
export function renderTypeSums(diff: Diff): string {
  return diff.changes.length === 0 ? '' : details('Sums by type', stack(typeSums(diff)));
}

function typeSums(diff: Diff): readonly string[] {
  const types = groupChanges(diff, typeOf);
  return [
    table(
      ['Type', 'Files', 'Difference'],
      types.map((group) => [escapeText(group.name), renderGroupCounts(group), figure(renderDelta(group.delta))]),
    ),
    renderTypeChart(types),
  ];
}
