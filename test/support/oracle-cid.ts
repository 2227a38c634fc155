import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CarWriter } from '@ipld/car';
import { importer } from 'ipfs-unixfs-importer';
import { fixedSize } from 'ipfs-unixfs-importer/chunker';
import { balanced } from 'ipfs-unixfs-importer/layout';
import type { CID } from 'multiformats/cid';

type Settings = NonNullable<Parameters<typeof importer>[2]>;

const SETTINGS: Readonly<Record<Profile, () => Settings>> = {
  'unixfs-v1-2025': () => ({ profile: 'unixfs-v1-2025' }),
  'unixfs-v0-2015': () => ({ profile: 'unixfs-v0-2015' }),
  'pinata-folder': () => ({
    cidVersion: 1,
    rawLeaves: true,
    chunker: fixedSize({ chunkSize: 262_144 }),
    layout: balanced({ maxChildrenPerNode: 174 }),
  }),
};

/** Path → bytes of everything below a directory. */
export function readTree(directory: string): ReadonlyMap<string, Buffer> {
  const files = readdirSync(directory, { withFileTypes: true, recursive: true }).filter((entry) => entry.isFile());
  return new Map(
    files.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [path.slice(directory.length + 1), readFileSync(path)] as const;
    }),
  );
}

/** Files below a directory, or a Buffer: one file without a directory around it. */
export type OracleContent = ReadonlyMap<string, Uint8Array> | Buffer;
type Profile = 'unixfs-v1-2025' | 'unixfs-v0-2015' | 'pinata-folder';

export interface OracleDag {
  /** The root as it is: CIDv0 under `unixfs-v0-2015`. */
  readonly root: CID;
  readonly blocks: ReadonlyMap<string, Block>;
}

interface Block {
  readonly cid: CID;
  readonly bytes: Uint8Array;
}

/** The DAG of files by somebody else's importer. */
export async function oracleDag(content: OracleContent, profile: Profile = 'unixfs-v1-2025'): Promise<OracleDag> {
  const blocks = new Map<string, Block>();
  const store = {
    put: async (cid: CID, source: Uint8Array | AsyncIterable<Uint8Array> | Iterable<Uint8Array>) => {
      blocks.set(cid.toString(), { cid, bytes: await wholeOf(source) });
      return cid;
    },
  };
  const isFile = Buffer.isBuffer(content);
  const candidates = isFile
    ? [{ path: 'file', content }]
    : [...content].map(([path, bytes]) => ({ path, content: bytes }));
  let root: CID | undefined;
  const settings = { ...SETTINGS[profile](), wrapWithDirectory: !isFile };
  for await (const entry of importer(candidates, store, settings)) root = entry.cid;
  if (root === undefined) throw new Error('The importer returned no root');
  return { root, blocks };
}

async function wholeOf(source: Uint8Array | AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<Uint8Array> {
  if (source instanceof Uint8Array) return source;
  const pieces: Uint8Array[] = [];
  for await (const piece of source) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** The root of files as CIDv1 in base32. */
export async function oracleCid(content: OracleContent, profile?: Profile): Promise<string> {
  return (await oracleDag(content, profile)).root.toV1().toString();
}

/** A CAR of files by somebody else's importer and encoder. */
export async function oracleCar(content: OracleContent): Promise<Buffer<ArrayBuffer>> {
  const { root, blocks } = await oracleDag(content);
  const { writer, out } = CarWriter.create([root]);
  const written = (async () => {
    for (const block of blocks.values()) await writer.put(block);
    await writer.close();
  })();
  const pieces: Uint8Array[] = [];
  for await (const piece of out) pieces.push(piece);
  await written;
  return Buffer.concat(pieces);
}

/** The key of a project on its pins: `pd1.` and 8 hex digits. */
export function projectKey(project: string): string {
  return `pd1.${createHash('sha256').update(project).digest('hex').slice(0, 8)}`;
}
