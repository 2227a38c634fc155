import type { Comparison } from '../domain/comparison.ts';
import { inStep } from '../domain/errors.ts';
import type { Build } from '../domain/listing.ts';
import type { Assessment } from '../domain/outcome.ts';
import type { Preflight } from '../domain/preflight/finding.ts';
import { judgeSizeBudget, type SizeBudget } from '../domain/size-budget.ts';
import type { Log } from '../ports.ts';
import { type CompareOptions, type ComparePorts, compareWithBase } from './compare.ts';

/** How a run looks at its build before anything is sent. */
export interface Assessing extends Omit<CompareOptions, 'base'> {
  readonly sizeBudget: readonly SizeBudget[];
}

export interface AssessPorts extends ComparePorts {
  readonly log: Log;
  /** What was found in the build while it was hashed; undefined where nobody looked. */
  readonly preflight: () => Promise<Preflight | undefined>;
  readonly showPreflight: (preflight: Preflight) => void;
  readonly showComparison: (comparison: Comparison) => void;
}

/** Says what was found in the build, compares it with its base, and its size with what is allowed. */
export async function assess(
  build: Build,
  options: Assessing & Pick<CompareOptions, 'base'>,
  ports: AssessPorts,
): Promise<Assessment> {
  const preflight = await inStep('checking the files', ports.preflight);
  if (preflight !== undefined) ports.showPreflight(preflight);
  const comparison = await inStep('comparing', () => compareWithBase(build, options, ports));
  ports.showComparison(comparison);
  const diff = comparison.kind === 'compared' ? comparison.diff : undefined;
  const budget = judgeSizeBudget(options.sizeBudget, { listing: build.listing, diff });
  const open = budget.filter(({ state }) => state === 'unknown').map(({ text }) => text);
  // What is new altogether has not grown.
  if (open.length > 0 && !(comparison.kind === 'none' && comparison.first === true)) {
    ports.log.warn(`size-budget was not checked for ${open.join(', ')}: the growth is not known without a diff.`);
  }
  return { preflight, comparison, budget };
}

/** Why the build must not be sent; undefined where it may. */
export function refusalOf({ preflight, budget }: Assessment): 'refused' | 'over-budget' | undefined {
  if (preflight?.findings.some(({ severity }) => severity === 'error') === true) return 'refused';
  return budget.some(({ state }) => state === 'over') ? 'over-budget' : undefined;
}
