import { describe, expect, it } from 'vitest';
import { retryDelayMs } from '../../src/adapters/http/backoff.ts';

const SECONDARY = '{"message":"You have exceeded a secondary rate limit. Please wait a few minutes."}';
const PRIMARY = '{"message":"API rate limit exceeded for installation ID 1."}';

function delayOf(status: number, headers: Readonly<Record<string, string>> = {}, body = ''): number | undefined {
  return retryDelayMs({ answer: { status, headers: new Headers(headers), body } }, { count: 1, firstDelayMs: 500 });
}

function reset(seconds: number): string {
  return String(Math.ceil(Date.now() / 1000) + seconds);
}

describe('a rate limit of GitHub', () => {
  it.each([403, 429])('that passes soon is waited for (%i)', (status) => {
    expect(delayOf(status, { 'retry-after': '2' }, SECONDARY)).toBe(2000);
    expect(delayOf(status, { 'x-ratelimit-reset': reset(5) }, PRIMARY)).toBeGreaterThan(4000);
  });

  it.each([403, 429])('that lasts is not (%i)', (status) => {
    expect(delayOf(status, { 'retry-after': '600' }, SECONDARY)).toBeUndefined();
    expect(delayOf(status, { 'x-ratelimit-reset': reset(1800) }, PRIMARY)).toBeUndefined();
    expect(delayOf(status, {}, SECONDARY)).toBeUndefined();
  });
});

describe('another answer', () => {
  it.each([500, 502, 503])('of %i is soon asked for again, however far the next budget is', (status) => {
    expect(delayOf(status, { 'x-ratelimit-reset': reset(1800), 'x-ratelimit-remaining': '900' })).toBeLessThan(501);
  });

  it('says itself when to ask again', () => {
    expect(delayOf(503, { 'retry-after': '3', 'x-ratelimit-reset': reset(1800) })).toBe(3000);
    expect(delayOf(429, { 'retry-after': '90' })).toBe(60_000);
    expect(delayOf(429, { 'x-ratelimit-reset': reset(10) })).toBeGreaterThan(9000);
  });

  it.each([400, 401, 403, 404, 422])('of %i is final', (status) => {
    expect(
      delayOf(status, { 'retry-after': '1' }, '{"message":"Resource not accessible by integration"}'),
    ).toBeUndefined();
  });
});
