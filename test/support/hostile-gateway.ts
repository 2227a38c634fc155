import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { createGzip, gzipSync } from 'node:zlib';
import { CarWriter } from '@ipld/car';
import { decode, type PBNode } from '@ipld/dag-pb';
import { CID } from 'multiformats/cid';

/** Blocks by their CIDv1 in base32. */
export type Blocks = ReadonlyMap<string, Uint8Array>;

/** What an honest gateway would send now; undefined where it has nothing. */
export type Truth = Uint8Array | undefined;

export type Behaviour = (response: ServerResponse, truth: Truth) => void;

export interface TestGateway extends AsyncDisposable {
  readonly url: string;
  readonly host: string;
  /** A template for `block-gateways`. */
  readonly template: string;
  /** Every request, in the order of arrival. */
  readonly seen: readonly { readonly url: string; readonly headers: IncomingMessage['headers'] }[];
}

/** A trustless gateway: by CID, by path, and as a CAR of a directory's shards. It does with the nth answer what `behave` says. */
export async function testGateway(
  blocks: Blocks,
  behave: (nth: number, url: string) => Behaviour = () => honest,
): Promise<TestGateway> {
  const seen: { url: string; headers: IncomingMessage['headers'] }[] = [];
  const server = createServer((request, response) => {
    const url = request.url ?? '';
    const behaviour = behave(seen.length, url);
    seen.push({ url, headers: request.headers });
    response.on('error', () => undefined);
    void answerTo(blocks, url).then((truth) => behaviour(response, truth));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    host: new URL(url).host,
    template: `${url}/ipfs/{cid}`,
    seen,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function answerTo(blocks: Blocks, url: string): Promise<Truth> {
  const { pathname, searchParams } = new URL(url, 'http://gateway');
  const [, , root = '', ...names] = pathname.replace(/\/$/, '').split('/').map(decodeURIComponent);
  const cid = names.reduce<string | undefined>((at, name) => (at === undefined ? at : childOf(blocks, at, name)), root);
  if (cid === undefined) return undefined;
  return searchParams.get('format') === 'car' ? await entityCar(blocks, cid) : blocks.get(cid);
}

function nodeAt(blocks: Blocks, cid: string): PBNode | undefined {
  const block = blocks.get(cid);
  return block === undefined || CID.parse(cid).code !== 0x70 ? undefined : decode(block);
}

/** The type in the UnixFS message, which begins with it. */
function isShard(node: PBNode): boolean {
  return node.Data?.[1] === 5;
}

function childOf(blocks: Blocks, cid: string, name: string): string | undefined {
  const node = nodeAt(blocks, cid);
  if (node === undefined) return undefined;
  if (!isShard(node))
    return node.Links.find((link) => link.Name === name)
      ?.Hash.toV1()
      .toString();
  for (const { Name: slot = '', Hash: hash } of node.Links) {
    if (slot.slice(2) === name) return hash.toV1().toString();
    const below = slot.length === 2 ? childOf(blocks, hash.toV1().toString(), name) : undefined;
    if (below !== undefined) return below;
  }
  return undefined;
}

function shardsBelow(blocks: Blocks, cid: string): readonly string[] {
  const node = nodeAt(blocks, cid);
  if (node === undefined || !isShard(node)) return [cid];
  const inner = node.Links.filter(({ Name: slot = '' }) => slot.length === 2);
  return [cid, ...inner.flatMap(({ Hash: hash }) => shardsBelow(blocks, hash.toV1().toString()))];
}

/** A CAR of the node and, for a sharded directory, its shards. */
export async function entityCar(blocks: Blocks, cid: string): Promise<Buffer> {
  return await carOf(
    cid,
    shardsBelow(blocks, cid).flatMap((shard) => {
      const bytes = blocks.get(shard);
      return bytes === undefined ? [] : [[shard, bytes] as const];
    }),
  );
}

/** A CAR of these blocks, as they are. */
export async function carOf(
  root: string,
  blocks: Iterable<readonly [cid: string, bytes: Uint8Array]>,
): Promise<Buffer> {
  const { writer, out } = CarWriter.create([CID.parse(root)]);
  const collected = Readable.from(out).toArray();
  for (const [cid, bytes] of blocks) await writer.put({ cid: CID.parse(cid), bytes });
  await writer.close();
  return Buffer.concat(await collected);
}

export const honest: Behaviour = (response, truth) => {
  const type = { 'content-type': 'application/vnd.ipld.raw' };
  response.writeHead(truth === undefined ? 404 : 200, { ...type, 'content-length': truth?.length ?? 0 });
  response.end(truth);
};

export function says(status: number, body: string | Uint8Array = '', headers: Record<string, string> = {}): Behaviour {
  return (response) => {
    response.writeHead(status, headers);
    response.end(body);
  };
}

export const cutsOff: Behaviour = (response) => {
  response.destroy();
};

export const cutsOffInTheBody: Behaviour = (response, truth = Buffer.alloc(100)) => {
  response.writeHead(200, { 'content-length': truth.length });
  response.write(truth.subarray(0, truth.length >> 1), () => response.destroy());
};

export const stalls: Behaviour = () => undefined;

export const stallsInTheBody: Behaviour = (response, truth = Buffer.alloc(100)) => {
  response.writeHead(200, { 'content-length': truth.length });
  response.write(truth.subarray(0, truth.length >> 1));
};

/** One byte every 50 ms, for as long as anybody listens. */
export const drips: Behaviour = (response) => {
  response.writeHead(200);
  const timer = setInterval(() => response.write('x'), 50);
  response.on('close', () => clearInterval(timer));
};

export const neverEnds: Behaviour = (response) => {
  response.writeHead(200);
  const piece = Buffer.alloc(64 * 1024, 'x');
  Readable.from(
    (function* () {
      for (;;) yield piece;
    })(),
    { objectMode: false },
  ).pipe(response);
};

/** 2 GB of zeros in as few bytes as gzip needs, again and again. */
export const bombs: Behaviour = (response) => {
  response.writeHead(200, { 'content-encoding': 'gzip' });
  const zeros = Buffer.alloc(1024 * 1024);
  Readable.from(
    (function* () {
      for (let piece = 0; piece < 2048; piece += 1) yield zeros;
    })(),
    { objectMode: false },
  )
    .pipe(createGzip())
    .pipe(response);
};

const NESTED_BOMB = gzipSync(gzipSync(gzipSync(Buffer.alloc(256 * 1024 * 1024))));

/** 256 MB of zeros, compressed three times: a few hundred bytes. */
export const bombsInLayers: Behaviour = says(200, NESTED_BOMB, { 'content-encoding': 'gzip, gzip, gzip' });

export const redirectsToItself: Behaviour = (response) => {
  response.writeHead(302, { location: response.req.url ?? '/' });
  response.end();
};

export function redirectsTo(origin: string): Behaviour {
  return (response) => {
    response.writeHead(302, { location: `${origin}${response.req.url ?? '/'}` });
    response.end();
  };
}

/** More headers than any client keeps. */
export const sendsManyHeaders: Behaviour = (response, truth) => {
  for (let nth = 0; nth < 64; nth += 1) response.setHeader(`x-filler-${nth}`, 'x'.repeat(4096));
  honest(response, truth);
};

/** Hints before the answer, for as long as anybody listens. */
export const hintsForEver: Behaviour = (response) => {
  const timer = setInterval(() => response.writeEarlyHints({ link: '</x>; rel=preload' }), 5);
  response.on('close', () => clearInterval(timer));
};
