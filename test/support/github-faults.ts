import type { FaultRequest } from './emulator.ts';

/** Which requests to GitHub a fault meets: the next one, unless it is said otherwise. */
type Met = Omit<FaultRequest, 'action'>;

interface Refused {
  readonly status: number;
  readonly message: string;
  readonly headers: Record<string, string>;
}

/** GitHub asks for fewer requests at once: 403 (or 429), with the seconds to wait. */
export function secondaryRateLimit(retryAfterS: number, met: Met = {}, status: 403 | 429 = 403): FaultRequest {
  const message =
    'You have exceeded a secondary rate limit. Please wait a few minutes before you try again. If you reach out to ' +
    'GitHub Support for help, please include the request ID 0A1B:2C3D:4E5F.';
  const headers = { 'retry-after': String(retryAfterS), 'x-ratelimit-remaining': '900' };
  return refusal({ status, message, headers }, met);
}

/** The token's requests of this hour are used up: 403 (or 429) without `retry-after`. */
export function primaryRateLimit(reset: Date, met: Met = {}, status: 403 | 429 = 403): FaultRequest {
  const headers = {
    'x-ratelimit-limit': '1000',
    'x-ratelimit-used': '1000',
    'x-ratelimit-remaining': '0',
    'x-ratelimit-reset': String(Math.ceil(reset.getTime() / 1000)),
    'x-ratelimit-resource': 'core',
  };
  return refusal({ status, message: 'API rate limit exceeded for installation ID 1234567.', headers }, met);
}

/** The page of a proxy before GitHub: HTML, no JSON. */
export function badGateway(met: Met = {}): FaultRequest {
  const body = '<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>Server Error</body>\r\n</html>\r\n';
  return { ...onGithub(met), action: { status: 502, body, contentType: 'text/html' } };
}

function refusal({ status, message, headers }: Refused, met: Met): FaultRequest {
  const documentation_url = 'https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api';
  const body = JSON.stringify({ documentation_url, message });
  const contentType = 'application/json; charset=utf-8';
  return { ...onGithub(met), action: { status, body, headers, contentType } };
}

function onGithub(met: Met): Met {
  return { ...met, match: { ...met.match, host: 'github' } };
}
