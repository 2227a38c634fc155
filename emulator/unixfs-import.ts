import { createReadStream } from 'node:fs';
import { type ImportResult, importer, importFile } from 'ipfs-unixfs-importer';
import { fixedSize } from 'ipfs-unixfs-importer/chunker';
import { balanced } from 'ipfs-unixfs-importer/layout';
import type { CID } from 'multiformats/cid';
import type { Blocks } from './blocks.ts';

/** The words of the `cid_version` field. */
export type CidVersion = 'v0' | 'v1' | 'unixfs-v1-2025';

/** A file below the root of the result. */
export interface SourceFile {
  readonly path: readonly [string, ...string[]];
  /** Where its bytes are. */
  readonly file: string;
}

/** A stored DAG. */
export interface Imported {
  readonly root: CID;
  /** Bytes of all blocks below and with the root. */
  readonly blockBytes: number;
}

type Settings = NonNullable<Parameters<typeof importFile>[2]>;

/** Pinata chunks at 256 KiB with 174 links; only the named profile differs. */
function settingsOf(version: CidVersion): Settings {
  if (version === 'unixfs-v1-2025') return { profile: 'unixfs-v1-2025' };
  return {
    cidVersion: version === 'v0' ? 0 : 1,
    rawLeaves: version === 'v1',
    chunker: fixedSize({ chunkSize: 262_144 }),
    layout: balanced({ maxChildrenPerNode: 174 }),
    shardSplitStrategy: 'links-bytes',
    shardSplitThresholdBytes: 262_144,
  };
}

/** Stores one file as it is. */
export async function importOne(file: string, version: CidVersion, blocks: Blocks): Promise<Imported> {
  const result = await importFile({ content: createReadStream(file) }, blocks, settingsOf(version));
  return { root: result.cid, blockBytes: Number(result.size) };
}

/** Stores files as a directory tree. */
export async function importFolder(
  files: readonly SourceFile[],
  version: CidVersion,
  blocks: Blocks,
): Promise<Imported> {
  const tree: Directory = new Map<string, Directory | Imported>();
  const concurrency = 32;
  for (let start = 0; start < files.length; start += concurrency) {
    const batch = files.slice(start, start + concurrency);
    const stored = await Promise.all(batch.map((file) => importOne(file.file, version, blocks)));
    for (const [index, file] of batch.entries()) {
      const leaf = stored[index];
      if (leaf !== undefined) plant(tree, file.path, leaf);
    }
  }
  return importDirectory(tree, version, blocks);
}

type Directory = Map<string, Directory | Imported>;

function isDirectory(entry: Directory | Imported): entry is Directory {
  return entry instanceof Map;
}

function plant(tree: Directory, path: readonly string[], leaf: Imported): void {
  let directory = tree;
  for (const name of path.slice(0, -1)) {
    const next = directory.get(name);
    const child: Directory = next !== undefined && isDirectory(next) ? next : new Map<string, Directory | Imported>();
    directory.set(name, child);
    directory = child;
  }
  directory.set(path.at(-1) ?? '', leaf);
}

/**
 * Bottom-up, one directory at a time: the importer counts a sub-directory as 0 bytes until it has a CID, so fed with
 * a whole tree it leaves directories flat that others shard.
 */
async function importDirectory(tree: Directory, version: CidVersion, blocks: Blocks): Promise<Imported> {
  const entries: { name: string; child: Imported }[] = [];
  for (const [name, child] of tree) {
    entries.push({ name, child: isDirectory(child) ? await importDirectory(child, version, blocks) : child });
  }
  // The entries are stored already: the importer only has to link them.
  async function* link(): AsyncGenerator<() => Promise<ImportResult>> {
    for (const { name, child } of entries) {
      yield () => Promise.resolve({ cid: child.root, path: name, size: BigInt(child.blockBytes) });
    }
  }
  let last: ImportResult | undefined;
  const settings: Settings = { ...settingsOf(version), wrapWithDirectory: true, dagBuilder: link };
  for await (const result of importer([], blocks, settings)) last = result;
  if (last === undefined) throw new Error('The importer returned no root');
  return { root: last.cid, blockBytes: Number(last.size) };
}
