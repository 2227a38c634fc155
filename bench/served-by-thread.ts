import { Worker } from 'node:worker_threads';

/** A server in a thread of its own, so that it takes no turn from what is measured. It ends with the block. */
export interface ThreadedServer extends AsyncDisposable {
  readonly url: string;
  /** Requests so far. */
  requests(): number;
}

/** What the thread counts its requests in. */
export interface Counted {
  readonly counter: Int32Array<SharedArrayBuffer>;
}

/** @param script the module that serves what it is sent, on a port that it answers. */
export async function serveByThread(script: URL, served: object): Promise<ThreadedServer> {
  const worker = new Worker(script);
  const counter = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  worker.postMessage({ ...served, counter } satisfies Counted);
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
