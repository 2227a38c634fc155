import { ActionError } from '../domain/errors.ts';
import type { BudgetLine } from '../domain/size-budget.ts';
import { renderBytes, renderDelta } from './units.ts';

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
