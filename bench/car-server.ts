/**
 * An honest gateway that has one DAG in memory, in a thread of its own and as fast as it can: its whole CAR, depth first, as
 * `/ipfs/<cid>?format=car`, and each of its blocks as `/ipfs/<cid>?format=raw`.
 */
import { createServer, type ServerResponse } from 'node:http';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { CarReader } from '@ipld/car';
import * as CarBufferWriter from '@ipld/car/buffer-writer';
import * as dagPb from '@ipld/dag-pb';
import { CID } from 'multiformats/cid';

export interface ServedDag {
  readonly root: string;
  readonly car: Uint8Array;
  readonly blocks: ReadonlyMap<string, Uint8Array>;
}

export interface CarGateway extends AsyncDisposable {
  readonly url: string;
  /** How many requests came so far. */
  requests(): number;
}

/** Shared with the thread: one number, the requests so far. */
interface Served extends ServedDag {
  readonly counter: Int32Array<SharedArrayBuffer>;
}

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

export async function startCarGateway(dag: ServedDag): Promise<CarGateway> {
  const worker = new Worker(new URL(import.meta.resolve('./car-server.ts')));
  const counter = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const served: Served = { ...dag, counter };
  worker.postMessage(served);
  const port = await new Promise<number>((resolve, reject) => {
    worker.once('message', resolve).once('error', reject);
  });
  return {
    url: `http://127.0.0.1:${port}`,
    requests: () => Atomics.load(counter, 0),
    [Symbol.asyncDispose]: async () => {
      await worker.terminate();
    },
  };
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
