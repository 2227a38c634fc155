import PQueue from 'p-queue';
import { createPublishedTree } from '../src/adapters/gateway/published-tree.ts';
import type { Build } from '../src/domain/listing.ts';
import { levelsOf, nodesBelow, type Shape } from './diff-trees.ts';
import type { ThreadedServer } from './served-by-thread.ts';

/** A site that was published, and where it is read from. */
export interface Site {
  readonly shape: Shape;
  readonly published: Build;
  readonly gateway: ThreadedServer;
}

/** What took how long. */
export interface Reading {
  readonly requests: number;
  readonly bytes: number;
  readonly wallMs: number;
}

export interface Walk extends Reading {
  /** Blocks that were at hand. */
  readonly cached: number;
  /** Files that it found to differ. */
  readonly changedFiles: number;
  /** Of the thread that walks and receives. */
  readonly cpuMs: number;
}

/** How many requests the product has under way at once, and so its peer. */
export const IN_FLIGHT = 8;

/** The comparison as a deploy makes it. */
export async function compare({ published, gateway }: Site, build: Build, from: 'gateway' | 'cache'): Promise<Walk> {
  const tree = createPublishedTree({
    root: published.root,
    gateways: [{ template: `${gateway.url}/ipfs/{cid}`, dedicated: false }],
    dedicatedKey: undefined,
    known: from === 'cache' ? published.nodes : new Map(),
  });
  const earlier = gateway.requests();
  const cpu = process.threadCpuUsage();
  const began = performance.now();
  const reading = await tree.compare(build, 'open');
  const wallMs = performance.now() - began;
  const { user, system } = process.threadCpuUsage(cpu);
  if (reading.kind !== 'read') throw new Error(`The published tree was not read: ${JSON.stringify(reading)}`);
  const { bytes, cached } = tree.effort();
  return {
    requests: gateway.requests() - earlier,
    cached,
    changedFiles: reading.pair.after.size,
    bytes,
    wallMs,
    cpuMs: (user + system) / 1000,
  };
}

/** Every directory and shard of the published tree. */
export async function readListing({ published, gateway }: Site): Promise<Reading> {
  const queue = new PQueue({ concurrency: IN_FLIGHT });
  const seen = new Set<string>();
  let bytes = 0;
  const read = (cid: string): void => {
    if (seen.has(cid)) return;
    seen.add(cid);
    void queue.add(async () => {
      const block = await receive(`${gateway.url}/ipfs/${cid}?format=raw`);
      bytes += block.length;
      for (const below of nodesBelow(block)) read(below);
    });
  };
  const began = performance.now();
  read(published.root);
  await queue.onIdle();
  const wallMs = performance.now() - began;
  const nodes = levelsOf(published).flat().length;
  if (seen.size !== nodes)
    throw new Error(`The listing took ${seen.size} requests for ${nodes} directories and shards.`);
  return { requests: seen.size, bytes, wallMs };
}

/** Milliseconds of so many requests one after another, with nothing done about the answers. */
export async function readInTurn({ published, gateway }: Site, requests: number): Promise<number> {
  const began = performance.now();
  for (let sent = 0; sent < requests; sent += 1) await receive(`${gateway.url}/ipfs/${published.root}?format=raw`);
  return performance.now() - began;
}

export async function readCar({ published, gateway }: Site): Promise<Reading> {
  const began = performance.now();
  const response = await fetch(`${gateway.url}/ipfs/${published.root}?format=car`);
  let bytes = 0;
  for await (const piece of response.body ?? []) bytes += piece.length;
  if (bytes !== published.car.bytes) throw new Error(`The CAR came with ${bytes} bytes.`);
  return { requests: 1, bytes, wallMs: performance.now() - began };
}

async function receive(url: string): Promise<Uint8Array> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`The gateway answered ${response.status} to ${url}`);
  return await response.bytes();
}
