import { randomBytes } from 'node:crypto';
import { Refusal } from './answer.ts';
import { actionsBot, type GithubToken, type GithubUser } from './github-records.ts';
import type { Store } from './store.ts';

export type GithubGrants = Omit<GithubToken, 'id' | 'label'>;

/** Tokens for the GitHub host, whose they are, and what each may do. */
export interface GithubTokens {
  /** The token printed at the start, with all permissions; the same after a restart. */
  readonly token: string;
  add(grants: GithubGrants): GithubToken;
  /** The token of an Authorization header. Throws 401 for none or an unknown one. */
  authenticate(authorization: string | undefined): GithubToken;
  /** The label that stands for this Authorization header in the request log; undefined for no token of ours. */
  labelOf(authorization: string): string | undefined;
}

const mainToken = 'github-token';

const mainGrants: GithubGrants = {
  contents: 'write',
  issues: 'write',
  pullRequests: 'write',
  deployments: 'write',
  statuses: 'write',
  user: actionsBot,
  repositories: null,
};

export function openGithubTokens(store: Store): GithubTokens {
  const { tokens } = store.github;
  const token = store.settings.get(mainToken)?.value ?? renderToken(actionsBot);
  store.settings.put({ id: mainToken, value: token });
  tokens.put({ id: token, label: 'github', ...mainGrants });
  return {
    token,
    add: (grants) => {
      const added = { id: renderToken(grants.user), label: `github-${tokens.all().length}`, ...grants };
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

/** It has the form of a workflow's own token, or of a person's. */
function renderToken({ type }: GithubUser): string {
  return `${type === 'Bot' ? 'ghs' : 'ghp'}_${randomBytes(18).toString('hex')}`;
}
