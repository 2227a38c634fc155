import { type Cid, parseCid } from '../../domain/cid.ts';
import { ActionError } from '../../domain/errors.ts';
import type { Known } from '../../domain/github.ts';
import { listAt, numberAt, parseJson, textAt } from '../../domain/json.ts';
import type { Usage } from '../../domain/outcome.ts';
import type { Moment, PinChange } from '../../ports.ts';
import { type Answer, readAnswer } from '../http/traffic.ts';
import type { PinataAccount } from './account.ts';
import { DOING } from './errors.ts';

/** What rests on a reading must be answered soon, or it could still act when nobody reckons with it. */
const UPDATE_TIMEOUT_MS = 2000;
const UNPIN_TIMEOUT_MS = 7000;
const REQUEST_TIMEOUT_MS = 30_000;
/** 2100: stands for never where the service cannot clear an expiry. */
const FAR_FUTURE = 4_102_444_800;

interface PlainRequest {
  readonly method: 'GET' | 'PUT' | 'DELETE';
  readonly url: string;
  readonly body?: unknown;
  readonly moment?: Moment | undefined;
}

/** Thrown by an attempt whose moment has passed: nothing was sent. */
class Late extends ActionError {
  constructor() {
    super('network', 'The moment to send it has passed.');
  }
}

/** One request with the key. Answers `late` when its moment passed before it could be sent. */
async function send(
  { jwt, traffic }: PinataAccount,
  doing: keyof typeof DOING,
  { method, url, body, moment }: PlainRequest,
): Promise<Answer | 'late'> {
  try {
    return await traffic.exchange(DOING[doing].text, async (deadline) => {
      if (moment !== undefined && performance.now() > moment.notAfter) throw new Late();
      const urgent = moment !== undefined && Number.isFinite(moment.notAfter);
      const urgentMs = method === 'DELETE' ? UNPIN_TIMEOUT_MS : UPDATE_TIMEOUT_MS;
      const timeout = AbortSignal.timeout(urgent ? urgentMs : REQUEST_TIMEOUT_MS);
      const response = await fetch(url, {
        method,
        headers: {
          authorization: `Bearer ${jwt}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        redirect: 'manual',
        signal: AbortSignal.any([deadline, timeout]),
      });
      return await readAnswer(response);
    });
  } catch (error) {
    if (error instanceof Late) return 'late';
    throw error;
  }
}

function fileUrl({ apiUrl, network }: PinataAccount, id: string): string {
  return `${apiUrl}/v3/files/${network}/${encodeURIComponent(id)}`;
}

function isFine({ status }: Answer): boolean {
  return status >= 200 && status < 300;
}

interface Update {
  readonly id: string;
  readonly change: PinChange;
  readonly moment: Moment | undefined;
}

/** The SDK's update takes no `null`, which is how a key is removed, and no `expires_at`. */
export async function updatePin(account: PinataAccount, update: Update): Promise<'done' | 'late' | 'gone'> {
  const { expiresAt } = update.change;
  if (expiresAt === undefined) return readWritten(account, await putPin(account, update, {}));
  if (expiresAt instanceof Date) {
    return readWritten(account, await putPin(account, update, { expires_at: unixSeconds(expiresAt) }));
  }
  // That an expiry can be set is documented, that it can be cleared is not.
  const answer = await putPin(account, update, { expires_at: FAR_FUTURE });
  const refused = answer !== 'late' && answer.status === 400;
  return readWritten(account, refused ? await putPin(account, update, { expires_at: null }) : answer);
}

async function putPin(
  account: PinataAccount,
  { id, change, moment }: Update,
  expiry: { readonly expires_at?: number | null },
): Promise<Answer | 'late'> {
  const keyvalues = Object.keys(change.keyvalues).length === 0 ? {} : { keyvalues: change.keyvalues };
  return await send(account, 'update', {
    method: 'PUT',
    url: fileUrl(account, id),
    body: { ...keyvalues, ...expiry },
    moment,
  });
}

function readWritten({ traffic }: PinataAccount, answer: Answer | 'late'): 'done' | 'late' | 'gone' {
  if (answer === 'late') return 'late';
  if (answer.status === 404) return 'gone';
  if (!isFine(answer)) throw traffic.policy.explain(answer, DOING.update.text);
  return 'done';
}

function unixSeconds(date: Date): number {
  return Math.floor(date.getTime() / 1000);
}

/** The SDK's delete tells failures as texts and waits between requests. */
export async function unpinPin(
  account: PinataAccount,
  { id, moment }: { readonly id: string; readonly moment: Moment },
): Promise<'gone' | 'late'> {
  const answer = await send(account, 'unpin', { method: 'DELETE', url: fileUrl(account, id), moment });
  if (answer === 'late') return 'late';
  if (answer.status !== 404 && !isFine(answer)) throw account.traffic.policy.explain(answer, DOING.unpin.text);
  return 'gone';
}

/** What the account's gateways answer instead of CIDs: the newest entry of each history. */
export async function readSwaps(
  account: PinataAccount,
  cids: readonly Cid[],
): Promise<Known<Iterable<readonly [Cid, Cid]>>> {
  const domains = account.gateway === undefined ? await readGateways(account) : [account.gateway];
  if (domains.length === 0) {
    return { kind: 'denied', reason: 'the gateway is not known (pinata-gateway, or the permission Gateways: Read)' };
  }
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
async function readGateways(account: PinataAccount): Promise<readonly string[]> {
  const answer = await send(account, 'gateways', { method: 'GET', url: `${account.apiUrl}/v3/gateways` });
  if (answer === 'late' || [401, 403, 404].includes(answer.status)) return [];
  if (!isFine(answer)) throw account.traffic.policy.explain(answer, DOING.gateways.text);
  const rows = listAt(parseJson(answer.body), 'data', 'rows') ?? [];
  return rows.flatMap((row) => {
    const name = textAt(row, 'domain') ?? '';
    return name === '' ? [] : [name.includes('.') ? name : `${name}.mypinata.cloud`];
  });
}

async function readSwap(
  account: PinataAccount,
  { cid, domain }: { readonly cid: Cid; readonly domain: string },
): Promise<Cid | undefined> {
  const url = `${account.apiUrl}/v3/files/${account.network}/swap/${cid}?domain=${encodeURIComponent(domain)}`;
  const answer = await send(account, 'swap', { method: 'GET', url });
  // 404: nothing was ever swapped; other refusals: it is not the account's to swap, or its gateway has no such plugin.
  if (answer === 'late' || (answer.status > 401 && answer.status < 429) || answer.status === 400) return undefined;
  if (!isFine(answer)) throw account.traffic.policy.explain(answer, DOING.swap.text);
  const history = listAt(parseJson(answer.body), 'data') ?? [];
  const newest = [...history].sort((a, b) => createdAt(b) - createdAt(a))[0];
  return parseCid(textAt(newest, 'mapped_cid') ?? '');
}

function createdAt(entry: unknown): number {
  return Date.parse(textAt(entry, 'created_at') ?? '') || 0;
}

/** Undefined where the key lacks the legacy permission for it. */
export async function readUsage(account: PinataAccount): Promise<Usage | undefined> {
  const answer = await send(account, 'usage', { method: 'GET', url: `${account.apiUrl}/data/userPinnedDataTotal` });
  if (answer === 'late' || answer.status === 401 || answer.status === 403) return undefined;
  if (!isFine(answer)) throw account.traffic.policy.explain(answer, DOING.usage.text);
  const body = parseJson(answer.body);
  const [pins, bytes] = [numberAt(body, 'pin_count'), numberAt(body, 'pin_size_total')];
  return pins === undefined || bytes === undefined ? undefined : { pins, bytes };
}
