import { setTimeout as sleep } from 'node:timers/promises';
import { type Cid, codecOf, DAG_PB_CODEC } from '../../domain/cid.ts';
import { type GatewayTemplate, renderLink } from '../../domain/link.ts';
import { decodeNode } from '../../domain/unixfs-node.ts';
import { type BlockCheck, isSound } from '../../domain/verification.ts';
import { type Asking, askBlock, askCar, type BlockAnswer } from './block-walk-answers.ts';
import { blockName, readOneByOne } from './block-walk-rest.ts';
import { createWants, WANT_LIMITS, type WantLimits, type Wants } from './block-walk-wants.ts';

export interface BlockWalkLimits extends WantLimits {
  /** Bytes of a DAG up to which all of it is read. */
  readonly wholeBytes: number;
  /** Ways that are drawn from the root of a larger one to its leaves. */
  readonly descents: number;
  /** Blocks that are asked for one by one. */
  readonly requests: number;
  /** Bytes of a CAR that is read for some blocks of a large DAG. */
  readonly partBytes: number;
  readonly retryDelaysMs: readonly number[];
  /** For a block, and for each stretch of a CAR. */
  readonly answerMs: number;
}

export interface BlockWalkOptions {
  /** Asked in this order until one has all; the account's own first. */
  readonly gateways: readonly GatewayTemplate[];
  /** Sent as a header to the dedicated gateway only. */
  readonly dedicatedKey: string | undefined;
  /** How long fresh content is waited for. */
  readonly timeoutMs: number;
  /** For all that is read. */
  readonly maxMs?: number;
  readonly limits?: Partial<BlockWalkLimits>;
  /** From 0 (inclusive) to 1: which blocks of a large DAG are read. */
  readonly random?: () => number;
  /** Called with the bytes that were checked so far, and with all of them. */
  readonly onProgress?: (bytes: number, totalBytes: number) => void;
}

const LIMITS: BlockWalkLimits = {
  ...WANT_LIMITS,
  wholeBytes: 256 * 1024 * 1024,
  descents: 64,
  requests: 4000,
  partBytes: 64 * 1024 * 1024,
  retryDelaysMs: [500, 2000, 5000],
  answerMs: 15_000,
};
const MAX_MS = 120_000;
/** Of the time that is left, for a gateway that is not the last: a slow one must not take it all. */
const SHARE = 0.6;
const POLL_DELAYS_MS = [1000, 2000, 4000, 8000];

/**
 * Reads the DAG of a root from gateways, and hashes every block: all of it, or a sample where it is large. What is right is
 * told by the root alone, never by a gateway. One row for each gateway that was asked; never fails.
 */
export function createBlockWalk(options: BlockWalkOptions): (root: Cid) => Promise<readonly BlockCheck[]> {
  const { gateways, maxMs = MAX_MS } = options;
  return async (root) => {
    const began = performance.now();
    const checks: BlockCheck[] = [];
    for (const [index, gateway] of gateways.entries()) {
      const left = began + maxMs - performance.now();
      if (left <= 0) break;
      const signal = AbortSignal.timeout(Math.ceil(index === gateways.length - 1 ? left : left * SHARE));
      const waitUntil = began + options.timeoutMs;
      const check = await checkGateway(walkOf(options, { root, gateway, signal, waitUntil }));
      checks.push(check);
      if (isSound(check)) break;
    }
    return checks;
  };
}

function walkOf(
  { dedicatedKey, limits, random = Math.random, onProgress }: BlockWalkOptions,
  { signal, ...place }: Pick<Walk, 'root' | 'gateway' | 'waitUntil'> & Pick<Asking, 'signal'>,
): Walk {
  const { root, gateway } = place;
  const all = { ...LIMITS, ...limits };
  const asking = { key: gateway.dedicated ? dedicatedKey : undefined, signal, timeoutMs: all.answerMs };
  return { ...place, link: renderLink(gateway.template, root, 'file'), asking, limits: all, random, onProgress };
}

interface Walk {
  readonly root: Cid;
  readonly gateway: GatewayTemplate;
  readonly link: string;
  readonly asking: Asking;
  readonly waitUntil: number;
  readonly limits: BlockWalkLimits;
  readonly random: () => number;
  readonly onProgress: BlockWalkOptions['onProgress'];
}

type Result = Omit<BlockCheck, 'host' | 'ms' | 'totalBytes'>;

async function checkGateway(walk: Walk): Promise<BlockCheck> {
  const began = performance.now();
  const { result, totalBytes } = await checkDag(walk);
  const { host } = new URL(walk.link);
  return { host, totalBytes, ms: Math.round(performance.now() - began), ...result };
}

async function checkDag(walk: Walk): Promise<{ readonly result: Result; readonly totalBytes: number | undefined }> {
  const { root, limits } = walk;
  if (!isCheckable(root)) {
    return {
      result: nothing('broken', 'is not asked: this CID is of a kind that cannot be checked'),
      totalBytes: undefined,
    };
  }
  const answer = await waitForRoot(walk);
  if (answer.kind === 'wrong') {
    return { result: nothing('broken', `sent other bytes for block ${root}`), totalBytes: undefined };
  }
  if (answer.kind === 'none') return { result: nothing('unread', answer.reason), totalBytes: undefined };
  const known = { block: answer.bytes, totalBytes: totalOf(root, answer.bytes) };
  const whole = known.totalBytes <= limits.wholeBytes ? await readWhole(walk, known) : undefined;
  return { result: whole ?? (await readSample(walk, known)), totalBytes: known.totalBytes };
}

/** SHA-256, and of the two kinds that UnixFS is made of: version, codec and hash stand in the first letters. */
function isCheckable(cid: Cid): boolean {
  return /^baf(kre|ybe)i/.test(cid);
}

function nothing(state: BlockCheck['state'], note: string): Result {
  return { state, note, blocks: 0, bytes: 0 };
}

/** The root's own block: with it begins what can be known. */
async function waitForRoot({ root, link, asking, waitUntil }: Walk): Promise<BlockAnswer> {
  for (let round = 0; ; round += 1) {
    const answer = await askBlock(root, `${link}?format=raw`, asking);
    if (answer.kind !== 'none' || !answer.passing) return answer;
    const left = waitUntil - performance.now();
    if (left < 5 || asking.signal.aborted) return answer;
    const delayMs = POLL_DELAYS_MS[Math.min(round, POLL_DELAYS_MS.length - 1)] ?? 0;
    // The last attempt is made when the time is just over.
    await sleep(Math.min(delayMs, left), undefined, { signal: asking.signal }).catch(() => undefined);
  }
}

/** As the root claims. A block that is linked twice counts twice. */
function totalOf(root: Cid, block: Uint8Array): number {
  const links = codecOf(root) === DAG_PB_CODEC ? decodeNode(block)?.links : undefined;
  return (links ?? []).reduce((sum, { tsize }) => sum + tsize, block.length);
}

interface KnownRoot {
  readonly block: Uint8Array;
  readonly totalBytes: number;
}

/** Undefined where the DAG turns out to be larger than is read. */
async function readWhole(walk: Walk, { block, totalBytes }: KnownRoot): Promise<Result | undefined> {
  const wants = createWants({ root: walk.root, descents: undefined, random: walk.random, limits: walk.limits });
  wants.take(walk.root, block);
  const car = wants.wanted.size === 0 ? undefined : await readCar(walk, wants, totalBytes);
  if (car?.fault !== undefined) return broken(wants, car.fault);
  const rest = await readRest(walk, wants, totalBytes);
  if (rest === 'too much') return undefined;
  if (rest !== undefined) return broken(wants, rest.reason);
  const how = car === undefined || car.trouble === undefined ? '' : `; as a CAR it ${car.trouble}`;
  const { blocks, bytes } = wants.tally;
  const note =
    blocks === 1 ? 'has the one block, with the bytes of its CID' : 'has all blocks, each with the bytes of its CID';
  return { state: 'whole', blocks, bytes, note: `${note}${how}` };
}

/** What is taken of a CAR at most: beside the blocks there are a header, CIDs and lengths. */
function carBytesOf(totalBytes: number): number {
  return Math.ceil(totalBytes * 1.1) + 16 * 1024 * 1024;
}

interface CarRead {
  /** What is wrong with the content. */
  readonly fault: string | undefined;
  /** Why not all of it came, in words that follow "as a CAR it …". */
  readonly trouble: string | undefined;
}

/** All of it in one request, as far as it comes. */
async function readCar(walk: Walk, wants: Wants, totalBytes: number): Promise<CarRead> {
  let wrong: string | undefined;
  const answer = await askCar(`${walk.link}?format=car&dag-scope=all`, walk.asking, {
    maxBytes: carBytesOf(totalBytes),
    take: ({ cid, bytes }) => {
      const want = wants.wanted.get(cid);
      if (wants.take(cid, bytes) === 'wrong' && want !== undefined) wrong = blockName(want);
      walk.onProgress?.(wants.tally.bytes, totalBytes);
      return wrong === undefined && wants.halt() === undefined && wants.wanted.size > 0;
    },
  });
  if (wrong !== undefined) return { fault: `sent other bytes for ${wrong}`, trouble: undefined };
  if (wants.wanted.size === 0 || wants.halt() !== undefined) return { fault: undefined, trouble: undefined };
  if (answer.kind === 'none') return { fault: undefined, trouble: answer.reason };
  const trouble = { cut: 'broke off', long: 'had no end', end: 'was not complete', stopped: undefined }[answer.end];
  return { fault: undefined, trouble };
}

/** Undefined where all came. The reason follows the gateway's name. */
async function readRest(
  { gateway, root, asking, limits, onProgress }: Walk,
  wants: Wants,
  totalBytes: number,
): Promise<{ readonly reason: string } | 'too much' | undefined> {
  const carBytes = totalBytes <= limits.wholeBytes ? carBytesOf(totalBytes) : limits.partBytes;
  const { requests, retryDelaysMs } = limits;
  const options = { gateway, root, asking, requests, carBytes, retryDelaysMs };
  const shortfall = await readOneByOne(wants, options, () => onProgress?.(wants.tally.bytes, totalBytes));
  const halt = wants.halt();
  if (halt?.kind === 'fault') return { reason: `has content that cannot be checked: ${halt.reason}` };
  if (shortfall?.kind === 'fault') return shortfall;
  if (halt !== undefined || shortfall !== undefined) return 'too much';
  return wants.wanted.size === 0
    ? undefined
    : { reason: `did not send all of it in time; missing is ${missing(wants)}` };
}

function missing({ wanted }: Wants): string {
  const [first] = wanted.values();
  const more = wanted.size - 1;
  return `${first === undefined ? 'a block' : blockName(first)}${more > 0 ? ` and ${more.toLocaleString('en-US')} more` : ''}`;
}

function broken({ tally: { blocks, bytes } }: Wants, note: string): Result {
  return { state: 'broken', blocks, bytes, note };
}

async function readSample(walk: Walk, { block, totalBytes }: KnownRoot): Promise<Result> {
  const { root, limits, random } = walk;
  const wants = createWants({ root, descents: limits.descents, random, limits });
  wants.take(root, block);
  const rest = await readRest(walk, wants, totalBytes);
  if (rest !== undefined && rest !== 'too much') return broken(wants, rest.reason);
  const { blocks, bytes, skipped } = wants.tally;
  const about = Number(wants.estimate(totalBytes).toPrecision(2)).toLocaleString('en-US');
  const left = skipped + wants.wanted.size;
  const note = [
    `has ${blocks.toLocaleString('en-US')} of about ${about} blocks, drawn by chance, each with the bytes of its CID`,
    ...(left === 0 ? [] : [`${left.toLocaleString('en-US')} more could not be asked for one by one`]),
  ];
  return { state: 'sample', blocks, bytes, note: note.join('; ') };
}
