/**
 * An honest gateway that has one DAG in memory, in a thread of its own and as fast as it can: its whole CAR, depth first, as
 * `/ipfs/<cid>?format=car`, and each of its blocks as `/ipfs/<cid>?format=raw`.
 */
import { createServer, type ServerResponse } from 'node:http';
import { isMainThread, parentPort } from 'node:worker_threads';
import { CarReader } from '@ipld/car';
import * as CarBufferWriter from '@ipld/car/buffer-writer';
import * as dagPb from '@ipld/dag-pb';
import { CID } from 'multiformats/cid';
import { type Counted, serveByThread, type ThreadedServer } from './served-by-thread.ts';

export interface ServedDag {
  readonly root: string;
  readonly car: Uint8Array;
  readonly blocks: ReadonlyMap<string, Uint8Array>;
}

type Served = ServedDag & Counted;

/** What a gateway sends of a CAR whose blocks are in any order. */
export async function dagOf(root: string, unordered: Uint8Array): Promise<ServedDag> {
  const read = new Map<string, { readonly cid: CID; readonly bytes: Uint8Array }>();
  for await (const block of (await CarReader.fromBytes(unordered)).blocks()) read.set(block.cid.toString(), block);
  const roots = [CID.parse(root)];
  const car = CarBufferWriter.createWriter(new ArrayBuffer(unordered.byteLength), { roots });
  const blocks = new Map<string, Uint8Array>();
  const open = [root];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const block = read.get(name);
    if (block === undefined) throw new Error(`The CAR has no block ${name}.`);
    if (blocks.has(name)) continue;
    blocks.set(name, block.bytes);
    car.write(block);
    const links = block.cid.code === dagPb.code ? dagPb.decode(block.bytes).Links : [];
    open.push(...links.map(({ Hash }) => Hash.toString()).toReversed());
  }
  return { root, car: car.close({ resize: true }), blocks };
}

export async function startCarGateway(dag: ServedDag): Promise<ThreadedServer> {
  return await serveByThread(new URL(import.meta.resolve('./car-server.ts')), dag);
}

function serve(dag: Served): void {
  const server = createServer((request, response) => {
    Atomics.add(dag.counter, 0, 1);
    answer(dag, new URL(request.url ?? '', 'http://localhost'), response);
  });
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    parentPort?.postMessage(typeof address === 'object' ? address?.port : undefined);
  });
}

function answer({ root, car, blocks }: ServedDag, url: URL, response: ServerResponse): void {
  const name = url.pathname.replace('/ipfs/', '');
  const format = url.searchParams.get('format');
  const isCar = format === 'car' && name === root;
  const body = isCar ? car : blocks.get(name);
  if (body === undefined || (format !== 'car' && format !== 'raw')) {
    response.writeHead(404).end();
    return;
  }
  const type = isCar ? 'application/vnd.ipld.car; version=1; order=dfs; dups=n' : 'application/vnd.ipld.raw';
  response.writeHead(200, { 'content-type': type }).end(body);
}

if (!isMainThread) parentPort?.once('message', serve);
