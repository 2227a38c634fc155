import { ActionError } from '../../domain/errors.ts';
import type { FileEntry } from '../../domain/listing.ts';
import { quotePath } from './source-file.ts';

export interface TreeFile {
  readonly kind: 'file';
  readonly name: string;
  readonly entry: FileEntry;
}

export interface TreeDirectory {
  readonly kind: 'directory';
  readonly name: string;
  /** Sorted by the UTF-8 bytes of the names. */
  readonly children: readonly (TreeFile | TreeDirectory)[];
}

interface GrowingDirectory extends TreeDirectory {
  readonly children: (TreeFile | GrowingDirectory)[];
}

/**
 * The tree that the paths of `entries` describe, in whatever order they come. Refuses paths that name no place in a
 * tree, and two entries for one path.
 */
export function buildTree(entries: readonly FileEntry[]): TreeDirectory {
  const root: GrowingDirectory = { kind: 'directory', name: '', children: [] };
  const known = new Map([['', root]]);

  function directoryAt(path: string): GrowingDirectory {
    const found = known.get(path);
    if (found !== undefined) return found;
    const { parent, name } = splitPath(path);
    const directory: GrowingDirectory = { kind: 'directory', name, children: [] };
    known.set(path, directory);
    directoryAt(parent).children.push(directory);
    return directory;
  }

  for (const entry of entries) {
    if (entry.kind === 'directory') {
      directoryAt(entry.path);
      continue;
    }
    const { parent, name } = splitPath(entry.path);
    directoryAt(parent).children.push({ kind: 'file', name, entry });
  }
  for (const [path, directory] of known) sortChildren(path, directory);
  return root;
}

function splitPath(path: string): { readonly parent: string; readonly name: string } {
  const slash = path.lastIndexOf('/');
  const name = path.slice(slash + 1);
  if (slash === 0 || name === '' || name === '.' || name === '..' || !name.isWellFormed()) {
    throw new ActionError('content', `${quotePath(path)} is not a path of a directory or file in a build.`);
  }
  return { parent: slash < 0 ? '' : path.slice(0, slash), name };
}

function sortChildren(path: string, directory: GrowingDirectory): void {
  directory.children.sort((a, b) => compareUtf8(a.name, b.name));
  const twin = directory.children.find((child, index) => child.name === directory.children[index + 1]?.name);
  if (twin === undefined) return;
  const place = path === '' ? twin.name : `${path}/${twin.name}`;
  throw new ActionError(
    'content',
    `${quotePath(place)} was listed twice, but a path leads to one file or one directory.`,
    {
      hint: 'Remove or rename one of the two.',
    },
  );
}

/**
 * Orders strings by their UTF-8 bytes. The order of UTF-16 units is the same but for surrogates, which stand for
 * characters above all others and have to be moved above U+FFFF.
 */
export function compareUtf8(a: string, b: string): number {
  const shared = Math.min(a.length, b.length);
  for (let at = 0; at < shared; at += 1) {
    const unitA = a.charCodeAt(at);
    const unitB = b.charCodeAt(at);
    if (unitA !== unitB) return rank(unitA) - rank(unitB);
  }
  return a.length - b.length;
}

function rank(unit: number): number {
  return unit >= 0xd800 && unit < 0xe000 ? unit + 0x10000 : unit;
}
