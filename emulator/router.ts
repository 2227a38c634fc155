import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import { type Answer, isLegacyPath, Refusal } from './answer.ts';
import { type Budget, hasLegacyScope, hasScope, rateHeaders } from './auth.ts';
import type { Backend } from './backend.ts';
import { refuseBlockedAccount } from './plan.ts';

/** One request as a route sees it. */
export interface Call {
  readonly method: string;
  /** Absolute, with the host that the client asked for. */
  readonly url: URL;
  /** The segments that stand at `:name` in the route's path, decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly headers: IncomingHttpHeaders;
  readonly body: Readable;
}

export interface Route {
  readonly method: string;
  /** Segments; `:name` takes any one. */
  readonly path: string;
  /** What a key needs: a v3 scope, a legacy scope, any valid key, or nothing at all. */
  readonly needs: { scope: string } | { legacyScope: string } | 'key' | 'nothing';
  /** True for the requests that an account over its plan may not make. */
  readonly uploads?: true;
  answer(call: Call, backend: Backend): Promise<Answer> | Answer;
}

/** Finds the route and lets it answer: key first, then scope, then plan; the body comes last. Throws Refusal. */
export async function routeCall(
  routes: readonly Route[],
  call: Omit<Call, 'params'>,
  backend: Backend,
): Promise<Answer> {
  for (const route of routes) {
    const params = route.method === call.method ? matchPath(route.path, call.url.pathname) : undefined;
    if (params === undefined) continue;
    const budget = admit(route, call, backend);
    const answer = await route.answer({ ...call, params }, backend);
    if (budget === undefined || !isLegacyPath(call.url.pathname)) return answer;
    return { ...answer, headers: { ...answer.headers, ...rateHeaders(budget) } };
  }
  throw new Refusal(404, 'Not Found');
}

function admit(route: Route, call: Omit<Call, 'params'>, backend: Backend): Budget | undefined {
  if (route.needs === 'nothing') return undefined;
  const key = backend.auth.authenticate(call.headers.authorization);
  const budget = backend.auth.spend(key);
  if (budget?.exceeded === true) {
    const after: Record<string, string> =
      backend.knobs.retryAfter === 0 ? {} : { 'Retry-After': String(backend.knobs.retryAfter) };
    const legacy = isLegacyPath(call.url.pathname) ? rateHeaders(budget) : {};
    throw new Refusal(429, 'Too Many Requests', { headers: { ...after, ...legacy } });
  }
  if (route.needs !== 'key') {
    const granted =
      'scope' in route.needs ? hasScope(key, route.needs.scope) : hasLegacyScope(key, route.needs.legacyScope);
    if (!granted) throw noScopes();
  }
  if (route.uploads === true) refuseBlockedAccount(backend);
  return budget;
}

function noScopes(): Refusal {
  return new Refusal(403, 'This key does not have the required scopes associated with it', {
    reason: 'NO_SCOPES_FOUND',
  });
}

function matchPath(pattern: string, path: string): Record<string, string> | undefined {
  const wanted = pattern.split('/');
  const given = path.replace(/(.)\/$/, '$1').split('/');
  if (wanted.length !== given.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, segment] of wanted.entries()) {
    const value = given[index] ?? '';
    if (segment.startsWith(':')) params[segment.slice(1)] = decodeSegment(value);
    else if (segment !== value) return undefined;
  }
  return params;
}

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new Refusal(400, 'Malformed URL');
  }
}
