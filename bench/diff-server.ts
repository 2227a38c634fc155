/**
 * A gateway at the end of a long line, in a thread of its own, so that its work does not count as the reader's. Serves the
 * blocks of one tree as `/ipfs/<cid>?format=raw`, and its whole CAR as `/ipfs/<cid>?format=car`, no faster than the line.
 */
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { isMainThread, parentPort } from 'node:worker_threads';
import { type Counted, serveByThread, type ThreadedServer } from './served-by-thread.ts';

export interface ServedTree {
  readonly blocks: ReadonlyMap<string, Uint8Array>;
  readonly car: Uint8Array;
  /** Before every answer. */
  readonly latencyMs: number;
}

type Served = ServedTree & Counted;

const LINE_BYTES_PER_MS = 50_000;
const PACE_MS = 4;
const IDLE_MS = 300_000;

export async function startGateway(tree: ServedTree): Promise<ThreadedServer> {
  return await serveByThread(new URL(import.meta.resolve('./diff-server.ts')), tree);
}

function serve(tree: Served): void {
  const server = createServer((request, response) => {
    Atomics.add(tree.counter, 0, 1);
    void answer(tree, new URL(request.url ?? '', 'http://localhost'), response);
  });
  server.keepAliveTimeout = IDLE_MS;
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    parentPort?.postMessage(typeof address === 'object' ? address?.port : undefined);
  });
}

async function answer({ blocks, car, latencyMs }: ServedTree, url: URL, response: ServerResponse): Promise<void> {
  if (latencyMs > 0) await pause(latencyMs);
  if (url.searchParams.get('format') === 'car') {
    await sendPaced(response, car);
    return;
  }
  const block = blocks.get(url.pathname.replace('/ipfs/', ''));
  response.statusCode = block === undefined ? 404 : 200;
  response.end(block);
}

/** Sends what the line would have carried by now, again and again. */
async function sendPaced(response: ServerResponse, body: Uint8Array): Promise<void> {
  const began = performance.now();
  for (let sent = 0; sent < body.length; ) {
    await pause(PACE_MS);
    const due = Math.min(body.length, Math.floor((performance.now() - began) * LINE_BYTES_PER_MS));
    if (!response.write(body.subarray(sent, due))) await once(response, 'drain');
    sent = due;
  }
  response.end();
}

if (!isMainThread) parentPort?.once('message', serve);
