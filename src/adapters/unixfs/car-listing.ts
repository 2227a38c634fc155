import { CID } from 'multiformats/cid';
import { type Cid, cidOf, DAG_PB_CODEC, RAW_CODEC } from '../../domain/cid.ts';
import { ActionError } from '../../domain/errors.ts';
import { quoted } from '../../domain/file-trouble.ts';
import type { ListedFile } from '../../domain/listing.ts';
import type { DecodedLink, DecodedNode } from '../../domain/unixfs-node.ts';
import { decodeNode, inlineContent } from '../../domain/unixfs-node.ts';
import type { Onlooker } from '../../ports.ts';
import type { BuildOptions } from './breather.ts';
import { createBreather } from './breather.ts';
import type { CarBlocks } from './car-blocks.ts';
import { assertCheckable, assertHash, brokenCar, decodeCid, IDENTITY, readBlock } from './car-blocks.ts';
import type { OpenFile, Span } from './source-file.ts';

export interface CarDag {
  readonly listing: ReadonlyMap<string, ListedFile>;
  /** The blocks of directories and of files of several blocks. */
  readonly nodes: ReadonlyMap<Cid, Uint8Array>;
  /** The numbers of the blocks that the root reaches, in the order of the CAR. */
  readonly reached: Uint32Array;
  /** Reads every file, as often as it is there. Fails where a small CAR stands for more than anybody could read. */
  readonly show: (onlooker: Onlooker) => Promise<void>;
}

/** A directory may be linked from many places, so a small CAR can stand for more paths than anybody could list. */
const MOST_PATHS = 1_000_000;
const MOST_PATH_LENGTHS = 64_000_000;
const MOST_LEVELS = 256;

/**
 * Walks the whole DAG below the root of a CAR. A single file is listed under `fileName`. Fails when a block is missing,
 * is no UnixFS, a file has another size than it says, or there is more to list than a site ever has.
 */
export async function listDag(
  open: OpenFile,
  blocks: CarBlocks,
  { fileName, ...options }: ListOptions,
): Promise<CarDag> {
  const carPath = open.file.path;
  const dag = dagReader(open, blocks);
  const listing = new Map<string, ListedFile>();
  const breather = createBreather(options);
  let paths = 0;
  let pathLengths = 0;

  async function walk(cid: CID, path: string, level: number): Promise<void> {
    const node = cid.code === RAW_CODEC ? undefined : dag.node(cid);
    if (node?.kind === 'directory') await walkDirectory(cid, node, { path, level });
    else if (node?.kind === 'shard') await walkShard(cid, node, { path, level });
    else list(path === '' ? fileName : path, { cid: cidOf(cid), bytes: dag.fileBytes(cid) });
  }

  async function walkDirectory(cid: CID, node: DecodedNode, { path, level }: Place): Promise<void> {
    if (node.inlineBytes > 0) throw brokenCar(carPath, `the directory ${quoted(path)} has content of its own`);
    await arrive(path, level);
    for (const link of node.links) await walk(dag.child(cid, link), join(path, link.name), level + 1);
  }

  /** In a shard a bucket's number stands before each name; alone, it leads to a shard of the next level. */
  async function walkShard(cid: CID, node: DecodedNode, { path, level }: Place): Promise<void> {
    await arrive(path, level);
    for (const link of node.links) {
      const child = dag.child(cid, link);
      const name = link.name.slice(node.prefixLength);
      if (name === '') await walkShard(child, dag.node(child), { path, level: level + 1 });
      else await walk(child, join(path, name), level + 1);
    }
  }

  async function arrive(path: string, level: number): Promise<void> {
    count(path);
    if (level > MOST_LEVELS) throw brokenCar(carPath, `it is nested deeper than ${MOST_LEVELS} levels`);
    if (breather.after(0)) await breather.pause();
  }

  function count(path: string): void {
    paths += 1;
    pathLengths += path.length;
    if (paths <= MOST_PATHS && pathLengths <= MOST_PATH_LENGTHS) return;
    throw brokenCar(carPath, `it stands for more than ${paths - 1} paths, which is more than can be listed`);
  }

  function join(path: string, name: string): string {
    if (name === '' || name === '.' || name === '..' || name.includes('/')) {
      throw brokenCar(carPath, `${quoted(name)} in ${quoted(path)} is not a name`);
    }
    return path === '' ? name : `${path}/${name}`;
  }

  function list(path: string, file: ListedFile): void {
    count(path);
    if (listing.has(path)) throw brokenCar(carPath, `${quoted(path)} is in it twice`);
    listing.set(path, file);
  }

  await walk(blocks.root, '', 0);
  return {
    listing,
    nodes: dag.nodes,
    reached: dag.reached(),
    show: (onlooker) => show({ open, listing, dag }, onlooker),
  };
}

/** What a CAR may stand for, by its own size. */
const MOST_REPEATS = 8;
const ALWAYS_SHOWN_BYTES = 1_000_000_000;

interface Shown {
  readonly open: OpenFile;
  readonly listing: CarDag['listing'];
  readonly dag: DagReader;
}

async function show({ open, listing, dag }: Shown, onlooker: Onlooker): Promise<void> {
  let total = 0;
  for (const { bytes } of listing.values()) total += bytes;
  if (total > Math.max(ALWAYS_SHOWN_BYTES, open.bytes * MOST_REPEATS)) {
    throw new ActionError('content', `${open.file.path} stands for ${total} bytes, far more than it has.`, {
      hint: 'It cannot be checked before it is published. Deploy the directory itself, or set preflight: off.',
    });
  }
  for (const [path, { cid, bytes }] of listing) {
    onlooker.begin({ path, bytes });
    for (const part of dag.content(CID.parse(cid))) {
      onlooker.take(part);
      await onlooker.room();
    }
    onlooker.end();
  }
}

interface ListOptions extends BuildOptions {
  readonly fileName: string;
}

interface Place {
  readonly path: string;
  readonly level: number;
}

interface DagReader {
  node(cid: CID): DecodedNode;
  child(cid: CID, link: DecodedLink): CID;
  /** Bytes of the file, or the part of one, that begins at `cid`; touches every block of it. */
  fileBytes(cid: CID): number;
  /** The bytes of such a file, block by block. */
  content(cid: CID): Generator<Uint8Array>;
  /** The blocks with links that were asked for so far. */
  readonly nodes: ReadonlyMap<Cid, Uint8Array>;
  /** The numbers of the blocks asked for so far, ascending. */
  reached(): Uint32Array;
}

function dagReader(open: OpenFile, blocks: CarBlocks): DagReader {
  const carPath = open.file.path;
  const reached = new Set<number>();
  const sizes = new Map<string, number>();
  const nodes = new Map<Cid, Uint8Array>();

  /** The place of a block in the CAR; undefined when its CID holds it inline. */
  function spanOf(cid: CID): Span | undefined {
    if (cid.multihash.code === IDENTITY) return undefined;
    assertCheckable(carPath, cid);
    const held = blocks.table.find(cid.code, cid.multihash.digest);
    const span = held === undefined ? undefined : blocks.spans[held];
    if (held === undefined || span === undefined) throw brokenCar(carPath, `the block ${cid} is missing`);
    reached.add(held);
    return span;
  }

  function blockOf(cid: CID): Uint8Array {
    const span = spanOf(cid);
    return span === undefined ? cid.multihash.digest : readBlock(open, span, Buffer.alloc(span.length + 1));
  }

  function* content(cid: CID): Generator<Uint8Array> {
    const block = blockOf(cid);
    assertHash(carPath, cid, block);
    if (cid.code === RAW_CODEC) {
      yield block;
      return;
    }
    yield inlineContent(block);
    for (const link of node(cid).links) yield* content(child(cid, link));
  }

  function node(cid: CID): DecodedNode {
    if (cid.code !== DAG_PB_CODEC) {
      throw brokenCar(carPath, `the block ${cid} has the codec 0x${cid.code.toString(16)}, which is not UnixFS`);
    }
    const block = blockOf(cid);
    assertHash(carPath, cid, block);
    const decoded = decodeNode(block);
    if (decoded === undefined) throw brokenCar(carPath, `the block ${cid} is not UnixFS`);
    // A chunk of a file may be such a block too; those are the content, and too much to keep.
    if (decoded.kind !== 'file' || decoded.links.length > 0) nodes.set(cidOf(cid), block);
    return decoded;
  }

  function child(cid: CID, link: DecodedLink): CID {
    const found = decodeCid(link.cid);
    if (found === undefined) throw brokenCar(carPath, `the block ${cid} has a link that is not a CID`);
    return found;
  }

  function fileBytes(cid: CID, level = 0): number {
    if (level > MOST_LEVELS) throw brokenCar(carPath, `the file ${cid} is nested deeper than ${MOST_LEVELS} levels`);
    const key = cid.toString();
    const bytes =
      sizes.get(key) ?? (cid.code === RAW_CODEC ? (spanOf(cid)?.length ?? cid.multihash.size) : nodeBytes(cid, level));
    sizes.set(key, bytes);
    return bytes;
  }

  function nodeBytes(cid: CID, level: number): number {
    const decoded = node(cid);
    if (decoded.kind === 'directory' || decoded.kind === 'shard') {
      throw brokenCar(carPath, `the directory ${cid} is part of a file`);
    }
    const bytes = decoded.links.reduce(
      (sum, link) => sum + fileBytes(child(cid, link), level + 1),
      decoded.inlineBytes,
    );
    if (decoded.fileBytes !== undefined && decoded.fileBytes !== bytes) {
      throw brokenCar(carPath, `the file ${cid} should have ${decoded.fileBytes} bytes and has ${bytes}`);
    }
    return bytes;
  }

  return { node, child, fileBytes, content, nodes, reached: () => Uint32Array.from(reached).sort() };
}
