import { type Answer, isLegacyPath, Refusal } from './answer.ts';
import { type Budget, hasLegacyScope, hasScope, rateHeaders } from './auth.ts';
import type { Backend } from './backend.ts';
import { refuseBlockedAccount } from './plan.ts';
import type { Call, Route } from './route.ts';
import { isSigned, verifySigned } from './signed-uploads.ts';

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
  const isBySignature = route.signature === 'required' || (route.signature === 'accepted' && isSigned(call.url));
  if (isBySignature) verifySigned(call, backend);
  const budget = isBySignature ? undefined : admitKey(route.needs, call, backend);
  if (route.uploads === true) refuseBlockedAccount(backend);
  return budget;
}

function admitKey(needs: Route['needs'], call: Omit<Call, 'params'>, backend: Backend): Budget | undefined {
  if (needs === 'nothing') return undefined;
  const key = backend.auth.authenticate(call.headers.authorization);
  const budget = backend.auth.spend(key);
  if (budget?.exceeded === true) throw tooManyRequests(budget, call.url.pathname, backend);
  if (needs !== 'key') {
    const granted = 'scope' in needs ? hasScope(key, needs.scope) : hasLegacyScope(key, needs.legacyScope);
    if (!granted) throw noScopes();
  }
  return budget;
}

function tooManyRequests(budget: Budget, path: string, backend: Backend): Refusal {
  const { retryAfter } = backend.knobs;
  const after: Record<string, string> = retryAfter === 0 ? {} : { 'Retry-After': String(retryAfter) };
  const shown = isLegacyPath(path) ? rateHeaders(budget) : {};
  return new Refusal(429, 'Too Many Requests', { headers: { ...after, ...shown } });
}

function noScopes(): Refusal {
  return new Refusal(403, 'This key does not have the required scopes associated with it', {
    reason: 'NO_SCOPES_FOUND',
  });
}

/** The segments at `:name`, or undefined when the path is another. Throws 400 for a malformed one. */
export function matchPath(pattern: string, path: string): Record<string, string> | undefined {
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
