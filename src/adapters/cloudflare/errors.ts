import { ActionError } from '../../domain/errors.ts';
import { listAt, numberAt, parseJson, textAt, valueAt } from '../../domain/json.ts';
import type { Answer } from '../http/traffic.ts';

/** What can be asked of Cloudflare, in words that follow "could not". */
export const DOING = {
  zone: 'find the DNS zone',
  list: 'read the DNS records',
  write: 'write a DNS record',
  remove: 'take back a DNS record',
} as const;

interface ServiceError {
  readonly code: number;
  readonly text: string;
}

/** True for an answer that did what was asked: some refusals come with the status 200. */
export function isFine({ status, body }: Answer): boolean {
  return status >= 200 && status < 300 && valueAt(parseJson(body), 'success') !== false;
}

/** The codes in an answer's envelope, those behind others too. */
export function codesIn(answer: Answer): readonly number[] {
  return errorsIn(answer.body).map(({ code }) => code);
}

function errorsIn(body: string): readonly ServiceError[] {
  const flat = (list: readonly unknown[]): readonly unknown[] =>
    list.flatMap((entry) => [entry, ...(listAt(entry, 'error_chain') ?? [])]);
  return flat(listAt(parseJson(body), 'errors') ?? []).map((entry) => ({
    code: numberAt(entry, 'code') ?? 0,
    text: quotable(textAt(entry, 'message') ?? ''),
  }));
}

/** Foreign text, on one line and short. */
function quotable(text: string): string {
  const safe = text
    .replace(/[^\x20-\x7e]+/g, ' ')
    .replace(/[\w-]{30,}/g, '***')
    .trim();
  return safe.length > 160 ? `${safe.slice(0, 160)}…` : safe;
}

type Explanation = Pick<ActionError, 'kind' | 'message'> & { readonly hint: string };

const PERMISSIONS =
  'Make an API token in the Cloudflare dashboard (My Profile, API Tokens) with the permission Zone.DNS Edit for the zone, and Zone.Zone Read unless cloudflare-zone is given.';

/** What a final answer of Cloudflare that did not do what was asked means, and what to do. */
export function explainCloudflare(answer: Answer, doing: string): ActionError {
  const errors = errorsIn(answer.body);
  const codes = errors.map(({ code }) => code);
  const said = [String(answer.status), ...errors.slice(0, 3).map(({ code, text }) => `${code} ${text}`.trim())].join(
    ', ',
  );
  const known = explainCredentials(answer.status, errors, doing) ?? explainRest(answer.status, codes, doing);
  return new ActionError(known.kind, `${known.message} (Cloudflare said: ${said})`, {
    hint: known.hint,
    cause: answer,
  });
}

/** Headers that are none, or say nothing that Cloudflare knows. */
const MALFORMED = new Set([6003, 6102, 6103, 6111, 9106]);
const REJECTED = new Set([1000, 9103]);
const FORBIDDEN = new Set([9109, 10000, 10001]);

function explainCredentials(status: number, errors: readonly ServiceError[], doing: string): Explanation | undefined {
  const has = (known: ReadonlySet<number>): boolean => errors.some(({ code }) => known.has(code));
  if (has(MALFORMED)) {
    return {
      kind: 'credentials',
      message: `cloudflare-token is not the text of an API token, so Cloudflare did not ${doing}.`,
      hint: `Give the token itself, not a key or an id, without a space or "Bearer" in it. ${PERMISSIONS}`,
    };
  }
  const isUnknown = errors.some(({ code, text }) => code === 9109 && /invalid access token/i.test(text));
  if (status === 401 || has(REJECTED) || isUnknown) {
    return {
      kind: 'credentials',
      message: `Cloudflare does not accept the token in cloudflare-token, so it did not ${doing}.`,
      hint: `Look whether it has run out or was rolled. ${PERMISSIONS}`,
    };
  }
  if (status === 403 || has(FORBIDDEN)) {
    return {
      kind: 'credentials',
      message: `The token in cloudflare-token is not allowed to ${doing}.`,
      hint: PERMISSIONS,
    };
  }
  return undefined;
}

/** Addresses with an id that is none. */
const NO_SUCH_ID = new Set([7000, 7003]);

function explainRest(status: number, codes: readonly number[], doing: string): Explanation {
  if (codes.some((code) => NO_SUCH_ID.has(code))) {
    return {
      kind: 'input',
      message: `Cloudflare knows no such zone, so it did not ${doing}.`,
      hint: 'Copy the zone id from the overview of the domain in the Cloudflare dashboard, or leave cloudflare-zone out.',
    };
  }
  if (status === 429) {
    return {
      kind: 'quota',
      message: `Cloudflare's rate limit left no room to ${doing}.`,
      hint: 'Run fewer jobs with this token at once, and run the job again in five minutes.',
    };
  }
  if (status >= 500) {
    return {
      kind: 'network',
      message: `Cloudflare failed to ${doing}.`,
      hint: 'Run the job again. If it stays so, look at the status page of Cloudflare.',
    };
  }
  if (status >= 300 && status < 400) {
    return {
      kind: 'network',
      message: `Something between the runner and Cloudflare redirected the request to ${doing}.`,
      hint: 'Check cloudflare-api-url and the proxy of the runner.',
    };
  }
  return {
    kind: 'conflict',
    message: `Cloudflare did not ${doing}.`,
    hint: 'Look at the records of the domain in the Cloudflare dashboard. If it does not tell why, open an issue with the log of this run.',
  };
}
