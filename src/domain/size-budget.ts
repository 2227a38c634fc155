import picomatch from 'picomatch';
import type { Diff } from './diff.ts';
import { globProblem } from './glob.ts';
import type { Listing } from './listing.ts';

/** One line of `size-budget`. */
export interface SizeBudget {
  /** As it was written, without the space around it. */
  readonly text: string;
  /** Which files; undefined is all of them. */
  readonly glob: string | undefined;
  readonly limit: SizeLimit;
}

/** The most that files may have, or the most that they may grow by, in bytes or in percent of what they had. */
export type SizeLimit =
  | { readonly kind: 'size'; readonly bytes: number }
  | { readonly kind: 'growth'; readonly bytes: number }
  | { readonly kind: 'growth-percent'; readonly percent: number };

/** How a build stands to one line. */
export interface BudgetLine {
  readonly text: string;
  readonly kind: SizeLimit['kind'];
  /** In bytes, also where the line says percent; undefined where that takes a diff and there is none. */
  readonly limit: number | undefined;
  /** Bytes of the files, or bytes they grew by: negative when they shrank. Undefined without the diff it takes. */
  readonly actual: number | undefined;
  /** Of the limit, from 0; undefined when there is no number, or none above 0 to compare with. */
  readonly used: number | undefined;
  readonly state: 'within' | 'over' | 'unknown';
}

const UNITS: Readonly<Record<string, number>> = {
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
};
const LONGEST_LINE = 1000;

/** `total=5MB`, `total=+5%`, `*.css=+50kB`; undefined for anything else. The glob ends at the last `=`. */
export function parseSizeBudget(line: string): SizeBudget | undefined {
  const text = line.trim();
  const equals = text.lastIndexOf('=');
  if (equals === -1 || text.length > LONGEST_LINE) return undefined;
  const name = text.slice(0, equals).trim();
  const limit = parseLimit(text.slice(equals + 1).trim());
  if (limit === undefined || name === '') return undefined;
  if (name === 'total') return { text, glob: undefined, limit };
  return globProblem(name) === undefined && canMatch(name) ? { text, glob: name, limit } : undefined;
}

function parseLimit(text: string): SizeLimit | undefined {
  const percent = /^\+(\d{1,6}(?:\.\d{1,3})?)\s?%$/.exec(text)?.[1];
  if (percent !== undefined) return { kind: 'growth-percent', percent: Number(percent) };
  const [, sign, amount, unit = ''] = /^(\+?)(\d{1,15}(?:\.\d{1,6})?)\s?([KMGT]?i?B)$/i.exec(text) ?? [];
  const bytes = Math.round(Number(amount) * (UNITS[unit.toLowerCase()] ?? Number.NaN));
  if (!Number.isSafeInteger(bytes)) return undefined;
  return { kind: sign === '+' ? 'growth' : 'size', bytes };
}

/** Over is what has more than the limit. Growth without a diff is unknown. */
export function judgeSizeBudget(
  budgets: readonly SizeBudget[],
  build: { readonly listing: Listing; readonly diff: Diff | undefined },
): readonly BudgetLine[] {
  return budgets.map(({ text, glob, limit }) => {
    const measured = measure(build, glob === undefined ? () => true : matcherOf(glob));
    const actual = limit.kind === 'size' ? measured.bytes : measured.growth;
    const allowed = allowedBytes(limit, measured);
    const line = { text, kind: limit.kind, limit: allowed, actual };
    if (allowed === undefined || actual === undefined) return { ...line, used: undefined, state: 'unknown' };
    const used = allowed > 0 ? Math.max(0, actual / allowed) : undefined;
    return { ...line, used, state: actual > allowed ? 'over' : 'within' };
  });
}

interface Measured {
  /** Of the files that match, now. */
  readonly bytes: number;
  readonly growth: number | undefined;
}

type Matches = (path: string) => boolean;

function measure({ listing, diff }: { listing: Listing; diff: Diff | undefined }, matches: Matches): Measured {
  let bytes = 0;
  for (const [path, file] of listing) {
    if (matches(path)) bytes += file.bytes;
  }
  return { bytes, growth: diff === undefined ? undefined : growthOf(diff, matches) };
}

function growthOf(diff: Diff, matches: Matches): number {
  let growth = 0;
  for (const change of diff.changes) {
    if (change.kind !== 'added' && matches(change.kind === 'moved' ? change.from : change.path)) {
      growth -= change.before.bytes;
    }
    if (change.kind !== 'removed' && matches(change.path)) growth += change.after.bytes;
  }
  return growth;
}

function allowedBytes(limit: SizeLimit, { bytes, growth }: Measured): number | undefined {
  if (limit.kind !== 'growth-percent') return limit.bytes;
  return growth === undefined ? undefined : Math.floor(((bytes - growth) * limit.percent) / 100);
}

/** As `include` and `exclude` match: hidden files too. */
function matcherOf(glob: string): Matches {
  return picomatch(glob, { dot: true });
}

/** A glob that cannot be understood becomes this pattern, which matches nothing. */
function canMatch(glob: string): boolean {
  return picomatch.makeRe(glob, { dot: true }).source !== '$^';
}
