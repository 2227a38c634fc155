import { isUtf8 } from 'node:buffer';
import type { Dirent } from 'node:fs';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ActionError } from '../../domain/errors.ts';
import type { LeftOut, LeftOutReason } from '../../domain/file-rules.ts';
import type { FileTrouble } from '../../domain/file-trouble.ts';
import type { GlobDirent, GlobFs } from './glob-fs.ts';
import { globDirent, globFs, globName, parentOf } from './glob-fs.ts';
import { errorCode, followLink, linkTrouble } from './links.ts';

/** One name as it would be published. */
export interface TreeEntry {
  /** Exact, `/`-separated, relative to the root; '' is the root. */
  readonly path: string;
  /** The real file or directory, absolute: where a link ends. */
  readonly source: string;
  /** A pipe, socket or device counts as a file until it is measured. */
  readonly kind: 'file' | 'directory';
  /** The real paths of the directories around it, the root first. */
  readonly above: readonly string[];
  /** Why it cannot be published, should the rules ask for it. */
  readonly trouble?: FileTrouble;
}

export interface TreeRules {
  readonly symlinks: 'inside' | 'error';
  leavesOut(path: string, kind: TreeEntry['kind']): LeftOutReason | undefined;
}

/**
 * What is below a root with links followed and without what hidden and ignore rules leave out, as far as it has been
 * read. Each directory is read at most once, when fast-glob asks for it.
 */
export interface VisibleTree {
  readonly root: string;
  readonly rules: TreeRules;
  /** Entries that lie elsewhere than where they are shown. */
  linked: number;
  /** By fast-glob's path. */
  readonly entries: Map<string, TreeEntry>;
  readonly listings: Map<string, GlobDirent[]>;
  /** How many names a directory has, left out or not; undefined when it could not be read. */
  readonly namesOnDisk: Map<TreeEntry, number | undefined>;
  readonly leftOut: LeftOut[];
  /** Why directories that had to be read could not be. */
  readonly troubles: FileTrouble[];
}

/** What may be visible through links: those to directories can multiply it without end. */
const MOST_LINKED = 200_000;

function countLinked(tree: VisibleTree, { path, source }: TreeEntry): void {
  if (source === join(tree.root, path)) return;
  tree.linked += 1;
  if (tree.linked <= MOST_LINKED) return;
  throw new ActionError(
    'input',
    `path shows more than ${MOST_LINKED.toLocaleString('en-US')} files and directories through links.`,
    {
      hint: 'Exclude links that lead to the same directories again and again. Nothing was sent.',
    },
  );
}

/** @param root The real path of a directory. */
export function openTree(root: string, rules: TreeRules): VisibleTree {
  const top: TreeEntry = { path: '', source: root, kind: 'directory', above: [] };
  return {
    root,
    rules,
    linked: 0,
    entries: new Map([['', top]]),
    listings: new Map(),
    namesOnDisk: new Map(),
    leftOut: [],
    troubles: [],
  };
}

/** The tree for fast-glob; directories are read as it asks for them. */
export function readingFs(tree: VisibleTree): GlobFs {
  return globFs({
    list: (globPath) => list(tree, globPath),
    has: (globPath) => find(tree, globPath) !== undefined,
  });
}

/** What has been read of the tree so far, for fast-glob. */
export function rememberingFs(tree: VisibleTree): GlobFs {
  return globFs({
    list: (globPath) => tree.listings.get(globPath) ?? [],
    has: (globPath) => tree.entries.has(globPath),
  });
}

/** Whether a directory has no name in it on disk, whatever the rules say of such names. */
export function isEmpty(tree: VisibleTree, directory: TreeEntry): boolean {
  if (!tree.namesOnDisk.has(directory)) childrenOf(tree, directory);
  return tree.namesOnDisk.get(directory) === 0;
}

function find(tree: VisibleTree, globPath: string): TreeEntry | undefined {
  if (!tree.entries.has(globPath)) list(tree, parentOf(globPath));
  return tree.entries.get(globPath);
}

function list(tree: VisibleTree, globPath: string): GlobDirent[] {
  const known = tree.listings.get(globPath);
  if (known !== undefined) return known;
  const directory = find(tree, globPath);
  const listing: GlobDirent[] = [];
  tree.listings.set(globPath, listing);
  if (directory?.kind !== 'directory') return listing;
  for (const child of childrenOf(tree, directory)) {
    const reason = tree.rules.leavesOut(child.path, child.kind);
    if (reason === undefined) {
      const name = globName(child.path.slice(child.path.lastIndexOf('/') + 1));
      tree.entries.set(globPath === '' ? name : `${globPath}/${name}`, child);
      listing.push(globDirent(name, child.kind));
      countLinked(tree, child);
    } else {
      tree.leftOut.push({ path: child.path, kind: child.kind, reason });
    }
  }
  return listing;
}

function childrenOf(tree: VisibleTree, directory: TreeEntry): readonly TreeEntry[] {
  tree.namesOnDisk.set(directory, undefined);
  if (directory.trouble !== undefined) {
    tree.troubles.push(directory.trouble);
    return [];
  }
  try {
    const names = readNames(directory.source);
    tree.namesOnDisk.set(directory, names.length);
    const above = [...directory.above, directory.source];
    return names.map((name) => childOf(name, { directory, above, symlinks: tree.rules.symlinks }));
  } catch (error) {
    const code = errorCode(error);
    const kind = code === 'ENOENT' || code === 'ENOTDIR' ? 'changed' : 'unreadable';
    tree.troubles.push({ kind, path: directory.path, detail: `(${code})` });
    return [];
  }
}

interface Place {
  readonly directory: TreeEntry;
  readonly above: readonly string[];
  readonly symlinks: TreeRules['symlinks'];
}

function childOf({ name, kind, isExact }: NameOnDisk, { directory, above, symlinks }: Place): TreeEntry {
  const path = directory.path === '' ? name : `${directory.path}/${name}`;
  const source = join(directory.source, name);
  if (!isExact) {
    const trouble: FileTrouble = { kind: 'not-utf8', path };
    return { path, source, kind: kind === 'directory' ? kind : 'file', above, trouble };
  }
  if (kind !== 'link') return { path, source, kind, above };
  const end = followLink({ path, source, above });
  const trouble = symlinks === 'error' ? linkTrouble('link-refused', { path, source, above }) : end.trouble;
  return { path, source: end.source, kind: end.kind, above, ...(trouble === undefined ? {} : { trouble }) };
}

interface NameOnDisk {
  readonly name: string;
  readonly kind: 'file' | 'directory' | 'link';
  /** False when the name is not UTF-8. It then has one character for each byte, and cannot be opened. */
  readonly isExact: boolean;
}

/** The names in a directory. Those that are not UTF-8 come last, so that no real name hides one. */
function readNames(directory: string): readonly NameOnDisk[] {
  const found = readdirSync(directory, { withFileTypes: true });
  const names = found.map((dirent) => ({ name: dirent.name, kind: kindOf(dirent), isExact: true }));
  // The replacement character may be a name's own or stand for bytes that are not UTF-8; only the bytes tell.
  if (!names.some(({ name }) => name.includes('\ufffd'))) return names;
  const raw = readdirSync(directory, { withFileTypes: true, encoding: 'buffer' }).map((dirent) => {
    const isExact = isUtf8(dirent.name);
    return { name: dirent.name.toString(isExact ? 'utf8' : 'latin1'), kind: kindOf(dirent), isExact };
  });
  return [...raw.filter(({ isExact }) => isExact), ...raw.filter(({ isExact }) => !isExact)];
}

function kindOf(dirent: Pick<Dirent, 'isDirectory' | 'isSymbolicLink'>): NameOnDisk['kind'] {
  if (dirent.isSymbolicLink()) return 'link';
  return dirent.isDirectory() ? 'directory' : 'file';
}
