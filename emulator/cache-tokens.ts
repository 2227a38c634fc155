import { randomBytes } from 'node:crypto';
import { Refusal } from './answer.ts';
import type { CacheGrants, CacheToken } from './cache-records.ts';
import type { Store } from './store.ts';

/** Tokens for the cache service. */
export interface CacheTokens {
  /** The token printed at the start, of the default branch; the same after a restart. */
  readonly token: string;
  add(grants: CacheGrants): CacheToken;
  /** The token of an Authorization header. Throws 401 for none or an unknown one. */
  authenticate(authorization: string | undefined): CacheToken;
  /** The label that stands for this Authorization header in the request log; undefined for no token of ours. */
  labelOf(authorization: string): string | undefined;
}

/** Entries of the default branch can be read by the runs of every other ref. */
export const defaultScope = 'refs/heads/main';
const mainToken = 'cache-token';

export function openCacheTokens({ settings, cache: { tokens } }: Store): CacheTokens {
  const token = settings.get(mainToken)?.value ?? renderToken();
  settings.put({ id: mainToken, value: token });
  tokens.put({ id: token, label: 'cache', scope: defaultScope, write: true });
  return {
    token,
    add: (grants) => {
      const added = { id: renderToken(), label: `cache-${tokens.all().length}`, ...grants };
      tokens.put(added);
      return added;
    },
    authenticate: (authorization) => {
      const known = tokens.get(tokenIn(authorization));
      if (known === undefined) throw new Refusal(401, 'invalid token', { reason: 'unauthenticated' });
      return known;
    },
    labelOf: (authorization) => tokens.get(tokenIn(authorization))?.label,
  };
}

function tokenIn(authorization: string | undefined): string {
  return /^bearer (\S+)$/i.exec(authorization ?? '')?.[1] ?? '';
}

/** Not quite a JWT: nothing reads into it. */
function renderToken(): string {
  return ['emulator', randomBytes(24).toString('base64url'), randomBytes(24).toString('base64url')].join('.');
}
