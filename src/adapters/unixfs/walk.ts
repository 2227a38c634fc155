import type { Stats } from 'node:fs';
import { realpathSync, statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import fastGlob from 'fast-glob';
import { ActionError } from '../../domain/errors.ts';
import type { FileRules, FoundFiles, LeftOut } from '../../domain/file-rules.ts';
import {
  compareUtf8,
  excludePatterns,
  includePatterns,
  leavesOutHidden,
  unicodeTwins,
} from '../../domain/file-rules.ts';
import type { FileTrouble } from '../../domain/file-trouble.ts';
import { listed, quoted, refuseTroubles } from '../../domain/file-trouble.ts';
import type { FileEntry } from '../../domain/listing.ts';
import type { GlobFs } from './glob-fs.ts';
import { GLOB_ROOT, globPattern, parentOf } from './glob-fs.ts';
import { readIgnoreFile } from './ignore-file.ts';
import { errorCode } from './links.ts';
import { measure, specialKind } from './measure.ts';
import type { TreeEntry, TreeRules, VisibleTree } from './visible-tree.ts';
import { isEmpty, openTree, readingFs, rememberingFs } from './visible-tree.ts';

/**
 * Lists what is to be published from `path`: a directory by the rules, a single file or a `.car` as it is. A directory is
 * an entry only when it is empty on disk. Reads names and sizes, and no content but the ignore file's.
 *
 * @param path May itself be a link: the directory where it ends is the root, and nothing outside that is ever listed.
 * @throws ActionError `input` when `path` is nothing that can be published, or with everything in it that cannot be.
 */
export async function listFiles(path: string, rules: FileRules): Promise<FoundFiles> {
  const { source, isDirectory } = locate(path);
  return isDirectory
    ? listDirectory(path, openTree(source, treeRules(source, rules)), rules)
    : listSingle(path, source);
}

function locate(path: string): { readonly source: string; readonly isDirectory: boolean } {
  let stats: Stats;
  try {
    stats = statSync(path);
    if (stats.isDirectory() || stats.isFile()) {
      return { source: realpathSync.native(path), isDirectory: stats.isDirectory() };
    }
  } catch (error) {
    const code = errorCode(error);
    throw notPublishable(path, ABSENT[code] ?? `cannot be read (${code})`, error);
  }
  throw notPublishable(path, `is ${specialKind(stats) ?? 'something else'}`);
}

const ABSENT: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  ENOTDIR: 'lies below a file',
  ELOOP: 'is a link that leads in a circle',
};

function notPublishable(path: string, reason: string, cause?: unknown): ActionError {
  const message = `path must be a directory, a file or a .car file, but ${quoted(path)} ${reason}.`;
  return new ActionError('input', message, {
    hint: `Run the build in an earlier step and name the directory it writes, as seen from ${quoted(process.cwd())}.`,
    cause,
  });
}

/** Somebody named this very file, so no rule is asked. */
function listSingle(path: string, source: string): FoundFiles {
  const name = basename(resolve(path));
  const measured = measure(source);
  if (!('bytes' in measured)) throw refuseTroubles(path, [{ ...measured, path: name }]);
  const content = /\.car$/i.test(name)
    ? ({ kind: 'car', source } as const)
    : ({ kind: 'file', entry: { path: name, source, kind: 'file', ...measured } } as const);
  return { content, bytes: measured.bytes, leftOut: [], notIncluded: 0, warnings: [] };
}

function treeRules(root: string, rules: FileRules): TreeRules {
  const isIgnored = rules.ignoreFile === undefined ? () => false : readIgnoreFile(root, rules.ignoreFile);
  return {
    symlinks: rules.symlinks,
    leavesOut: (path, kind) => {
      if (leavesOutHidden(path, rules.hiddenFiles)) return 'hidden';
      return isIgnored(path, kind) ? 'ignored' : undefined;
    },
  };
}

function listDirectory(path: string, tree: VisibleTree, rules: FileRules): FoundFiles {
  const exclude = excludePatterns(rules);
  const selected = glob(readingFs(tree), includePatterns(rules), exclude);
  const entries = entriesOf(path, tree, selected);
  const excluded = new Set(exclude.length === 0 ? [] : glob(rememberingFs(tree), exclude, []));
  return {
    content: { kind: 'directory', entries },
    bytes: entries.reduce((sum, { bytes }) => sum + bytes, 0),
    leftOut: byPath([...tree.leftOut, ...excludedOf(tree, excluded)]),
    notIncluded: countFiles(tree, tree.entries.keys()) - countFiles(tree, selected) - countFiles(tree, excluded),
    warnings: warningsOf(entries),
  };
}

function glob(fs: GlobFs, include: readonly string[], exclude: readonly string[]): readonly string[] {
  return fastGlob.sync(include.map(globPattern), {
    cwd: GLOB_ROOT,
    fs,
    ignore: exclude.map(globPattern),
    dot: true,
    onlyFiles: false,
    followSymbolicLinks: false,
  });
}

function entriesOf(path: string, tree: VisibleTree, selected: readonly string[]): readonly FileEntry[] {
  const entries: FileEntry[] = [];
  const troubles: FileTrouble[] = [];
  for (const globPath of selected) {
    const found = tree.entries.get(globPath);
    const entry = found && listEntry(tree, found);
    if (entry === undefined) continue;
    if ('bytes' in entry) entries.push(entry);
    else troubles.push(entry);
  }
  const all = new Set([...tree.troubles, ...troubles]);
  if (all.size > 0) throw refuseTroubles(path, byPath([...all]));
  return byPath(entries);
}

/** Undefined for a directory that is there without being named: through its files, or because its content is left out. */
function listEntry(tree: VisibleTree, found: TreeEntry): FileEntry | FileTrouble | undefined {
  const { path, source, kind, trouble } = found;
  if (trouble !== undefined) return trouble;
  if (kind === 'directory') return isEmpty(tree, found) ? { path, source, kind, bytes: 0 } : undefined;
  const measured = measure(source);
  return 'bytes' in measured ? { path, source, kind, ...measured } : { ...measured, path };
}

/** What the exclude patterns matched, without what is below a directory they matched. */
function excludedOf(tree: VisibleTree, excluded: ReadonlySet<string>): readonly LeftOut[] {
  return [...excluded].flatMap((globPath): readonly LeftOut[] => {
    const found = tree.entries.get(globPath);
    if (found === undefined || excluded.has(parentOf(globPath))) return [];
    return [{ path: found.path, kind: found.kind, reason: 'excluded' }];
  });
}

function countFiles(tree: VisibleTree, globPaths: Iterable<string>): number {
  let files = 0;
  for (const globPath of globPaths) if (tree.entries.get(globPath)?.kind === 'file') files += 1;
  return files;
}

function byPath<T extends { readonly path: string }>(found: readonly T[]): readonly T[] {
  return found.toSorted((one, other) => compareUtf8(one.path, other.path));
}

function warningsOf(entries: readonly FileEntry[]): readonly string[] {
  const twins = unicodeTwins(entries.map(({ path }) => path));
  if (twins.length === 0) return [];
  const pairs = listed(twins.map((pair) => pair.map(quotedMarks).join(' and ')));
  return [`Some names look the same and differ only in their unicode form (NFC, NFD). All are kept: ${pairs}.`];
}

/** Combining marks as escapes: that is where the two names differ. */
function quotedMarks(name: string): string {
  return quoted(name).replace(/\p{Mark}/gu, (mark) => `\\u{${mark.codePointAt(0)?.toString(16)}}`);
}
