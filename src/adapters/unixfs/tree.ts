import { ActionError } from '../../domain/errors.ts';
import { compareUtf8 } from '../../domain/file-rules.ts';
import { quoted } from '../../domain/file-trouble.ts';
import type { FileEntry } from '../../domain/listing.ts';

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
    throw new ActionError('content', `${quoted(path)} is not a path of a directory or file in a build.`);
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
    `${quoted(place)} was listed twice, but a path leads to one file or one directory.`,
    {
      hint: 'Remove or rename one of the two.',
    },
  );
}
