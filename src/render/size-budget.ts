import type { BudgetLine } from '../domain/size-budget.ts';
import { code, table } from './markdown.ts';
import { renderBytes, renderDelta } from './units.ts';

/** How the build stands to each line of the budget, Markdown; '' without lines. */
export function renderBudget(lines: readonly BudgetLine[]): string {
  if (lines.length === 0) return '';
  const rows = lines.map((line) => {
    const bytes = line.kind === 'size' ? renderBytes : renderDelta;
    const [limit, actual] = [line.limit, line.actual].map((value) => (value === undefined ? '–' : bytes(value)));
    return [code(line.text), limit ?? '–', actual ?? '–', usedOf(line), stateOf(line)];
  });
  return table(['Size budget', 'Limit', 'Now', 'Used', 'State'], rows);
}

/** Rounded away from the limit, so that 100 % is exactly that. */
function usedOf({ used, state }: BudgetLine): string {
  if (used === undefined) return '–';
  return `${(state === 'over' ? Math.ceil(used * 100) : Math.floor(used * 100)).toLocaleString('en-US')} %`;
}

function stateOf({ state, limit, actual }: BudgetLine): string {
  if (state === 'unknown') return '➖ unknown: it takes a diff';
  if (state === 'within') return '✅ within';
  return limit === undefined || actual === undefined ? '❌ over' : `❌ over by ${renderBytes(actual - limit)}`;
}
