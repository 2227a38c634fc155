import { listFiles } from '../../src/adapters/unixfs/walk.ts';
import type { FileRules, FoundFiles } from '../../src/domain/file-rules.ts';
import type { FileEntry } from '../../src/domain/listing.ts';
import { type Planted, tempTree } from '../support/temp-tree.ts';

/** The rules as action.yml has them. */
export const DEFAULTS: FileRules = {
  include: ['**'],
  exclude: [],
  ignoreFile: '.pinataignore',
  hiddenFiles: 'auto',
  symlinks: 'inside',
};

export function entriesOf(found: FoundFiles): readonly FileEntry[] {
  if (found.content.kind !== 'directory') throw new Error(`expected a directory, got a ${found.content.kind}`);
  return found.content.entries;
}

/** What is listed of a tree, with a slash behind directories. */
export async function pathsIn(
  planted: Readonly<Record<string, Planted>>,
  rules: Partial<FileRules> = {},
): Promise<readonly string[]> {
  using tree = tempTree(planted);
  const found = await listFiles(tree.root, { ...DEFAULTS, ...rules });
  return entriesOf(found).map(({ path, kind }) => (kind === 'directory' ? `${path}/` : path));
}
