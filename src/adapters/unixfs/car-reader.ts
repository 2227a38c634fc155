import { hash } from 'node:crypto';
import { basename } from 'node:path';
import { cidOf } from '../../domain/cid.ts';
import type { Build, CarSource, CidProfile } from '../../domain/listing.ts';
import type { BuildOptions } from './breather.ts';
import type { CarBlocks } from './car-blocks.ts';
import { indexCar, readBlock } from './car-blocks.ts';
import { listDag } from './car-listing.ts';
import type { FrameReader } from './car-source.ts';
import { carSource, frameHead, frameLength } from './car-source.ts';
import { cidBytes, cidPrefix, DIGEST_BYTES } from './cid-bytes.ts';
import type { SourceFile, Span } from './source-file.ts';
import { changedFile, closeSource, openSource } from './source-file.ts';

/**
 * A build from a CAR that exists. Every block is checked against its CID, and the DAG must be whole below its root;
 * blocks that the root does not reach are left out of the result. `profile` is passed on: the DAG need not follow it.
 * Throws an ActionError of kind `content` that says what is wrong with the CAR.
 */
export async function readCar(path: string, profile: CidProfile, options: BuildOptions = {}): Promise<Build> {
  const file: SourceFile = { path, source: path };
  const open = openSource(file);
  try {
    const blocks = await indexCar(open, options);
    const dag = await listDag(open, blocks, { ...options, fileName: basename(path, '.car') });
    const onlooker = options.onlooker?.(new Map([...dag.listing].map(([path, { bytes }]) => [path, bytes])));
    if (onlooker !== undefined) await dag.show(onlooker);
    const car = carOf(file, blocks, dag.reached);
    let bytes = 0;
    for (const listed of dag.listing.values()) bytes += listed.bytes;
    return {
      root: cidOf(blocks.root),
      profile,
      listing: dag.listing,
      bytes,
      blocks: dag.reached.length,
      nodes: dag.nodes,
      car,
      readFile: undefined,
    };
  } finally {
    closeSource(open);
  }
}

/** The blocks with these numbers as a CAR of their own, read from the CAR they came in. */
function carOf(file: SourceFile, { root, table, spans, versions }: CarBlocks, reached: Uint32Array): CarSource {
  const spanOf = (held: number): Span => spans[held] ?? { position: 0, length: 0 };
  const prefixOf = (held: number): Uint8Array => cidPrefix(versions[held] ?? 1, table.codec(held));
  let longest = 0;

  function* lengths(): Generator<number> {
    for (const held of reached) {
      const { length } = spanOf(held);
      longest = Math.max(longest, length);
      yield frameLength(prefixOf(held).length + DIGEST_BYTES, length);
    }
  }

  function open(): FrameReader {
    const source = openSource(file);
    const buffer = Buffer.allocUnsafeSlow(longest + 1);
    return {
      parts(block) {
        const held = reached[block] ?? 0;
        const digest = table.digest(held);
        const bytes = readBlock(source, spanOf(held), buffer);
        if (hash('sha256', bytes, 'buffer').equals(digest)) {
          return [frameHead(cidBytes(prefixOf(held), digest), bytes.length), bytes];
        }
        throw changedFile(file, 'it no longer has the blocks that were checked');
      },
      close: () => closeSource(source),
    };
  }

  return carSource({ root: root.bytes, lengths: lengths(), count: reached.length, open });
}
