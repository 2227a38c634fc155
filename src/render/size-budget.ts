import { ActionError } from '../domain/errors.ts';
import type { BudgetLine } from '../domain/size-budget.ts';
import { figure, fileName } from './diff-cells.ts';
import { table } from './markdown.ts';
import { renderBytes, renderDelta } from './units.ts';

/** How the build stands to each line of the budget, Markdown; '' without lines. */
export function renderBudget(lines: readonly BudgetLine[]): string {
  if (lines.length === 0) return '';
  const rows = lines.map((line) => [fileName(line.text), figure(stateOf(line)), figure(usedOf(line))]);
  return table(['Size budget', 'State', 'Used'], rows);
}

function stateOf({ state, limit, actual }: BudgetLine): string {
  if (state === 'unknown' || limit === undefined || actual === undefined) return '➖ unknown, there is no diff';
  return state === 'within' ? '✅ within' : `❌ over by ${renderBytes(actual - limit)}`;
}

/** `1.29 MB of 1.2 MB (108 %)`. */
function usedOf({ kind, state, limit, actual, used }: BudgetLine): string {
  const bytes = kind === 'size' ? renderBytes : renderDelta;
  const [now, most] = [actual, limit].map((value) => (value === undefined ? '–' : bytes(value)));
  // Rounded away from the limit, so that 100 % is exactly that.
  const percent = (state === 'over' ? Math.ceil : Math.floor)((used ?? 0) * 100);
  return `${now} of ${most}${used === undefined ? '' : ` (${percent.toLocaleString('en-US')} %)`}`;
}

/** The failure of a build that is larger than it may be. */
export function overBudget(budget: readonly BudgetLine[]): ActionError {
  const lines = budget.filter(({ state }) => state === 'over').map(renderOver);
  return new ActionError('content', `The build is over its size-budget:\n${lines.join('\n')}`, {
    hint: 'Make the build smaller, or raise the line of size-budget. Nothing was sent.',
  });
}

/** `- **\/*.js=+50kB: grew by +61.4 kB, 11.4 kB too much`. */
function renderOver({ text, kind, limit = 0, actual = 0 }: BudgetLine): string {
  const much = kind === 'size' ? `has ${renderBytes(actual)}` : `grew by ${renderDelta(actual)}`;
  return `- ${text}: ${much}, ${renderBytes(actual - limit)} too much`;
}
