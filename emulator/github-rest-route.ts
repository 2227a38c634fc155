import { type Answer, Refusal } from './answer.ts';
import type { Backend } from './backend.ts';
import type { GithubPermission, GithubRepository, GithubToken } from './github-records.ts';

/** Where what is answered says that it is. */
export interface Links {
  /** Base of the API, `https://host` or `https://host/api/v3`. */
  readonly api: string;
  /** Base of the pages. */
  readonly html: string;
}

/** A request to a repository's part of the API, that fits GitHub's description. */
export interface RestCall {
  readonly token: GithubToken;
  readonly repository: GithubRepository;
  /** The address that was asked for, for the links to other pages. */
  readonly url: URL;
  /** Of path and query. */
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly body: unknown;
  readonly links: Links;
}

export interface RestRoute {
  /** As GitHub's description has it: `GET /repos/{owner}/{repo}/pulls`. */
  readonly operation: string;
  /** The permissions of which one is enough. */
  readonly needs: readonly GithubPermission[];
  answer(call: RestCall, backend: Backend): Answer;
}

/** What GitHub says of one field behind `Validation Failed`. */
export interface RestProblem {
  readonly resource: string;
  readonly field: string;
  readonly code: string;
  readonly message?: string;
}

/** A refusal that names fields. */
export class RestRefusal extends Refusal {
  readonly errors: readonly RestProblem[];

  constructor(status: number, message: string, errors: readonly RestProblem[]) {
    super(status, message);
    this.errors = errors;
  }
}

/** 422 for a value that has the right type and is not taken. */
export function invalid(problem: RestProblem): RestRefusal {
  return new RestRefusal(422, 'Validation Failed', [problem]);
}

/** 404, as for everything that a token may not know of. */
export function notFound(): Refusal {
  return new Refusal(404, 'Not Found');
}

/** 403 for a token that lacks a permission; the header names the ones of which one would do. */
export function notAccessible(needs: readonly GithubPermission[], level: 'read' | 'write'): Refusal {
  const names = needs.map((name) => `${name === 'pullRequests' ? 'pull_requests' : name}=${level}`);
  const headers: Record<string, string> =
    needs.length === 0 ? {} : { 'X-Accepted-GitHub-Permissions': names.join('; ') };
  return new Refusal(403, 'Resource not accessible by integration', { headers });
}

/** Throws GitHub's 422 for a text over the limit, in characters of Unicode. */
export function checkLength(
  text: string | null | undefined,
  most: number,
  problem: Omit<RestProblem, 'message'>,
): void {
  if (text === undefined || text === null || [...text].length <= most) return;
  const name = problem.field === 'data' ? 'Body' : problem.field;
  throw invalid({ ...problem, message: `${name} is too long (maximum is ${most} characters)` });
}

/** Throws GitHub's 422 for an address that no browser opens. */
export function checkWebUrl(text: string | null | undefined, problem: Omit<RestProblem, 'message' | 'code'>): void {
  if (text === undefined || text === null || text === '' || /^https?:\/\/./i.test(text)) return;
  throw invalid({ ...problem, code: 'custom', message: `${problem.field} must use http(s) scheme` });
}
