import type { Cid } from '../domain/cid.ts';
import { type DnslinkName, type HotSwapName, pointsTo, shortTarget } from '../domain/names.ts';
import type { Clock, HotSwaps, Log, ResolverAnswer, Resolvers } from '../ports.ts';

export interface SightPorts {
  readonly resolvers: Resolvers;
  readonly swaps: HotSwaps;
  readonly clock: Clock;
  readonly log: Log;
}

/** What the world makes of a name: `refused` where it never will follow it as things are, `unknown` where nobody tells. */
export interface Sight {
  readonly kind: 'seen' | 'unseen' | 'refused' | 'unknown';
  readonly note: string;
}

const POLL_DELAYS_MS = [1000, 2000, 4000, 8000];
const NO_PLUGIN = 'the gateway does not follow it: it has no Hot Swaps plugin (Pinata app → Gateways → Plugins)';

/** Looks again and again, until the verdict is final or the time is over. */
async function poll(
  look: (leftMs: number) => Promise<Sight & { readonly final: boolean }>,
  { clock, waitMs, waiting }: { readonly clock: Clock; readonly waitMs: number; readonly waiting: () => void },
): Promise<Sight> {
  const end = clock.now() + waitMs;
  for (let round = 0; ; round += 1) {
    const { final, ...sight } = await look(end - clock.now());
    const delayMs = POLL_DELAYS_MS[Math.min(round, POLL_DELAYS_MS.length - 1)] ?? 0;
    if (final || clock.now() + delayMs > end) return sight;
    if (round === 0) waiting();
    await clock.pause(delayMs);
  }
}

interface Watch {
  readonly cid: Cid;
  readonly waitMs: number;
}

/** Waits until every resolver answers the content. One that keeps an older answer for longer is not waited for. */
export async function watchDnslink(
  { domain }: DnslinkName,
  { cid, waitMs }: Watch,
  { resolvers, clock, log }: SightPorts,
): Promise<Sight> {
  const look = async (leftMs: number): Promise<Sight & { readonly final: boolean }> => {
    const answers = await resolvers.read(domain);
    const behind = answers.filter(({ target }) => !pointsTo(target, cid));
    const hopeless = behind.some(({ trouble, ttl }) => trouble === undefined && ttl * 1000 > leftMs);
    if (answers.length === 0) return { kind: 'unknown', note: 'no resolver was asked', final: true };
    if (behind.length === 0) return { kind: 'seen', note: `seen by ${hosts(answers)}`, final: true };
    const notes = [...behind.map(stillSays), ...seenBy(answers.filter((answer) => !behind.includes(answer)))];
    return { kind: 'unseen', note: notes.join('; '), final: hopeless };
  };
  const waiting = (): void => log.line(`Waiting until resolvers see what ${domain} points to now.`);
  return await poll(look, { clock, waitMs, waiting });
}

function seenBy(answers: readonly ResolverAnswer[]): readonly string[] {
  return answers.length === 0 ? [] : [`seen by ${hosts(answers)}`];
}

function stillSays({ resolver, target, ttl, trouble }: ResolverAnswer): string {
  if (trouble !== undefined) return `${resolver} ${trouble}`;
  const until = ttl > 0 ? `, for up to ${ttl} s more` : '';
  const says = target === undefined ? 'answers no DNSLink yet' : `still answers ${shortTarget(target.path)}`;
  return `${resolver} ${says}${until}`;
}

function hosts(answers: readonly ResolverAnswer[]): string {
  return answers.map(({ resolver }) => resolver).join(' and ');
}

/** What the resolvers answer for a domain at this moment. */
export async function seeDnslink({ domain }: DnslinkName, cid: Cid, { resolvers }: SightPorts): Promise<Sight> {
  const answers = await resolvers.read(domain);
  const right = answers.filter(({ target }) => pointsTo(target, cid));
  const wrong = answers.filter(({ target, trouble }) => trouble === undefined && !pointsTo(target, cid));
  const troubled = answers.filter(({ trouble }) => trouble !== undefined).map(stillSays);
  if (wrong.length > 0) {
    return { kind: 'unseen', note: [...wrong.map(says), ...seenBy(right), ...troubled].join('; ') };
  }
  if (right.length > 0) return { kind: 'seen', note: [...seenBy(right), ...troubled].join('; ') };
  return { kind: 'unknown', note: troubled.length === 0 ? 'no resolver was asked' : troubled.join('; ') };
}

function says({ resolver, target }: ResolverAnswer): string {
  return `${resolver} answers ${target === undefined ? 'no DNSLink' : shortTarget(target.path)}`;
}

/**
 * Waits until a gateway answers a CID with what was swapped for it. A swap of before may be answered for a while; other
 * content is its own: a gateway without the plugin knows no swaps.
 */
export async function watchSwap(
  { cid: original }: HotSwapName,
  { cid, waitMs, before }: Watch & { readonly before: Cid | undefined },
  { swaps, clock, log }: SightPorts,
): Promise<Sight> {
  const look = async (): Promise<Sight & { readonly final: boolean }> => {
    const seen = await swaps.look(original);
    if (seen === undefined) return { kind: 'unknown', note: 'no gateway told what it answers', final: true };
    if (seen === cid) return { kind: 'seen', note: 'the gateway answers it', final: true };
    if (seen === before) {
      return { kind: 'unseen', note: `the gateway still answers ${shortTarget(seen)}`, final: false };
    }
    return { kind: 'refused', note: NO_PLUGIN, final: false };
  };
  const waiting = (): void => log.line(`Waiting until the gateway follows the hot swap of ${original}.`);
  return await poll(look, { clock, waitMs, waiting });
}

/** Waits until a gateway no longer answers what stood in a CID's place. */
export async function watchSwapEnd(
  { cid: original }: HotSwapName,
  { before, waitMs }: { readonly before: Cid | undefined; readonly waitMs: number },
  { swaps, clock, log }: SightPorts,
): Promise<Sight> {
  const look = async (): Promise<Sight & { readonly final: boolean }> => {
    const seen = await swaps.look(original);
    if (seen === undefined) return { kind: 'unknown', note: 'no gateway told what it answers', final: true };
    if (seen !== before) return { kind: 'seen', note: 'answers with its own content again', final: true };
    return { kind: 'unseen', note: `the gateway still answers ${shortTarget(seen)}`, final: false };
  };
  const waiting = (): void => log.line(`Waiting until the gateway answers ${original} with its own content.`);
  return await poll(look, { clock, waitMs, waiting });
}
