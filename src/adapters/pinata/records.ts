import { numberAt, parseJson } from '../../domain/json.ts';
import type { Usage } from '../../domain/outcome.ts';
import type { Moment, PinChange } from '../../ports.ts';
import type { Answer } from '../http/traffic.ts';
import type { PinataAccount } from './account.ts';
import { DOING } from './errors.ts';
import { isFine, send } from './plain-request.ts';

/** 2100: stands for never where the service cannot clear an expiry. */
const FAR_FUTURE = 4_102_444_800;

function fileUrl({ apiUrl, network }: PinataAccount, id: string): string {
  return `${apiUrl}/v3/files/${network}/${encodeURIComponent(id)}`;
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

/** Undefined where the key lacks the legacy permission for it. */
export async function readUsage(account: PinataAccount): Promise<Usage | undefined> {
  const answer = await send(account, 'usage', { method: 'GET', url: `${account.apiUrl}/data/userPinnedDataTotal` });
  if (answer === 'late' || answer.status === 401 || answer.status === 403) return undefined;
  if (!isFine(answer)) throw account.traffic.policy.explain(answer, DOING.usage.text);
  const body = parseJson(answer.body);
  const [pins, bytes] = [numberAt(body, 'pin_count'), numberAt(body, 'pin_size_total')];
  return pins === undefined || bytes === undefined ? undefined : { pins, bytes };
}
