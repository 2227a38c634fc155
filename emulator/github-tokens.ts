import { randomBytes } from 'node:crypto';
import { Refusal } from './answer.ts';
import type { GithubPermissions, GithubToken } from './github-records.ts';
import type { Store } from './store.ts';

/** Tokens for the GitHub host, and what each may read. */
export interface GithubTokens {
  /** The token printed at the start, with all permissions; the same after a restart. */
  readonly token: string;
  add(permissions: GithubPermissions): GithubToken;
  /** The token of an Authorization header. Throws 401 for none or an unknown one. */
  authenticate(authorization: string | undefined): GithubToken;
  /** The label that stands for this Authorization header in the request log; undefined for no token of ours. */
  labelOf(authorization: string): string | undefined;
}

const mainToken = 'github-token';

export function openGithubTokens(store: Store): GithubTokens {
  const { tokens } = store.github;
  const token = store.settings.get(mainToken)?.value ?? renderToken();
  store.settings.put({ id: mainToken, value: token });
  tokens.put({ id: token, label: 'github', contents: true, pullRequests: true, deployments: true });
  return {
    token,
    add: (permissions) => {
      const added = { id: renderToken(), label: `github-${tokens.all().length}`, ...permissions };
      tokens.put(added);
      return added;
    },
    authenticate: (authorization) => {
      const known = tokens.get(tokenIn(authorization));
      if (known === undefined) throw new Refusal(401, 'Bad credentials');
      return known;
    },
    labelOf: (authorization) => tokens.get(tokenIn(authorization))?.label,
  };
}

function tokenIn(authorization: string | undefined): string {
  return /^(?:bearer|token) (\S+)$/i.exec(authorization ?? '')?.[1] ?? '';
}

/** It has the form of a workflow's own token. */
function renderToken(): string {
  return `ghs_${randomBytes(18).toString('hex')}`;
}
