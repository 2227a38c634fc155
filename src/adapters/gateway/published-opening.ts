import { CID } from 'multiformats/cid';
import { type Cid, cidOf, codecOf, DAG_PB_CODEC, RAW_CODEC } from '../../domain/cid.ts';
import { choosePlainSample, chooseSample, type Opening, type Sample } from '../../domain/link.ts';
import type { ListedFile } from '../../domain/listing.ts';
import { MAX_REDIRECTS_BYTES } from '../../domain/routes.ts';
import { type DecodedLink, type DecodedNode, decodeNode, inlineContent } from '../../domain/unixfs-node.ts';
import type { ReadBlock, WantedBlock } from './base-side.ts';
import { digestOfNode, withDigests, withRoutes } from './opening.ts';

/** Beyond the root. What a few cannot tell is not worth the wait: any file of the content is a proof. */
const MOST_REQUESTS = 3;

/** What of published content can be opened as proof that it is served, from its root and a few blocks more. Never fails. */
export async function readOpening(root: Cid, read: ReadBlock): Promise<Opening> {
  const digests = new Map<Cid, string>();
  const opening = await lookInto(root, async (wanted) => {
    const block = await read(wanted);
    const digest = codecOf(wanted.cid) === DAG_PB_CODEC ? digestOfNode(block) : undefined;
    if (digest !== undefined) digests.set(wanted.cid, digest);
    return block;
  });
  return withDigests(opening, ({ cid }) => digests.get(cid));
}

async function lookInto(root: Cid, read: ReadBlock): Promise<Opening> {
  const nothing = { root, sample: undefined, plainSample: undefined, redirects: undefined };
  const block = await read({ cid: root, path: '', part: 'whole' }).catch(() => undefined);
  if (codecOf(root) === RAW_CODEC) {
    // Its CID alone is the proof, also where nobody serves blocks.
    return { ...nothing, kind: 'file', sample: { path: '', cid: root, bytes: block?.length ?? 0 } };
  }
  const node = block === undefined ? undefined : decodeNode(block);
  if (node?.kind === 'file') return { ...nothing, kind: 'file', sample: { path: '', cid: root, bytes: sizeOf(node) } };
  if (node === undefined || node.kind === 'symlink') return { ...nothing, kind: 'directory' };
  return await openDirectory(root, node, frugal(read));
}

/** Reads as long as there is a request left; undefined for what cannot be had. */
interface FrugalReader {
  isEmpty(): boolean;
  block(wanted: WantedBlock): Promise<Uint8Array | undefined>;
  node(wanted: WantedBlock): Promise<DecodedNode | undefined>;
}

function frugal(read: ReadBlock): FrugalReader {
  let left = MOST_REQUESTS;
  const block = async (wanted: WantedBlock): Promise<Uint8Array | undefined> => {
    if (left === 0) return undefined;
    left -= 1;
    return await read(wanted).catch(() => undefined);
  };
  return {
    isEmpty: () => left === 0,
    block,
    node: async (wanted) => {
      const bytes = await block(wanted);
      return bytes === undefined ? undefined : decodeNode(bytes);
    },
  };
}

async function openDirectory(root: Cid, node: DecodedNode, reader: FrugalReader): Promise<Opening> {
  const files = new Map<string, ListedFile>(rawFilesOf(node, ''));
  const index = await readIndex(node, reader);
  if (index !== undefined) files.set('index.html', { cid: index.cid, bytes: index.bytes });
  const redirects = await readRedirects(node, reader);
  await explore({ root, node }, files, reader);
  const fileAt = (path: string): Sample | undefined => {
    const file = files.get(path);
    return file === undefined ? undefined : { path, ...file };
  };
  const sample = chooseSample(root, files);
  return withRoutes({ root, kind: 'directory', sample, plainSample: choosePlainSample(files), redirects }, fileAt);
}

/**
 * Looks one level down for a file to open where the root has none. One that is no page is not looked for: where a gateway serves
 * no pages, the blocks are the proof.
 */
async function explore(
  { root, node }: { readonly root: Cid; readonly node: DecodedNode },
  files: Map<string, ListedFile>,
  reader: FrugalReader,
): Promise<void> {
  for (const wanted of unknownBelow(node)) {
    if (reader.isEmpty() || chooseSample(root, files) !== undefined) return;
    const found = await reader.node(wanted);
    if (found?.kind === 'file') files.set(wanted.path, { cid: wanted.cid, bytes: sizeOf(found) });
    const prefix = wanted.part === 'shard' ? '' : `${wanted.path}/`;
    for (const [path, file] of rawFilesOf(found, prefix)) files.set(path, file);
  }
}

/** Blocks below a directory that nobody has looked at: of a shard those that it leads to, then directories and files. */
function unknownBelow(node: DecodedNode): readonly WantedBlock[] {
  const shards = node.kind === 'shard' ? node.links.filter(({ name }) => name.length === node.prefixLength) : [];
  return [
    ...shards.flatMap((link): readonly WantedBlock[] => {
      const cid = usableCid(link);
      return cid === undefined ? [] : [{ cid, path: '', part: 'shard' }];
    }),
    ...entriesOf(node)
      .filter(({ name, cid }) => codecOf(cid) === DAG_PB_CODEC && !Object.hasOwn(SLOTS, name))
      .map(({ name, cid }): WantedBlock => ({ cid, path: name, part: 'whole' })),
  ];
}

/** What the hashes of the two names begin with, byte by byte: where a sharded directory has them. */
const SLOTS = { 'index.html': ['A0', '6D', '7E'], _redirects: ['60', 'BE', '79'] } as const;

/** The entry of a name in a directory, through its shards. */
async function find(
  directory: DecodedNode,
  name: keyof typeof SLOTS,
  reader: FrugalReader,
): Promise<ListedFile | undefined> {
  if (directory.kind !== 'shard') return entriesOf(directory).find((entry) => entry.name === name);
  let shard: DecodedNode | undefined = directory;
  for (const slot of SLOTS[name]) {
    const link: DecodedLink | undefined = shard?.links.find((each) => each.name.slice(0, 2).toUpperCase() === slot);
    const cid = link === undefined ? undefined : usableCid(link);
    if (link === undefined || cid === undefined) return undefined;
    if (link.name.slice(2) === name) return { cid, bytes: link.tsize };
    if (link.name.length !== slot.length) return undefined;
    shard = await reader.node({ cid, path: '', part: 'shard' });
  }
  return undefined;
}

async function readIndex(node: DecodedNode, reader: FrugalReader): Promise<ListedFile | undefined> {
  const index = await find(node, 'index.html', reader);
  if (index === undefined || codecOf(index.cid) === RAW_CODEC) return index;
  const found = await reader.node({ cid: index.cid, path: 'index.html', part: 'whole' });
  return found?.kind === 'file' ? { cid: index.cid, bytes: sizeOf(found) } : undefined;
}

async function readRedirects(node: DecodedNode, reader: FrugalReader): Promise<string | undefined> {
  const cid = (await find(node, '_redirects', reader))?.cid;
  const block = cid === undefined ? undefined : await reader.block({ cid, path: '_redirects', part: 'whole' });
  if (cid === undefined || block === undefined) return undefined;
  const content = codecOf(cid) === RAW_CODEC ? block : wholeContent(block);
  return content === undefined || content.length > MAX_REDIRECTS_BYTES
    ? undefined
    : Buffer.from(content).toString('utf8');
}

/** The bytes of a file that is one node. */
function wholeContent(block: Uint8Array): Uint8Array | undefined {
  const node = decodeNode(block);
  return node?.kind === 'file' && node.links.length === 0 ? inlineContent(block) : undefined;
}

function sizeOf({ fileBytes, inlineBytes }: DecodedNode): number {
  return fileBytes ?? inlineBytes;
}

interface NamedEntry extends ListedFile {
  readonly name: string;
}

/** The entries that a path can lead to; of a shard those that stand in it. */
function entriesOf({ kind, links, prefixLength }: DecodedNode): readonly NamedEntry[] {
  return links.flatMap((link) => {
    const name = kind === 'shard' ? link.name.slice(prefixLength) : link.name;
    const cid = ['', '.', '..'].includes(name) || /[/\0]/.test(name) ? undefined : usableCid(link);
    return cid === undefined ? [] : [{ name, cid, bytes: link.tsize }];
  });
}

function* rawFilesOf(node: DecodedNode | undefined, prefix: string): Generator<[path: string, file: ListedFile]> {
  if (node?.kind !== 'directory' && node?.kind !== 'shard') return;
  for (const { name, cid, bytes } of entriesOf(node)) {
    if (codecOf(cid) === RAW_CODEC) yield [`${prefix}${name}`, { cid, bytes }];
  }
}

const SHA2_256 = 0x12;

/** Undefined for a link to what no gateway could prove to be right. */
function usableCid({ cid: bytes }: DecodedLink): Cid | undefined {
  try {
    const cid = CID.decode(bytes);
    const isUsual = cid.multihash.code === SHA2_256 && (cid.code === RAW_CODEC || cid.code === DAG_PB_CODEC);
    return isUsual ? cidOf(cid) : undefined;
  } catch {
    return undefined;
  }
}
