import { type Answer, json, Refusal } from './answer.ts';
import type { Backend } from './backend.ts';
import type { GithubRoute } from './github-route.ts';
import type { Call } from './route.ts';
import { matchPath } from './router.ts';

// Most emulators are never asked, and the executor takes a sixth of their start; so would the REST API with its schemas.
const answerQuery: GithubRoute['answer'] = async (call, backend) =>
  (await import('./github-graphql.ts')).answerQuery(call, backend);

const githubRoutes: readonly GithubRoute[] = [
  { method: 'POST', path: '/graphql', answer: answerQuery },
  // Where an Enterprise Server has it.
  { method: 'POST', path: '/api/graphql', answer: answerQuery },
];

/** Answers a request to GitHub's API; a refusal has GitHub's shape. */
export async function answerGithub(call: Omit<Call, 'params'>, backend: Backend): Promise<Answer> {
  try {
    return await routeGithub(call, backend);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const { status, message, headers } = error;
    const body = { message, documentation_url: 'https://docs.github.com/rest', status: String(status) };
    return json(status, body, headers);
  }
}

async function routeGithub(call: Omit<Call, 'params'>, backend: Backend): Promise<Answer> {
  for (const route of githubRoutes) {
    const params = route.method === call.method ? matchPath(route.path, call.url.pathname) : undefined;
    if (params === undefined) continue;
    const token = backend.githubTokens.authenticate(call.headers.authorization);
    return route.answer({ ...call, params, token }, backend);
  }
  return await (await import('./github-rest.ts')).answerRest(call, backend);
}
