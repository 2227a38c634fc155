import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import { type Answer, json, Refusal } from './answer.ts';
import type { Backend } from './backend.ts';
import { commentRoutes } from './github-comments.ts';
import { commitStatusRoutes } from './github-commit-statuses.ts';
import { deploymentStatusRoutes } from './github-deployment-statuses.ts';
import { deploymentRoutes } from './github-deployments.ts';
import { issueRoutes } from './github-issues.ts';
import { checkAnswer, checkBody, checkParameters, docsOf } from './github-openapi.ts';
import { pullRoutes } from './github-pulls.ts';
import type { GithubRepository, GithubToken } from './github-records.ts';
import { releaseRoutes } from './github-releases.ts';
import { renderUser } from './github-render.ts';
import { type Links, notAccessible, notFound, RestRefusal, type RestRoute } from './github-rest-route.ts';
import type { Call } from './route.ts';
import { matchPath } from './router.ts';

const repositoryRoutes: readonly RestRoute[] = [
  ...commentRoutes,
  ...issueRoutes,
  ...pullRoutes,
  ...deploymentRoutes,
  ...deploymentStatusRoutes,
  ...commitStatusRoutes,
  ...releaseRoutes,
];

const enterprisePrefix = '/api/v3';
const versions = ['2022-11-28', '2026-03-10'];

/** One request, its operation, and what stands in its path. */
interface Asked {
  readonly call: Omit<Call, 'params'>;
  readonly operation: string;
  readonly params: Readonly<Record<string, string>>;
  readonly links: Links;
}

/** Answers a request to GitHub's REST API, at the root or where an Enterprise Server has it. */
export async function answerRest(call: Omit<Call, 'params'>, backend: Backend): Promise<Answer> {
  const { pathname, origin } = call.url;
  const isEnterprise = pathname.startsWith(`${enterprisePrefix}/`);
  const path = isEnterprise ? pathname.slice(enterprisePrefix.length) : pathname;
  const links = isEnterprise ? { api: origin + enterprisePrefix, html: origin } : { api: origin, html: origin };
  const authenticate = (): GithubToken => backend.githubTokens.authenticate(call.headers.authorization);
  const user = matchOperation('GET /user', call.method, path);
  if (user !== undefined) {
    const asked = { call, operation: 'GET /user', params: user, links };
    return await answerChecked(asked, () => renderCaller(authenticate(), links));
  }
  for (const route of repositoryRoutes) {
    const params = matchOperation(route.operation, call.method, path);
    if (params === undefined) continue;
    const asked = { call, operation: route.operation, params, links };
    return await answerChecked(asked, () => answerRoute(asked, { route, token: authenticate() }, backend));
  }
  throw notFound();
}

function matchOperation(operation: string, method: string, path: string): Record<string, string> | undefined {
  const [verb, pattern = ''] = operation.split(' ');
  return verb === method ? matchPath(pattern.replace(/\{(\w+)\}/g, ':$1'), path) : undefined;
}

function renderCaller({ user }: GithubToken, links: Links): Answer {
  if (user.type === 'Bot') throw notAccessible([], 'read');
  return json(200, renderUser(user, links));
}

/** The answer, when GitHub's description allows it; a refusal has GitHub's shape. */
async function answerChecked(asked: Asked, answer: () => Answer | Promise<Answer>): Promise<Answer> {
  const given = await refusing(asked.operation, async () => {
    checkVersion(asked.call);
    return await answer();
  });
  const body: unknown = given.body === '' ? undefined : JSON.parse(String(given.body));
  const problem = checkAnswer(asked.operation, given.status, body);
  const headers = {
    'X-GitHub-Request-Id': randomUUID(),
    'X-GitHub-Media-Type': 'github.v3; format=json',
    'X-GitHub-Api-Version-Selected': versionOf(asked.call),
  };
  if (problem === undefined) return { ...given, headers: { ...headers, ...given.headers } };
  return json(500, { message: `The emulator's answer to ${asked.operation} is none of GitHub's: ${problem}` });
}

async function refusing(operation: string, answer: () => Promise<Answer>): Promise<Answer> {
  try {
    return await answer();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const { status, message, headers } = error;
    const errors = error instanceof RestRefusal ? { errors: error.errors } : {};
    return json(status, { message, ...errors, documentation_url: docsOf(operation), status: String(status) }, headers);
  }
}

function versionOf(call: Omit<Call, 'params'>): string {
  return String(call.headers['x-github-api-version'] ?? versions[0]);
}

function checkVersion(call: Omit<Call, 'params'>): void {
  const version = versionOf(call);
  if (!versions.includes(version))
    throw new Refusal(400, `The API version ${JSON.stringify(version)} is not supported.`);
}

async function answerRoute(
  { call, operation, params, links }: Asked,
  { route, token }: { readonly route: RestRoute; readonly token: GithubToken },
  backend: Backend,
): Promise<Answer> {
  const repository = findRepository(params, token, backend);
  const level = call.method === 'GET' ? 'read' : 'write';
  if (!isAllowed(repository, { route, token, level })) throw notAccessible(route.needs, level);
  const parameters: Record<string, unknown> = { ...Object.fromEntries(call.url.searchParams), ...params };
  const strange = checkParameters(operation, parameters);
  if (strange !== undefined) throw violation(422, strange, { call, backend });
  const body = level === 'read' ? undefined : await readBody(call.body);
  const wrong = body === undefined ? undefined : checkBody(operation, body);
  if (wrong !== undefined) throw violation(422, wrong, { call, backend });
  return route.answer({ token, repository, url: call.url, parameters, body, links }, backend);
}

/** Throws 404 also for a private repository that the token was not made for. */
function findRepository(params: Asked['params'], token: GithubToken, backend: Backend): GithubRepository {
  const id = `${params.owner}/${params.repo}`.toLowerCase();
  const repository = backend.store.github.repositories.get(id);
  const isMeant = token.repositories === null || token.repositories.includes(id);
  if (repository === undefined || (repository.private && !isMeant)) throw notFound();
  return repository;
}

/** Everybody reads what is public. */
function isAllowed(
  repository: GithubRepository,
  { route, token, level }: { readonly route: RestRoute; readonly token: GithubToken; readonly level: 'read' | 'write' },
): boolean {
  if (level === 'read' && !repository.private) return true;
  if (token.repositories !== null && !token.repositories.includes(repository.id)) return false;
  return route.needs.some((name) => token[name] === 'write' || token[name] === level);
}

/** Notes a request that GitHub's description does not allow, and refuses it. */
function violation(
  status: number,
  reason: string,
  { call, backend }: { readonly call: Omit<Call, 'params'>; readonly backend: Backend },
): Refusal {
  const { method, url } = call;
  backend.store.github.violations.put({ id: backend.newId(), method, path: url.pathname + url.search, reason });
  return new Refusal(status, reason);
}

async function readBody(stream: Readable): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk as Uint8Array));
  const text = Buffer.concat(chunks).toString('utf8');
  if (text === '') return {};
  try {
    return JSON.parse(text);
  } catch {
    throw new Refusal(400, 'Problems parsing JSON');
  }
}
