import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import * as dagPb from '@ipld/dag-pb';
import { UnixFS } from 'ipfs-unixfs';
import { buildDag } from '../src/adapters/unixfs/dag.ts';
import type { Build, FileEntry } from '../src/domain/listing.ts';
import { seededNumbers } from '../test/support/seeded.ts';
import { prepareCorpus } from './corpora.ts';

export type Shape = 'nested' | 'flat' | 'posts';
export type Change = 'unchanged' | '10 files' | 'every file';

export const SHAPES: readonly Shape[] = ['nested', 'flat', 'posts'];
const FILES = 20_000;
const FEW = 10;

const PATHS: Readonly<Record<Shape, (index: number) => string>> = {
  // 2,521 directories on four levels; ten files in each of the lowest.
  nested: (index) => `${index % 20}/${Math.floor(index / 20) % 25}/${Math.floor(index / 500) % 4}/page-${index}.html`,
  // One sharded directory.
  flat: (index) => `page-${index}.html`,
  // A sharded directory of directories.
  posts: (index) => `posts/post-${index}/index.html`,
};

/** A site of 20,000 pages of 1 to 8 KB, before and after a change. All shapes and versions are of the same files on disk. */
export async function buildSite(shape: Shape, change: Change): Promise<Build> {
  const { directory } = prepareCorpus('many', 1);
  const pages = sourcesBelow(join(directory, 'pages'));
  const others = sourcesBelow(join(directory, 'tokens'));
  if (pages.length !== FILES) throw new Error(`The corpus has ${pages.length} pages.`);
  const changed = changedFiles(change);
  const entries = pages.map((page, index): FileEntry => {
    // With every file changed, each has what its neighbour had.
    const fresh = changed.size === FILES ? pages[(index + 1) % FILES] : others[index % others.length];
    const source = (changed.has(index) ? fresh : undefined) ?? page;
    return { path: PATHS[shape](index), source, bytes: 0, kind: 'file' };
  });
  return await buildDag({ kind: 'directory', entries }, 'unixfs-v1-2025');
}

export function changedFiles(change: Change): ReadonlySet<number> {
  if (change === 'every file') return new Set(Array.from({ length: FILES }, (_, index) => index));
  const changed = new Set<number>();
  const random = seededNumbers(FILES);
  while (change === '10 files' && changed.size < FEW) changed.add(random() % FILES);
  return changed;
}

function sourcesBelow(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** Of each level of the older tree, how many directories and shards the newer one does not have anywhere. */
export function changedNodes(before: Build, after: Build): readonly number[] {
  const kept = new Set(levelsOf(after).flat());
  const changed = levelsOf(before).map((level) => level.filter((cid) => !kept.has(cid)).length);
  return changed.filter((count) => count > 0);
}

/** All directories and shards of a tree, level by level, as other people's decoders see them. */
export function levelsOf({ root, nodes }: Pick<Build, 'root' | 'nodes'>): readonly (readonly string[])[] {
  const blocks = new Map<string, Uint8Array>(nodes);
  const seen = new Set<string>([root]);
  const levels: string[][] = [];
  for (let level: string[] = [root]; level.length > 0; ) {
    levels.push(level);
    const below = new Set(level.flatMap((cid) => nodesBelow(blocks.get(cid))));
    level = [...below].filter((cid) => !seen.has(cid) && isDirectory(blocks.get(cid)));
    for (const cid of level) seen.add(cid);
  }
  return levels;
}

/** The CIDs that a node links to, without those of raw blocks. */
export function nodesBelow(block: Uint8Array | undefined): string[] {
  if (block === undefined) return [];
  const links = dagPb.decode(block).Links.filter(({ Hash }) => Hash.code === dagPb.code);
  return links.map(({ Hash }) => Hash.toString());
}

function isDirectory(block: Uint8Array | undefined): boolean {
  const message = block === undefined ? undefined : dagPb.decode(block).Data;
  return message !== undefined && UnixFS.unmarshal(message).isDirectory();
}
