import { ActionError } from '../../domain/errors.ts';
import type { Moment } from '../../ports.ts';
import { type Answer, readAnswer } from '../http/traffic.ts';
import type { PlainAccount } from './account.ts';
import { DOING } from './errors.ts';

/** What rests on a reading must be answered soon, or it could still act when nobody reckons with it. */
const UPDATE_TIMEOUT_MS = 2000;
const UNPIN_TIMEOUT_MS = 7000;
const REQUEST_TIMEOUT_MS = 30_000;

export interface PlainRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
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
export async function send(
  { jwt, traffic }: PlainAccount,
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

export function isFine({ status }: Answer): boolean {
  return status >= 200 && status < 300;
}
