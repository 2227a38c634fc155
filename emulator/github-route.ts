import type { Answer } from './answer.ts';
import type { Backend } from './backend.ts';
import type { GithubToken } from './github-records.ts';
import type { Call } from './route.ts';

/** A request with a known token; what the token may do is asked where it matters. */
export interface GithubCall extends Call {
  readonly token: GithubToken;
}

export interface GithubRoute {
  readonly method: string;
  /** Segments; `:name` takes any one. */
  readonly path: string;
  answer(call: GithubCall, backend: Backend): Promise<Answer> | Answer;
}
