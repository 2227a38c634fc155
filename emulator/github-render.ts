import { numberOf } from './github-ids.ts';
import type { GithubRepository, GithubUser } from './github-records.ts';
import type { Links } from './github-rest-route.ts';

/** Whole seconds, as GitHub shows times. */
export function renderTime(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
}

export function renderTimeOrNull(ms: number | null): string | null {
  return ms === null ? null : renderTime(ms);
}

export function nodeId(kind: string, id: number): string {
  return `${kind}_${Buffer.from(String(id)).toString('base64url')}`;
}

export function renderUser({ login, id, type }: GithubUser, { api, html }: Links): object {
  const name = login.replace(/\[bot\]$/, '');
  return {
    login,
    id,
    node_id: nodeId(type === 'Bot' ? 'BOT' : 'U', id),
    avatar_url: `${html}/avatars/${id}`,
    url: `${api}/users/${encodeURIComponent(login)}`,
    html_url: type === 'Bot' ? `${html}/apps/${name}` : `${html}/${login}`,
    type,
    site_admin: false,
  };
}

/** The user that a repository is of, as far as its name tells. */
export function ownerOf({ nameWithOwner }: Pick<GithubRepository, 'nameWithOwner'>): GithubUser {
  const login = nameWithOwner.split('/')[0] ?? '';
  return { login, id: numberOf(login.toLowerCase()), type: 'User' };
}

export function apiOf({ nameWithOwner }: Pick<GithubRepository, 'nameWithOwner'>, { api }: Links): string {
  return `${api}/repos/${nameWithOwner}`;
}

export function renderRepository(repository: GithubRepository, links: Links): object {
  const { id, nameWithOwner, defaultBranch } = repository;
  const number = numberOf(id);
  return {
    id: number,
    node_id: nodeId('R', number),
    name: nameWithOwner.split('/')[1] ?? '',
    full_name: nameWithOwner,
    owner: renderUser(ownerOf(repository), links),
    private: repository.private,
    html_url: `${links.html}/${nameWithOwner}`,
    fork: false,
    url: apiOf(repository, links),
    default_branch: defaultBranch,
  };
}

/** What somebody is to a repository: its owner, or nobody in particular. */
export function associationOf(author: GithubUser, repository: GithubRepository): 'OWNER' | 'NONE' {
  return author.login.toLowerCase() === ownerOf(repository).login.toLowerCase() ? 'OWNER' : 'NONE';
}

/** The app behind a bot; null for a person. */
export function renderApp({ login, type }: GithubUser, { html }: Links): object | null {
  if (type === 'User') return null;
  const slug = login.replace(/\[bot\]$/, '');
  const id = slug === 'github-actions' ? 15_368 : numberOf(slug);
  const name = slug === 'github-actions' ? 'GitHub Actions' : slug;
  return { id, slug, node_id: nodeId('A', id), name, html_url: `${html}/apps/${slug}` };
}
