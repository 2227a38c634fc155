import { numberAt, textAt } from '../../domain/json.ts';
import { callGitHub, type RepositoryOptions } from './client.ts';

/** Whose token it is. */
export interface Author {
  readonly login: string;
  readonly id: number | undefined;
}

/** A token is asked who it is: whoever else writes our marker is not believed. */
export async function readAuthor(options: RepositoryOptions): Promise<Author> {
  const answer = await callGitHub(options, 'tell whose token this is', ({ octokit }) =>
    octokit.graphql('query { viewer { login databaseId } }'),
  );
  return {
    login: bareLogin(textAt(answer, 'viewer', 'login') ?? ''),
    id: numberAt(answer, 'viewer', 'databaseId'),
  };
}

/** True for a comment or an issue that this author wrote. */
export function isBy(comment: unknown, { login, id }: Author): boolean {
  const author = numberAt(comment, 'user', 'id');
  if (id !== undefined && author !== undefined) return id === author;
  return login !== '' && bareLogin(textAt(comment, 'user', 'login') ?? '') === login;
}

/** REST calls an app `name[bot]` where GraphQL may call it `name`. */
function bareLogin(login: string): string {
  return login.toLowerCase().replace(/\[bot\]$/, '');
}
