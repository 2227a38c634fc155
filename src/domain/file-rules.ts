import type { Content } from './listing.ts';

/** What of `path` is published. Every pattern has passed `globProblem` and is relative to `path`. */
export interface FileRules {
  /** Globs for files; empty is the same as `**`. A plain name, without wildcards, takes a directory whole. */
  readonly include: readonly string[];
  /** Globs for files and directories. A directory that matches is left out whole and never read. */
  readonly exclude: readonly string[];
  /** Where the rules in gitignore syntax are, relative to `path`; undefined for none. */
  readonly ignoreFile: string | undefined;
  readonly hiddenFiles: HiddenFiles;
  /** `inside` follows links whose real target is inside `path`; `error` refuses every link that would be published. */
  readonly symlinks: 'inside' | 'error';
}

/**
 * Names that start with a dot, and everything below them. `auto` takes `.well-known`, `.nojekyll` and `.ipfs-*` at the
 * top of `path`, where they have a meaning. `include` takes all, `.git` too. An `include` pattern changes none of this.
 */
export type HiddenFiles = 'auto' | 'include' | 'exclude';

/** The ignore file that is read when it exists and need not exist. */
export const DEFAULT_IGNORE_FILE = '.pinataignore';

export type LeftOutReason = 'hidden' | 'excluded' | 'ignored';

/** One thing that is on disk and not published. What is below a directory that was left out is not named again. */
export interface LeftOut {
  readonly path: string;
  readonly kind: 'file' | 'directory';
  readonly reason: LeftOutReason;
}

export interface FoundFiles {
  /** Entries are sorted by the UTF-8 bytes of their paths. */
  readonly content: Content;
  /** Sum of the file sizes in bytes, as the file system gave them. */
  readonly bytes: number;
  /** Sorted like the entries. */
  readonly leftOut: readonly LeftOut[];
  /** Files that were seen, that no rule leaves out, and that no `include` pattern matches. */
  readonly notIncluded: number;
  /** Sentences for the log; at most one for each kind of trouble. */
  readonly warnings: readonly string[];
}

const HIDDEN = /(?:^|\/)\./;
const PUBLISHED_HIDDEN = /^\.(?:well-known(?:\/|$)|nojekyll$|ipfs-)/;

/** Whether the hidden-file rule leaves `path` out. */
export function leavesOutHidden(path: string, hiddenFiles: HiddenFiles): boolean {
  if (hiddenFiles === 'include' || !HIDDEN.test(path)) return false;
  return hiddenFiles === 'exclude' || !PUBLISHED_HIDDEN.test(path);
}

/** The patterns that say which files are published. */
export function includePatterns(rules: FileRules): readonly string[] {
  if (rules.include.length === 0) return ['**'];
  return rules.include.map(plainPattern).flatMap((pattern) => {
    return /[*?[\]{}()!+@\\]/.test(pattern) ? [pattern] : [pattern, `${pattern}/**`];
  });
}

/**
 * The patterns that say what is not published; each also covers what is below a directory it matches, in the form from
 * which the matcher sees that it need not read there: `x/**` matches `x` itself, though after a star only as `@(x*)/**`.
 */
export function excludePatterns(rules: FileRules): readonly string[] {
  return rules.exclude.map(plainPattern).flatMap((pattern) => {
    return /(?:^|\/)\*\*$/.test(pattern)
      ? [pattern]
      : [pattern, `${pattern.replace(/(?<=^|\/)[^/{}()]*\*$/, '@($&)')}/**`];
  });
}

/** The pattern without what means nothing below a directory: `./a//b/` is `a/b`, and `.` is everything. */
function plainPattern(pattern: string): string {
  const segments = pattern.split('/').filter((segment) => segment !== '' && segment !== '.');
  return segments.length === 0 ? '**' : segments.join('/');
}

/**
 * Sorts paths by their UTF-8 bytes. That is the order of code points, and differs from the order of JavaScript strings
 * only where a surrogate meets a character from U+E000 to U+FFFF.
 */
export function compareUtf8(one: string, other: string): number {
  const shared = Math.min(one.length, other.length);
  for (let at = 0; at < shared; at += 1) {
    const a = one.charCodeAt(at);
    const b = other.charCodeAt(at);
    if (a !== b) return isSurrogate(a) === isSurrogate(b) ? a - b : Number(isSurrogate(a)) - Number(isSurrogate(b));
  }
  return one.length - other.length;
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff;
}

/**
 * Pairs of names in one directory that people cannot tell apart: they differ only in how unicode composes them (NFC and
 * NFD). Both are kept; a URL typed by hand reaches only one.
 */
export function unicodeTwins(paths: Iterable<string>): readonly (readonly [string, string])[] {
  const firstOf = new Map<string, string>();
  const reported = new Set<string>();
  const twins: (readonly [string, string])[] = [];
  for (const [parent, name] of [...paths].filter((path) => /[\u0080-\uffff]/.test(path)).flatMap(namesOf)) {
    const path = parent + name;
    const look = parent + name.normalize('NFC');
    const first = firstOf.get(look) ?? path;
    firstOf.set(look, first);
    if (first === path || reported.has(path)) continue;
    reported.add(path);
    twins.push([first, path]);
  }
  return twins;
}

/** Every segment of a path with the exact path above it: `a/b` gives ['', 'a'] and ['a/', 'b']. */
function namesOf(path: string): readonly (readonly [string, string])[] {
  const segments = path.split('/');
  return segments.map((name, depth) => [
    segments
      .slice(0, depth)
      .map((above) => `${above}/`)
      .join(''),
    name,
  ]);
}
