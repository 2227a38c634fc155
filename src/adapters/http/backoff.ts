import { ActionError } from '../../domain/errors.ts';

/** A rate limit passes more slowly than a fault. */
const LIMITED_FACTOR = 4;
const MAX_DELAY_MS = 60_000;
const PATIENCE_MS = 30_000;
const RETRIED_STATUSES = new Set([408, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 525, 526, 527, 529, 530]);

interface SeenAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

export interface Attempted {
  /** The number of attempts made, from 1. */
  readonly count: number;
  /** Milliseconds before the second attempt; doubled for each one after it. */
  readonly firstDelayMs: number;
}

export type AttemptResult = { readonly answer: SeenAnswer } | { readonly error: unknown };

/**
 * Milliseconds to wait before the next attempt; undefined when another attempt cannot help. `Retry-After` first, then
 * for a rate limit `X-RateLimit-Reset`, else exponential with jitter.
 */
export function retryDelayMs(result: AttemptResult, { count, firstDelayMs }: Attempted): number | undefined {
  if ('error' in result) return result.error instanceof ActionError ? undefined : jittered(firstDelayMs, count);
  const { status, headers, body } = result.answer;
  if (isGitHubLimit(status, body)) return limitedDelayMs(headers);
  if (!RETRIED_STATUSES.has(status) && !isStray(result.answer)) return undefined;
  return (
    (status === 429 ? askedDelayMs(headers) : retryAfterMs(headers)) ??
    jittered(status === 429 ? firstDelayMs * LIMITED_FACTOR : firstDelayMs, count)
  );
}

function isGitHubLimit(status: number, body: string): boolean {
  if (status === 429) return /exceeded a secondary rate limit|API rate limit exceeded/i.test(body);
  return status === 403 && /rate limit/i.test(body);
}

/** GitHub refuses who asks too much with a 403, or a 429. What passes soon is waited for; an hour is not. */
function limitedDelayMs(headers: Headers): number | undefined {
  const delay = askedDelayMs(headers);
  return delay !== undefined && delay <= PATIENCE_MS ? delay : undefined;
}

/** The service sometimes answers uploads with a 400 that is a page instead of an error. */
function isStray(answer: SeenAnswer): boolean {
  return answer.status === 400 && /^\s*</.test(answer.body);
}

/** The reset says when a budget is full again, which matters only to who has used it up: GitHub tells it in every answer. */
function askedDelayMs(headers: Headers): number | undefined {
  const reset = Number(headers.get('x-ratelimit-reset') ?? Number.NaN) * 1000 - Date.now();
  return retryAfterMs(headers) ?? bounded(reset);
}

function retryAfterMs(headers: Headers): number | undefined {
  const asked = headers.get('retry-after') ?? '';
  return bounded(/^[0-9]+$/.test(asked) ? Number(asked) * 1000 : Date.parse(asked) - Date.now());
}

function bounded(delayMs: number): number | undefined {
  return Number.isFinite(delayMs) ? Math.min(Math.max(delayMs, 0), MAX_DELAY_MS) : undefined;
}

function jittered(first: number, count: number): number {
  return Math.min(first * 2 ** (count - 1), MAX_DELAY_MS) * (0.5 + Math.random() / 2);
}
