import type { Comparison } from '../domain/comparison.ts';
import { inStep } from '../domain/errors.ts';
import type { Build } from '../domain/listing.ts';
import type { Assessment } from '../domain/outcome.ts';
import { judgeSizeBudget, type SizeBudget } from '../domain/size-budget.ts';
import type { Log } from '../ports.ts';
import { type CompareOptions, type ComparePorts, compareWithBase } from './compare.ts';

/** How a run looks at its build before anything is sent. */
export interface Assessing extends Omit<CompareOptions, 'base'> {
  readonly sizeBudget: readonly SizeBudget[];
}

export interface AssessPorts extends ComparePorts {
  readonly log: Log;
  readonly showComparison: (comparison: Comparison) => void;
}

/** Compares the build with its base, and its size with what is allowed. */
export async function assess(
  build: Build,
  options: Assessing & Pick<CompareOptions, 'base'>,
  ports: AssessPorts,
): Promise<Assessment> {
  const comparison = await inStep('comparing', () => compareWithBase(build, options, ports));
  ports.showComparison(comparison);
  const diff = comparison.kind === 'compared' ? comparison.diff : undefined;
  const budget = judgeSizeBudget(options.sizeBudget, { listing: build.listing, diff });
  const open = budget.filter(({ state }) => state === 'unknown').map(({ text }) => text);
  // What is new altogether has not grown.
  if (open.length > 0 && !(comparison.kind === 'none' && comparison.first === true)) {
    ports.log.warn(`size-budget was not checked for ${open.join(', ')}: the growth is not known without a diff.`);
  }
  return { comparison, budget };
}

export function isOverBudget({ budget }: Assessment): boolean {
  return budget.some(({ state }) => state === 'over');
}
