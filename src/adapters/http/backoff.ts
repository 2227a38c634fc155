import { ActionError } from '../../domain/errors.ts';

const FIRST_DELAY_MS = 500;
const FIRST_LIMITED_DELAY_MS = 2000;
const MAX_DELAY_MS = 60_000;
const RETRIED_STATUSES = new Set([408, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 525, 526, 527, 529, 530]);

interface SeenAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

/**
 * Milliseconds to wait before the next attempt; undefined when another attempt cannot help. `Retry-After` first, then
 * `X-RateLimit-Reset`, else exponential with jitter. `count` is the number of attempts made, from 1.
 */
export function retryDelayMs(
  result: { readonly answer: SeenAnswer } | { readonly error: unknown },
  count: number,
): number | undefined {
  if ('error' in result) return result.error instanceof ActionError ? undefined : jittered(FIRST_DELAY_MS, count);
  const { status, headers } = result.answer;
  if (!RETRIED_STATUSES.has(status) && !isStray(result.answer)) return undefined;
  return askedDelayMs(headers) ?? jittered(status === 429 ? FIRST_LIMITED_DELAY_MS : FIRST_DELAY_MS, count);
}

/** The service sometimes answers uploads with a 400 that is a page instead of an error. */
function isStray(answer: SeenAnswer): boolean {
  return answer.status === 400 && /^\s*</.test(answer.body);
}

function askedDelayMs(headers: Headers): number | undefined {
  const asked = headers.get('retry-after') ?? '';
  const until = /^[0-9]+$/.test(asked) ? Number(asked) * 1000 : Date.parse(asked) - Date.now();
  const reset = Number(headers.get('x-ratelimit-reset') ?? Number.NaN) * 1000 - Date.now();
  const delay = Number.isFinite(until) ? until : reset;
  return Number.isFinite(delay) ? Math.min(Math.max(delay, 0), MAX_DELAY_MS) : undefined;
}

function jittered(first: number, count: number): number {
  return Math.min(first * 2 ** (count - 1), MAX_DELAY_MS) * (0.5 + Math.random() / 2);
}
