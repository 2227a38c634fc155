import { type Cid, parseCid } from '../../domain/cid.ts';
import { ActionError } from '../../domain/errors.ts';
import type { Known } from '../../domain/github.ts';
import { listAt, parseJson, textAt, valueAt } from '../../domain/json.ts';
import type { HotSwaps } from '../../ports.ts';
import type { Answer } from '../http/traffic.ts';
import type { PlainAccount } from './account.ts';
import { DOING } from './errors.ts';
import { readAccountGateways } from './gateways.ts';
import { isFine, send } from './plain-request.ts';

const NOT_KNOWN = 'the gateway is not known (pinata-gateway, or the permission Gateways: Read)';

/** What the account's gateways answer instead of CIDs: the newest entry of each history. */
export async function readSwaps(
  account: PlainAccount,
  cids: readonly Cid[],
): Promise<Known<Iterable<readonly [Cid, Cid]>>> {
  const domains = await readDomains(account);
  if (domains.length === 0) return { kind: 'denied', reason: NOT_KNOWN };
  const asked = domains.flatMap((domain) => cids.map((cid) => ({ domain, cid })));
  const swaps = await Promise.all(
    asked.map(async ({ domain, cid }) => {
      const target = await readSwap(account, { domain, cid });
      return target === undefined ? [] : [[cid, target] as const];
    }),
  );
  return { kind: 'known', value: swaps.flat() };
}

/** Domains of the account's gateways; none where the key may not ask. */
async function readDomains(account: PlainAccount): Promise<readonly string[]> {
  if (account.gateway !== undefined) return [account.gateway];
  const gateways = await readAccountGateways(account);
  return gateways.kind === 'known' ? gateways.value.map(({ domain }) => domain) : [];
}

async function readSwap(
  account: PlainAccount,
  { cid, domain }: { readonly cid: Cid; readonly domain: string },
): Promise<Cid | undefined> {
  const url = `${swapUrl(account, cid)}?domain=${encodeURIComponent(domain)}`;
  const answer = await send(account, 'swap', { method: 'GET', url });
  if (answer === 'late' || NOT_SWAPPED.has(answer.status)) return undefined;
  if (!isFine(answer)) throw account.traffic.policy.explain(answer, DOING.swap.text);
  const body = parseJson(answer.body);
  const history = valueAt(body, 'data') === null ? [] : listAt(body, 'data');
  const newest = [...(history ?? [])].sort((a, b) => createdAt(b) - createdAt(a))[0];
  const text = textAt(newest, 'mapped_cid') ?? '';
  const target = parseCid(text);
  // What cannot be read is no reason to believe that nothing stands there.
  if (history === undefined || (text !== '' && target === undefined)) throw unreadable(domain);
  return target;
}

/** 404: nothing was ever swapped; other refusals: it is not the account's to swap, or its gateway has no such plugin. */
const NOT_SWAPPED: ReadonlySet<number> = new Set([400, 402, 403, 404]);

function unreadable(domain: string): ActionError {
  return new ActionError('network', `Pinata answered something that is no list of hot swaps on ${domain}.`, {
    hint: 'Run the job again. If it stays so, open an issue: the service may have changed its answers.',
  });
}

function createdAt(entry: unknown): number {
  return Date.parse(textAt(entry, 'created_at') ?? '') || 0;
}

function swapUrl({ apiUrl, network }: PlainAccount, cid: Cid): string {
  return `${apiUrl}/v3/files/${network}/swap/${cid}`;
}

export interface GatewayAccess {
  /** Base URL of the account's own gateway; undefined where nobody knows it. */
  readonly url: string | undefined;
  /** Sent as a header, to that gateway only. */
  readonly key: string | undefined;
  readonly timeoutMs: number;
}

/** Hot swaps on the account's gateways, and what one of them makes of them. */
export function createHotSwaps(account: PlainAccount, gateway: GatewayAccess): HotSwaps {
  return {
    read: async (original) => {
      const swaps = await readSwaps(account, [original]);
      if (swaps.kind === 'known') return [...swaps.value][0]?.[1];
      throw new ActionError('credentials', `What is answered for ${original} cannot be read: ${swaps.reason}.`, {
        hint: 'Set pinata-gateway, or give the key the permission Gateways: Read.',
      });
    },
    write: (original, target) => writeSwap(account, original, target),
    remove: async (original) => {
      const answer = await send(account, 'removeSwap', { method: 'DELETE', url: swapUrl(account, original) });
      // 404: it is not swapped, or it is not pinned, and then nothing is answered for it.
      if (answer === 'late' || answer.status === 404 || isFine(answer)) return;
      throw account.traffic.policy.explain(answer, DOING.removeSwap.text);
    },
    look: (original) => look(gateway, original).catch(() => undefined),
  };
}

/** The documented name of the new CID, and the one that the service's own clients send. */
const BODY_KEYS = ['swapCid', 'swap_cid'] as const;

async function writeSwap(account: PlainAccount, original: Cid, target: Cid): Promise<void> {
  let refused: Answer | undefined;
  for (const key of BODY_KEYS) {
    const body = { [key]: target };
    const answer = await send(account, 'writeSwap', { method: 'PUT', url: swapUrl(account, original), body });
    if (answer === 'late' || isFine(answer)) return;
    refused = answer;
    if (answer.status !== 400) break;
  }
  if (refused !== undefined) throw explainRefusal(account, refused, original);
}

function explainRefusal({ traffic }: PlainAccount, answer: Answer, original: Cid): ActionError {
  const known = traffic.policy.explain(answer, DOING.writeSwap.text);
  if (answer.status === 404) {
    return new ActionError(
      'conflict',
      `The account has not pinned ${original}, so nothing else can be answered for it.`,
      {
        hint: 'Name a CID in hot-swap-cid that this account has pinned, and keep it pinned.',
        cause: known,
      },
    );
  }
  if (answer.status !== 403) return known;
  return new ActionError(known.kind, known.message, {
    hint: `${known.hint ?? ''} ${original} must be the account's own, and its gateway needs the Hot Swaps plugin (Pinata app, Gateways, Plugins).`.trim(),
    cause: known,
  });
}

/** The tag of swapped content is the CID that stands in its place; that of other content is its own, or a file's in it. */
async function look({ url, key, timeoutMs }: GatewayAccess, original: Cid): Promise<Cid | undefined> {
  if (url === undefined) return undefined;
  let address = `${url}/ipfs/${original}`;
  const request = async (method: string): Promise<Response> => {
    const response = await fetch(address, {
      method,
      headers: key === undefined ? {} : { 'x-pinata-gateway-token': key },
      // The key must not follow to another host.
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    });
    await response.body?.cancel();
    return response;
  };
  let response = await request('HEAD');
  // A directory has its slash; every other redirect leads away.
  if (isRedirectTo(response, address, `${address}/`)) {
    address = `${address}/`;
    response = await request('HEAD');
  }
  if (!response.ok) response = await request('GET');
  return response.ok ? taggedCid(response.headers.get('etag') ?? '') : undefined;
}

function isRedirectTo({ status, headers }: Response, from: string, to: string): boolean {
  const location = headers.get('location') ?? '';
  return status >= 300 && status < 400 && URL.canParse(location, from) && new URL(location, from).href === to;
}

function taggedCid(etag: string): Cid | undefined {
  const found = /(?<![0-9A-Za-z])(Qm[1-9A-HJ-NP-Za-km-z]{44}|b[a-z2-7]{58,})(?![0-9A-Za-z])/.exec(etag)?.[1];
  return found === undefined ? undefined : parseCid(found);
}
