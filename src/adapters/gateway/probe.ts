import { setTimeout as sleep } from 'node:timers/promises';
import { type Cid, codecOf, RAW_CODEC } from '../../domain/cid.ts';
import {
  followsRedirects,
  type GatewayTemplate,
  type Opening,
  renderLink,
  renderPath,
  type Sample,
} from '../../domain/link.ts';
import type { Build } from '../../domain/listing.ts';
import type { Probe } from '../../domain/outcome.ts';
import type { PublishedTree } from '../../ports.ts';
import { kindOf, openingOf } from './opening.ts';
import { down, judge, proofOf, type Verdict } from './verdict.ts';
import { type Answer, type NoAnswer, visit } from './visit.ts';

export interface GatewayOptions {
  readonly templates: readonly GatewayTemplate[];
  /** Sent as a header to the dedicated gateway only. */
  readonly dedicatedKey: string | undefined;
  readonly timeoutMs: number;
  /** `none`: the links are made and nobody opens them. */
  readonly look: 'none' | 'gateway';
  /** What ends the waiting for the others: a page that opens, or only the bytes of the content. */
  readonly enough: 'opens' | 'live';
  /** Content that was published before. */
  readonly open: (root: Cid) => Promise<PublishedTree>;
}

const ATTEMPT_TIMEOUT_MS = 15_000;
/** Long enough for an answer, however little time is left. */
const SHORTEST_ATTEMPT_MS = 2000;
const POLL_DELAYS_MS = [1000, 2000, 4000, 8000];

/** Opens the links to content until one answers with its bytes, or the time is over. Never fails. */
export function createProbe(options: GatewayOptions): (content: Build | Cid) => Promise<readonly Probe[]> {
  return async (content) => {
    const root = typeof content === 'string' ? content : content.root;
    if (options.look === 'none') {
      const kind = typeof content === 'string' ? kindByCodec(root) : kindOf(content);
      return options.templates.map(({ template }) => unopened(renderLink(template, root, kind)));
    }
    const opening = await (typeof content === 'string' ? openingAt(content, options) : openingOf(content));
    const targets = options.templates.map((gateway): Target => {
      const link = renderLink(gateway.template, root, opening.kind);
      return { gateway, link, opening, key: gateway.dedicated ? options.dedicatedKey : undefined };
    });
    return await poll(targets, options);
  };
}

async function openingAt(root: Cid, { open: openTree }: GatewayOptions): Promise<Opening> {
  try {
    return await (await openTree(root)).opening();
  } catch {
    // Links can be opened without knowing what should come back.
    return { root, kind: kindByCodec(root), sample: undefined, plainSample: undefined, redirects: undefined };
  }
}

/** As far as it can be known without a request. */
function kindByCodec(root: Cid): Opening['kind'] {
  return codecOf(root) === RAW_CODEC ? 'file' : 'directory';
}

function unopened(link: string): Probe {
  const nothing = { status: undefined, firstByteMs: undefined, bytes: 0 };
  return { link, host: new URL(link).host, state: 'unopened', note: 'not opened', final: true, ...nothing };
}

interface Target {
  readonly gateway: GatewayTemplate;
  readonly link: string;
  readonly opening: Opening;
  readonly key: string | undefined;
}

/**
 * Asks all, again and again, until one is up or all have said their last word. The others keep what they said last. That
 * one serves files alone ends nothing: another may still have a link for people.
 */
async function poll(
  targets: readonly Target[],
  { timeoutMs, enough }: Pick<GatewayOptions, 'timeoutMs' | 'enough'>,
): Promise<readonly Probe[]> {
  const end = performance.now() + timeoutMs;
  const up = new AbortController();

  /** False where there is no reason to ask again. */
  async function waited(delayMs: number): Promise<boolean> {
    // The last attempt is made when the time is just over, however short it was.
    const left = end - performance.now();
    if (up.signal.aborted || left < 5) return false;
    await sleep(Math.min(delayMs, left), undefined, { signal: up.signal }).catch(() => undefined);
    return !up.signal.aborted;
  }

  async function ask(target: Target): Promise<Probe> {
    for (let round = 0; ; round += 1) {
      // A signal takes whole milliseconds only.
      const left = Math.ceil(end - performance.now());
      const probe = await open(target, Math.min(ATTEMPT_TIMEOUT_MS, Math.max(left, SHORTEST_ATTEMPT_MS)));
      if (probe.state === 'live' || probe.state === enough) up.abort();
      const delayMs = POLL_DELAYS_MS[Math.min(round, POLL_DELAYS_MS.length - 1)] ?? 0;
      if (probe.final || !(await waited(delayMs))) return probe;
    }
  }

  return await Promise.all(targets.map(ask));
}

async function open(target: Target, timeoutMs: number): Promise<Probe> {
  const { link, opening, key } = target;
  const answer = await visit({ url: urlOf(link, opening.sample), key, timeoutMs });
  const verdict = answer.kind === 'none' ? down(answer.reason) : judge(answer, opening);
  const closer = await lookCloser({ target, answer, verdict, timeoutMs });
  const { refusesPages, ...seen } = closer.state === 'live' ? await lookAsVisitor(target, closer, timeoutMs) : closer;
  const { status, firstByteMs } = answer;
  return { link, host: new URL(link).host, status, firstByteMs, ...seen };
}

/** People have no key: what opens with it alone is no link for them. */
async function lookAsVisitor({ link, opening, key }: Target, verdict: Verdict, timeoutMs: number): Promise<Verdict> {
  if (key === undefined) return verdict;
  const answer = await visit({ url: urlOf(link, opening.sample), key: undefined, timeoutMs });
  const seen = answer.kind === 'none' ? down(answer.reason) : judge(answer, opening);
  if (seen.state === 'live') return verdict;
  const isRefused = answer.status === 401 || answer.status === 403;
  const note = isRefused ? 'serves it with its key only' : `serves it with its key; without, it ${seen.note}`;
  return { state: 'files', note, final: isRefused || seen.final, bytes: verdict.bytes };
}

function urlOf(link: string, sample: Pick<Sample, 'path'> | undefined): string {
  return sample === undefined || sample.path === '' ? link : `${link.replace(/\/$/, '')}/${renderPath(sample.path)}`;
}

interface Look {
  readonly target: Target;
  readonly answer: Answer | NoAnswer;
  readonly verdict: Verdict;
  readonly timeoutMs: number;
}

/** A second request where the answer to the first leaves a question: does it serve files at least, do the routes work? */
async function lookCloser(look: Look): Promise<Verdict> {
  const { target, answer, verdict } = look;
  const { opening, gateway } = target;
  if (verdict.refusesPages === true) return await lookAtFiles(look);
  if (verdict.state !== 'live' || opening.redirects === undefined || answer.kind === 'none') return verdict;
  // Some gateways redirect from a path to a host of the content's own.
  const isFollowing = followsRedirects(gateway.template) || isOwnHost(answer.url, opening.root);
  if (!isFollowing) return { ...verdict, note: `${verdict.note}; does not follow _redirects`, routes: 'no' };
  return await lookAtRoute(look);
}

function isOwnHost(url: string, root: Cid): boolean {
  return new URL(url).hostname.split('.').includes(root);
}

async function lookAtFiles({ target: { gateway, link, opening, key }, verdict, timeoutMs }: Look): Promise<Verdict> {
  const { plainSample } = opening;
  if (plainSample === undefined) return verdict;
  const answer = await visit({ url: urlOf(link, plainSample), key, timeoutMs });
  const isRight = answer.kind === 'answer' && answer.status === 200;
  const proof = isRight ? proofOf(answer, plainSample) : undefined;
  if (proof === undefined) return verdict;
  const note = `serves its files; ${gateway.dedicated ? 'pages only through a custom domain' : 'no pages of anybody'}`;
  return { state: 'files', note, final: true, bytes: proof.bytes };
}

async function lookAtRoute({
  target: { gateway, link, opening, key },
  answer,
  verdict,
  timeoutMs,
}: Look): Promise<Verdict> {
  const { deepRoute } = opening;
  if (deepRoute === undefined || answer.kind === 'none') return verdict;
  const base = followsRedirects(gateway.template) ? link : `${new URL(answer.url).origin}/`;
  const deep = await visit({ url: urlOf(base, deepRoute), key, timeoutMs });
  const isRight = deep.kind === 'answer' && deep.status === 200 && proofOf(deep, deepRoute.target) !== undefined;
  if (isRight) return { ...verdict, note: `${verdict.note}; routes work`, routes: 'work' };
  const why = deep.kind === 'none' ? deep.reason : deep.status === 200 ? 'other bytes' : String(deep.status);
  return { ...verdict, note: `${verdict.note}; routes do not work (${why})`, routes: 'no' };
}
