import { createReadStream, openAsBlob } from 'node:fs';
import { CAREncoderStream, createDirectoryEncoderStream } from 'ipfs-car';
import { importer } from 'ipfs-unixfs-importer';
import { fixedSize } from 'ipfs-unixfs-importer/chunker';
import { balanced } from 'ipfs-unixfs-importer/layout';
import type { ListedEntry } from './dag-content.ts';

export type Profile = 'unixfs-v1-2025' | 'unixfs-v0-2015' | 'pinata-folder';
type Settings = NonNullable<Parameters<typeof importer>[2]>;

export const PROFILES: readonly Profile[] = ['unixfs-v1-2025', 'unixfs-v0-2015', 'pinata-folder'];

/**
 * The root of a directory by ipfs-unixfs-importer, as CIDv1. All directories are fed before any file: it counts a
 * directory that has no CID yet as nothing, so with files first a directory of many directories would never be sharded.
 */
export async function importerRoot(entries: readonly ListedEntry[], profile: Profile): Promise<string> {
  const settings: Settings =
    profile === 'pinata-folder'
      ? {
          cidVersion: 1,
          rawLeaves: true,
          chunker: fixedSize({ chunkSize: 262_144 }),
          layout: balanced({ maxChildrenPerNode: 174 }),
        }
      : { profile };
  const sink = { put: async <Key>(cid: Key): Promise<Key> => cid };
  let root = '';
  for await (const entry of importer(candidates(entries), sink, { ...settings, wrapWithDirectory: true })) {
    root = entry.cid.toV1().toString();
  }
  return root;
}

function* candidates(entries: readonly ListedEntry[]) {
  const directories = entries.flatMap(({ path, kind }) => parentsOf(kind === 'directory' ? `${path}/` : path));
  for (const path of new Set(directories)) yield { path };
  for (const { path, kind, source } of entries) if (kind === 'file') yield { path, content: createReadStream(source) };
}

function parentsOf(path: string): string[] {
  const slashes = Array.from(path.matchAll(/\//g), (match) => match.index);
  return slashes.map((slash) => path.slice(0, slash));
}

/** The root of a directory by ipfs-car. It leaves out empty directories and shards every directory of over 1,000. */
export async function ipfsCarRoot(entries: readonly ListedEntry[]): Promise<string> {
  const files = entries.map(async ({ path, source }) => {
    const blob = await openAsBlob(source);
    return { name: path, stream: () => blob.stream() };
  });
  const encoder = new CAREncoderStream();
  await createDirectoryEncoderStream(await Promise.all(files))
    .pipeThrough(encoder)
    .pipeTo(new WritableStream());
  return encoder.finalBlock?.cid.toString() ?? '';
}
