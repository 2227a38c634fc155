import { getOctokit } from '@actions/github';
import { ActionError } from '../../domain/errors.ts';
import { listAt, numberAt, parseJson, textAt } from '../../domain/json.ts';
import type { Answer, Traffic } from '../http/traffic.ts';

export interface RepositoryOptions {
  /** `owner/name`, '' when unknown. */
  readonly repository: string;
  readonly token: string;
  /** A fresh request policy: its deadline runs from the first question. */
  readonly traffic: () => Traffic;
}

export interface RepositoryClient {
  readonly octokit: ReturnType<typeof getOctokit>;
  readonly owner: string;
  readonly repo: string;
}

/** Runs requests about a repository through the request policy. Throws ActionError with what GitHub said. */
export async function callGitHub<T>(
  { repository, token, traffic }: RepositoryOptions,
  doing: string,
  call: (client: RepositoryClient) => Promise<T>,
): Promise<T> {
  const [owner, repo] = repository.split('/');
  if (owner === undefined || repo === undefined || repo === '') throw denied('the repository is not known');
  if (token === '') throw denied('there is no github-token');
  const octokit = getOctokit(token, {
    // Its own fetch would go past the request policy.
    request: { fetch: (...request: Parameters<typeof fetch>) => fetch(...request) },
  });
  return await traffic().through(doing, () => call({ octokit, owner, repo }));
}

function denied(reason: string): ActionError {
  return new ActionError('credentials', reason);
}

/** What an answer of GitHub that is not 2xx means: the token may not ask, or it may be worth asking again. */
export function explainGitHub(answer: Answer, doing: string): ActionError {
  const { status, body } = answer;
  const isLimit = [403, 429].includes(status) && /rate limit/i.test(body);
  // No permission opens what is locked or archived for everybody.
  const isShut = status === 403 && /is locked|archived/i.test(body);
  const isDenied = [401, 403, 404].includes(status) && !isLimit && !isShut;
  const why = isLimit ? `${status}, a rate limit` : [status, ...reasons(answer)].join(': ');
  return new ActionError(isDenied ? 'credentials' : 'network', `GitHub did not ${doing} (${why})`, { cause: answer });
}

/** What GitHub finds wrong with a request: `body is too long (maximum is 65536 characters)`. */
function reasons({ status, body }: Answer): readonly string[] {
  if (status !== 403 && status !== 422) return [];
  const answer = parseJson(body);
  const wrong = (listAt(answer, 'errors') ?? []).flatMap((error) => textAt(error, 'message') ?? []);
  const said = (wrong.join('; ') || (textAt(answer, 'message') ?? '')).slice(0, 200).replace(/\.$/, '');
  return said === '' ? [] : [said];
}

/** True for an error that `explainGitHub` made of an answer with this status. */
export function isStatus(error: unknown, status: number): boolean {
  return error instanceof ActionError && numberAt(error.cause, 'status') === status;
}
