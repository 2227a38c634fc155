import { cidFromDigest, DAG_PB_CODEC } from '../../domain/cid.ts';
import type { Build, CidProfile, Content, FileEntry } from '../../domain/listing.ts';
import type { BuildOptions } from './breather.ts';
import { readCar } from './car-reader.ts';
import { cidText } from './cid-bytes.ts';
import type { Layout } from './layout.ts';
import { layoutOf } from './layout.ts';
import { hashLeaves } from './leaves.ts';
import { packTree } from './pack.ts';
import type { TreeDirectory, TreeFile } from './tree.ts';
import { buildTree } from './tree.ts';
import { fileReader, virtualCar } from './virtual-car.ts';

/**
 * Turns content into a DAG. The root depends on the paths and the bytes only, not on the order of the entries. Reads
 * every file once and writes nothing; the CAR of the result reads them again. Throws an ActionError of kind `content`
 * that names the file which cannot be read, changes meanwhile, or has an impossible path; and what `signal` aborts with.
 */
export async function buildDag(content: Content, profile: CidProfile, options: BuildOptions = {}): Promise<Build> {
  if (content.kind === 'car') return await readCar(content.source, profile, options);
  const layout = layoutOf(profile);
  const root = content.kind === 'file' ? fileNode(content.entry) : treeOf(content.entries, layout);
  const leaves = await hashLeaves(filesBelow(root), layout, options);
  const packed = packTree(root, layout, leaves);
  const all = { layout, leaves, nodes: packed.nodes, root: packed.root };
  const { blocks, ...car } = virtualCar(all);
  return {
    root: cidText(packed.root),
    profile,
    listing: packed.listing,
    bytes: leaves.files.reduce((sum, file) => sum + file.bytes, 0),
    blocks,
    nodes: new Map(packed.nodes.map(({ bytes, digest }) => [cidFromDigest(DAG_PB_CODEC, digest), bytes])),
    car,
    readFile: fileReader(all),
  };
}

function fileNode(entry: FileEntry): TreeFile {
  return { kind: 'file', name: entry.path, entry };
}

function treeOf(entries: readonly FileEntry[], layout: Layout): TreeDirectory {
  return buildTree(layout.emptyDirectories ? entries : entries.filter((entry) => entry.kind === 'file'));
}

function filesBelow(root: TreeFile | TreeDirectory): FileEntry[] {
  if (root.kind === 'file') return [root.entry];
  return root.children.flatMap(filesBelow);
}
