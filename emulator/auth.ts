import { createHash, createHmac, randomBytes } from 'node:crypto';
import { Refusal } from './answer.ts';
import type { Clock } from './clock.ts';
import type { Knobs } from './knobs.ts';
import type { Key, Store } from './store.ts';

/** What a key may do; `admin` stands for everything. */
export interface Grants {
  readonly scopes: readonly string[];
  readonly legacyScopes: readonly string[];
  readonly revoked: boolean;
}

/** Keys, their scopes and their request budget. */
export interface Auth {
  /** The JWT printed at the start; the same after a restart. */
  readonly jwt: string;
  addKey(grants: Grants): Key;
  /** The key of an Authorization header. Throws 401 for none or an unknown one, 403 for a revoked one. */
  authenticate(authorization: string | undefined): Key;
  /** The label that stands for this Authorization header in the request log. */
  labelOf(authorization: string): string;
  /** Takes one request from the key's budget; undefined when requests are not counted. */
  spend(key: Key): Budget | undefined;
}

/** A key's requests in the running minute. */
export interface Budget {
  readonly limit: number;
  readonly exceeded: boolean;
  readonly remaining: number;
  /** Unix seconds. */
  readonly reset: number;
}

const mainKey = 'main-key';

/** Opens the keys of a store; the main one gets the scopes of the knobs at every start. */
export function openAuth(store: Store, knobs: Knobs, clock: Clock): Auth {
  const jwt = store.settings.get(mainKey)?.value ?? renderJwt(clock);
  store.settings.put({ id: mainKey, value: jwt });
  store.keys.put({ id: jwt, label: 'main', ...mainGrants(knobs) });
  const spent = new Map<string, { windowStart: number; requests: number }>();

  return {
    jwt,
    addKey: (grants) => {
      const key = { id: renderJwt(clock), label: `key-${store.keys.all().length}`, ...grants };
      store.keys.put(key);
      return key;
    },
    authenticate: (authorization) => {
      const key = store.keys.get(bearer(authorization));
      if (key === undefined) throw new Refusal(401, 'Not Authorized');
      if (key.revoked) throw new Refusal(403, 'The API key has been revoked', { reason: 'API_KEY_REVOKED' });
      return key;
    },
    labelOf: (authorization) => store.keys.get(bearer(authorization))?.label ?? 'unknown',
    spend: (key) => {
      if (knobs.rpm === 0) return undefined;
      const nowMs = clock.now().getTime();
      const before = spent.get(key.id);
      const fresh = before === undefined || nowMs - before.windowStart >= 60_000 || nowMs < before.windowStart;
      const window = fresh ? { windowStart: nowMs, requests: 0 } : before;
      window.requests += 1;
      spent.set(key.id, window);
      const reset = Math.ceil((window.windowStart + 60_000) / 1000);
      const left = knobs.rpm - window.requests;
      return { limit: knobs.rpm, exceeded: left < 0, remaining: Math.max(0, left), reset };
    },
  };
}

function mainGrants(knobs: Knobs): Grants {
  const restricted = knobs.scopes !== undefined || knobs.legacyScopes !== undefined;
  if (!restricted) return { scopes: ['admin'], legacyScopes: ['admin'], revoked: false };
  return { scopes: knobs.scopes ?? [], legacyScopes: knobs.legacyScopes ?? [], revoked: false };
}

/** True when one of the scopes is the wanted `org:files:read`, its write form, or covers all of `org`. */
export function hasScope(key: Key, wanted: string): boolean {
  const [, , access] = wanted.split(':');
  const covering = ['admin', 'org:write', wanted, wanted.replace(/:read$/, ':write')];
  if (access === 'read') covering.push('org:read');
  return key.scopes.some((scope) => covering.includes(scope));
}

/** True when the key has the legacy scope, by its plain name (`pinFileToIPFS`). */
export function hasLegacyScope(key: Key, wanted: string): boolean {
  return key.legacyScopes.some((scope) => scope === 'admin' || scope === wanted || scope.endsWith(`.${wanted}`));
}

/** The X-RateLimit-* headers that the legacy API shows. */
export function rateHeaders(budget: Budget): Record<string, string> {
  return {
    'X-RateLimit-Limit': String(budget.limit),
    'X-RateLimit-Remaining': String(budget.remaining),
    'X-RateLimit-Reset': String(budget.reset),
  };
}

function bearer(authorization: string | undefined): string {
  return /^Bearer (\S+)$/i.exec(authorization ?? '')?.[1] ?? '';
}

/** Three base64url parts like a real one, with nothing in it that anybody could use elsewhere. */
function renderJwt(clock: Clock): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const key = createHash('sha256').update(randomBytes(16)).digest('hex').slice(0, 20);
  const head = part({ alg: 'HS256', typ: 'JWT' });
  const body = part({ emulator: true, scopedKeyKey: key, iat: Math.floor(clock.now().getTime() / 1000) });
  const signature = createHmac('sha256', randomBytes(32)).update(`${head}.${body}`).digest('base64url');
  return `${head}.${body}.${signature}`;
}
