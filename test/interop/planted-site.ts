import { mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { listFiles } from '../../src/adapters/unixfs/walk.ts';
import type { Content } from '../../src/domain/listing.ts';
import type { Held } from '../support/dag-content.ts';
import { tempTree } from '../support/temp-tree.ts';

export interface PlantedSite extends Disposable {
  readonly root: string;
  /** What a deploy that takes hidden files finds here. */
  content(): Promise<Content>;
}

/** A tree on disk, for peers that read directories. */
export function plantSite(tree: Readonly<Record<string, Held>>): PlantedSite {
  const { root, [Symbol.dispose]: remove } = tempTree();
  for (const [path, held] of Object.entries(tree)) plantOne(`${root}/${path}`, held);
  const rules = {
    include: [],
    exclude: [],
    ignoreFile: undefined,
    hiddenFiles: 'include',
    symlinks: 'inside',
  } as const;
  return { root, content: async () => (await listFiles(root, rules)).content, [Symbol.dispose]: remove };
}

function plantOne(place: string, held: Held): void {
  mkdirSync(dirname(place), { recursive: true });
  if (held === null) mkdirSync(place, { recursive: true });
  else if (typeof held === 'string' || held instanceof Uint8Array) writeFileSync(place, held);
  else {
    writeFileSync(place, '');
    truncateSync(place, held.zeros);
  }
}

/** Path → content of every file below `directory`, and `/` for every directory, in a form that shows what differs. */
export function contentsOf(directory: string): Readonly<Record<string, string>> {
  const entries = readdirSync(directory, { withFileTypes: true, recursive: true });
  return Object.fromEntries(
    entries
      .map((entry): [string, string] => {
        const place = `${entry.parentPath}/${entry.name}`;
        return [place.slice(directory.length + 1), entry.isDirectory() ? '/' : readFileSync(place, 'latin1')];
      })
      .sort(),
  );
}
