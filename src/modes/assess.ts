import type { Comparison } from '../domain/comparison.ts';
import { ActionError, inStep } from '../domain/errors.ts';
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
  readonly preflight: (build: Build) => Promise<Preflight | undefined>;
  /** Takes the run's own keys out of a text. */
  readonly hide: (text: string) => string;
  readonly showPreflight: (preflight: Preflight) => void;
  readonly showComparison: (comparison: Comparison) => void;
}

/** Says what was found in the build, compares it with its base, and its size with what is allowed. */
export async function assess(
  build: Build,
  options: Assessing & Pick<CompareOptions, 'base'>,
  ports: AssessPorts,
): Promise<Assessment> {
  const preflight = await inStep('checking the files', () => ports.preflight(build));
  if (preflight !== undefined) ports.showPreflight(preflight);
  const compared = await inStep('comparing', () => compareWithBase(build, quietly(options, preflight), ports));
  const comparison = discreet(compared, ports.hide);
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

/** Why a CID changed is told with pieces of the files: not where a secret is in them. */
function quietly<T extends Pick<CompareOptions, 'builtCommit'>>(options: T, preflight: Preflight | undefined): T {
  const isSecret = preflight?.findings.some(({ rule }) => rule === 'secrets') === true;
  return isSecret ? { ...options, builtCommit: undefined } : options;
}

/** What was published before may have a key of this run in it. */
function discreet(comparison: Comparison, hide: AssessPorts['hide']): Comparison {
  if (comparison.kind !== 'compared' || comparison.rebuild === undefined) return comparison;
  const files = comparison.rebuild.files.map((file) => ({ ...file, cause: hide(file.cause) }));
  return { ...comparison, rebuild: { ...comparison.rebuild, files } };
}

/** A build that takes the place of one that was assessed: the files may have changed since. */
export async function assessAgain(build: Build, ports: Pick<AssessPorts, 'preflight'>): Promise<void> {
  await inStep('checking the files', async () => {
    const fault = (await ports.preflight(build))?.findings.find(({ severity }) => severity === 'error');
    if (fault === undefined) return;
    throw new ActionError('content', `The files changed, and must not be published any more. ${fault.message}`, {
      hint: `${fault.advice} It is in ${fault.path}. No file was sent.`.trim(),
    });
  });
}

/** Why the build must not be sent; undefined where it may. */
export function refusalOf({ preflight, budget }: Assessment): 'refused' | 'over-budget' | undefined {
  if (preflight?.findings.some(({ severity }) => severity === 'error') === true) return 'refused';
  return budget.some(({ state }) => state === 'over') ? 'over-budget' : undefined;
}
