import PQueue from 'p-queue';
import type { Cid } from '../../domain/cid.ts';
import type { Effort } from '../../domain/comparison.ts';
import type { WantedBlock } from './base-side.ts';
import type { BlockSource } from './block-source.ts';
import { Unreadable } from './unreadable.ts';

export interface BlockStoreOptions {
  /** Of the tree that the blocks belong to. */
  readonly root: Cid;
  /** Asked in this order, each while it is any good. */
  readonly sources: readonly BlockSource[];
  /** Verified blocks that are at hand. */
  readonly known: ReadonlyMap<Cid, Uint8Array>;
}

/** The blocks of one tree. Nothing is asked for twice. */
export interface BlockStore {
  /** Throws Unreadable, with what each source said. */
  read(wanted: WantedBlock, signal: AbortSignal): Promise<Uint8Array>;
  effort(): Omit<Effort, 'ms'>;
}

const CONCURRENCY = 8;
const MAX_REQUESTS = 5000;
/** All of it is kept in memory, and what is under way comes on top: eight blocks, or one CAR. */
const MAX_BYTES = 8 * 1024 * 1024;

export function createBlockStore({ root, sources, known }: BlockStoreOptions): BlockStore {
  const asked = sources.map(watched);
  const queue = new PQueue({ concurrency: CONCURRENCY });
  const cars = new PQueue({ concurrency: 1 });
  const held = new Map<Cid, Uint8Array>();
  // By the walk that waits: what one has given up must not be what the next one gets.
  const awaited = new WeakMap<AbortSignal, Map<Cid, Promise<Uint8Array>>>();
  const effort = { requests: 0, cached: 0, bytes: 0 };

  async function ask(source: WatchedSource, wanted: WantedBlock, signal: AbortSignal): Promise<void> {
    if (signal.aborted || held.has(wanted.cid) || source.isGivenUp()) return;
    if (effort.requests >= MAX_REQUESTS || effort.bytes >= MAX_BYTES) {
      throw new Unreadable(
        `more of it differs than is read for a diff (${MAX_REQUESTS.toLocaleString('en-US')} blocks, ${MAX_BYTES >> 20} MiB)`,
      );
    }
    effort.requests += 1;
    const answer = await source.read(wanted, root, signal);
    if (answer.kind === 'failed') return;
    effort.bytes += answer.bytes;
    for (const [cid, bytes] of answer.blocks) held.set(cid, bytes);
  }

  async function obtain(wanted: WantedBlock, signal: AbortSignal): Promise<Uint8Array> {
    // A second time where there may have been but a hiccup.
    for (const source of inTwoRounds(asked)) {
      const isCar = wanted.part === 'shard' && source.shards === 'together';
      // The answer to one question for a shard is often the answer to the next ones.
      await (isCar ? cars.add(() => ask(source, wanted, signal)) : ask(source, wanted, signal));
      const found = held.get(wanted.cid);
      if (found !== undefined) return found;
      if (signal.aborted) throw new Unreadable(`reading it took too long: ${troubles(asked)}`);
    }
    throw new Unreadable(troubles(asked));
  }

  return {
    effort: () => ({ ...effort }),
    read: async (wanted, signal) => {
      const found = held.get(wanted.cid);
      if (found !== undefined) return found;
      const cached = known.get(wanted.cid);
      if (cached !== undefined) {
        effort.cached += 1;
        held.set(wanted.cid, cached);
        return cached;
      }
      const waiting = awaited.get(signal) ?? new Map<Cid, Promise<Uint8Array>>();
      awaited.set(signal, waiting);
      const answer = waiting.get(wanted.cid) ?? queue.add(() => obtain(wanted, signal));
      waiting.set(wanted.cid, answer);
      return await answer;
    },
  };
}

function* inTwoRounds(sources: readonly WatchedSource[]): Generator<WatchedSource> {
  yield* sources;
  for (const source of sources) if (source.isWorthAgain()) yield source;
}

/** A gateway that answered before may fail so often in a row until it is given up. */
const STRIKES = 2;

interface WatchedSource extends BlockSource {
  isGivenUp(): boolean;
  /** Its last failure may pass at once. */
  isWorthAgain(): boolean;
  /** What it said last when it failed. */
  trouble(): string | undefined;
}

/** Remembers how a source behaves. One that has not answered well yet is given up at its first failure. */
function watched(source: BlockSource): WatchedSource {
  let isGood = false;
  let strikes = 0;
  let trouble: string | undefined;
  let givenUp = false;
  let worthAgain = false;
  return {
    host: source.host,
    shards: source.shards,
    isGivenUp: () => givenUp,
    isWorthAgain: () => worthAgain && !givenUp,
    trouble: () => trouble,
    read: async (wanted, root, signal) => {
      const answer = await source.read(wanted, root, signal);
      if (answer.kind === 'read') {
        isGood = true;
        strikes = 0;
      } else if (signal.aborted) {
        trouble ??= 'had not answered yet';
      } else {
        trouble = answer.reason;
        strikes += 1;
        worthAgain = answer.worth === 'again';
        givenUp ||= answer.worth === 'nothing' || !isGood || strikes >= STRIKES;
      }
      return answer;
    },
  };
}

function troubles(sources: readonly WatchedSource[]): string {
  if (sources.length === 0) return 'no gateway is configured that serves blocks (input block-gateways)';
  return sources.map((source) => `${source.host} ${source.trouble() ?? 'was not asked'}`).join('; ');
}
