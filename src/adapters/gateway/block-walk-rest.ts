import { setTimeout as sleep } from 'node:timers/promises';
import PQueue from 'p-queue';
import type { Cid } from '../../domain/cid.ts';
import { type GatewayTemplate, renderLink, renderPath } from '../../domain/link.ts';
import { type Asking, askBlock, askCar } from './block-walk-answers.ts';
import type { Want, Wants } from './block-walk-wants.ts';

export interface RestOptions {
  readonly gateway: GatewayTemplate;
  readonly root: Cid;
  readonly asking: Asking;
  /** Requests that are sent at most. */
  readonly requests: number;
  /** Bytes of one CAR at most. */
  readonly carBytes: number;
  /** Before each further attempt; beyond the first only where the gateway is busy. */
  readonly retryDelaysMs: readonly number[];
}

/** How asking ended where not all came: something is wrong (words that follow the gateway's name), or it is too much. */
export type Shortfall = { readonly kind: 'fault'; readonly reason: string } | { readonly kind: 'too many' };

const CONCURRENCY = 8;

/**
 * Asks for what is wanted one by one, again where it has to be, and for what is found wanted on the way. Public gateways
 * are asked by CID. The account's own refuses CIDs inside of what is pinned: it is asked by path, and for the parts of a file
 * or of a sharded directory, which have none, by the CAR of the path. Undefined where all came, or where the wants halted.
 */
export async function readOneByOne(
  wants: Wants,
  options: RestOptions,
  onTaken: () => void,
): Promise<Shortfall | undefined> {
  const { asking } = options;
  const queue = new PQueue({ concurrency: CONCURRENCY });
  const underWay = new Set<string>();
  let requests = 0;
  let shortfall: Shortfall | undefined;

  const isOver = (): boolean => shortfall !== undefined || wants.halt() !== undefined || asking.signal.aborted;

  /** How it did not come; undefined where it did, or where that is no matter any more. */
  async function tryOnce(want: Want): Promise<Lacking | undefined> {
    // It may have come with another answer meanwhile.
    if (isOver() || !wants.wanted.has(want.cid)) return undefined;
    requests += 1;
    const attempt = await ask(wants, want, options);
    onTaken();
    if (attempt.kind === 'fault') shortfall ??= { kind: 'fault', reason: attempt.reason };
    return attempt.kind === 'none' ? attempt : undefined;
  }

  async function obtain(want: Want): Promise<void> {
    let lacking = await tryOnce(want);
    for (const [nth, delayMs] of options.retryDelaysMs.entries()) {
      if (lacking === undefined || (nth > 0 && lacking.busy !== true)) break;
      await sleep(delayMs, undefined, { signal: asking.signal }).catch(() => undefined);
      lacking = await tryOnce(want);
    }
    if (lacking === undefined || isOver()) return;
    shortfall = { kind: 'fault', reason: `does not serve ${blockName(want)}: ${lacking.reason}` };
  }

  function schedule(): void {
    if (requests + wants.wanted.size > options.requests) shortfall ??= { kind: 'too many' };
    if (isOver()) return;
    for (const want of wants.wanted.values()) {
      const name = isPart(want, options) ? `parts of ${want.path}` : want.cid;
      if (underWay.has(name)) continue;
      underWay.add(name);
      void queue.add(async () => {
        await obtain(want);
        underWay.delete(name);
        schedule();
      });
    }
  }

  schedule();
  await queue.onIdle();
  return shortfall;
}

/** What a block is called in a message. */
export function blockName({ cid, path }: Want): string {
  return path === undefined || path === '' ? `block ${cid}` : `block ${cid} of ${JSON.stringify(path.slice(-80))}`;
}

/** Of a file or a sharded directory that can only be asked for at its path. */
function isPart({ part }: Want, { gateway }: RestOptions): boolean {
  return gateway.dedicated && part === 'entity';
}

interface Lacking {
  readonly kind: 'none';
  readonly reason: string;
  readonly busy?: boolean;
}

/** `done`: it came, or it was given up for good reasons. */
type Attempt = { readonly kind: 'done' } | { readonly kind: 'fault'; readonly reason: string } | Lacking;

async function ask(wants: Wants, want: Want, options: RestOptions): Promise<Attempt> {
  const { gateway, asking } = options;
  if (gateway.dedicated && want.path === undefined) return { kind: 'none', reason: 'no path leads to it' };
  if (isPart(want, options)) return await askParts(wants, want, options);
  const place = gateway.dedicated ? placeOf(want, options) : renderLink(gateway.template, want.cid, 'file');
  const answer = await askBlock(want.cid, `${place}?format=raw`, asking);
  if (answer.kind === 'none') return answer;
  const isWrong = answer.kind === 'wrong' || wants.take(want.cid, answer.bytes) === 'wrong';
  return isWrong ? { kind: 'fault', reason: `sent other bytes for ${blockName(want)}` } : { kind: 'done' };
}

function placeOf({ path = '' }: Want, { gateway, root }: RestOptions): string {
  const link = renderLink(gateway.template, root, 'file');
  return path === '' ? link : `${link.replace(/\/$/, '')}/${renderPath(path)}`;
}

/** All parts that are wanted at one path, as a CAR of it. */
async function askParts(wants: Wants, want: Want, options: RestOptions): Promise<Attempt> {
  let wrong: Want | undefined;
  const range = rangeOf(wants, want);
  const url = `${placeOf(want, options)}?format=car&dag-scope=entity${range}`;
  // Between the places of two parts may lie any number of bytes: each is asked for by itself.
  const isMissing = (): boolean => (range === '' ? wants.partsAt(want.path) > 0 : wants.wanted.has(want.cid));
  const answer = await askCar(url, options.asking, {
    maxBytes: options.carBytes,
    take: ({ cid, bytes }) => {
      const found = wants.wanted.get(cid);
      if (wants.take(cid, bytes) === 'wrong') wrong = found;
      return wrong === undefined && wants.halt() === undefined && isMissing();
    },
  });
  if (wrong !== undefined) return { kind: 'fault', reason: `sent other bytes for ${blockName(wrong)}` };
  if (!wants.wanted.has(want.cid)) return { kind: 'done' };
  if (answer.kind === 'none') return answer;
  if (answer.end === 'long' && want.range !== undefined) {
    // It sends the file from its beginning, whatever part is asked for.
    for (const part of partsOf(wants, want)) wants.skip(part);
    return { kind: 'done' };
  }
  return { kind: 'none', reason: `the CAR of its path ${answer.end === 'cut' ? 'broke off' : 'does not have it'}` };
}

/** Only the stretch of the file that has it; '' for all of it, where the place of one of its parts is not known. */
function rangeOf(wants: Wants, want: Want): string {
  const { range } = want;
  if (range === undefined || range.from >= range.to) return '';
  const isKnown = partsOf(wants, want).every((part) => part.range !== undefined);
  return isKnown ? `&entity-bytes=${range.from}:${range.to - 1}` : '';
}

/** All that is wanted at the path of a part. */
function partsOf({ wanted }: Wants, { path }: Want): readonly Want[] {
  return [...wanted.values()].filter((other) => other.part === 'entity' && other.path === path);
}
