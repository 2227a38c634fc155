import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What a path holds: bytes, text, `{ zeros }` for a sparse file of that many bytes, `null` for an empty directory. */
export type Held = Uint8Array | string | { readonly zeros: number } | null;

/** Entries as a walk would list them. */
export interface ListedEntry {
  readonly path: string;
  readonly source: string;
  readonly bytes: number;
  readonly kind: 'file' | 'directory';
}

export interface DagContent extends Disposable {
  readonly directory: string;
  /** Entries of a tree. Equal contents share one file, so that thousands of paths need few. */
  entries(tree: Readonly<Record<string, Held>>): ListedEntry[];
}

/** A temporary directory that holds the contents of trees until the block ends. */
export function dagContent(): DagContent {
  const directory = mkdtempSync(join(tmpdir(), 'dag-'));

  function store(held: Exclude<Held, null>): { readonly source: string; readonly bytes: number } {
    if (typeof held === 'object' && 'zeros' in held) {
      const source = join(directory, `zeros-${held.zeros}`);
      if (!existsSync(source)) writeFileSync(source, '');
      truncateSync(source, held.zeros);
      return { source, bytes: held.zeros };
    }
    const bytes = Buffer.from(held);
    const source = join(directory, createHash('sha256').update(bytes).digest('hex'));
    if (!existsSync(source)) writeFileSync(source, bytes);
    return { source, bytes: bytes.length };
  }

  return {
    directory,
    entries: (tree) =>
      Object.entries(tree).map(([path, held]) =>
        held === null
          ? { path, source: directory, bytes: 0, kind: 'directory' }
          : { path, ...store(held), kind: 'file' },
      ),
    [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }),
  };
}
