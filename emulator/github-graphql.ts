import { type ExecutionResult, type GraphQLError, graphql } from 'graphql';
import * as v from 'valibot';
import { type Answer, json } from './answer.ts';
import type { Backend } from './backend.ts';
import { type ConnectionArguments, GithubError, paginate } from './github-connection.ts';
import type {
  GithubCommit,
  GithubDeployment,
  GithubPermission,
  GithubRepository,
  GithubToken,
  PullRequest,
} from './github-records.ts';
import { renderTime, renderTimeOrNull } from './github-render.ts';
import type { GithubCall } from './github-route.ts';
import { githubSchema } from './github-schema.ts';
import { readJson } from './json-body.ts';

const requestSchema = v.object({
  query: v.string(),
  variables: v.nullish(v.record(v.string(), v.unknown())),
  operationName: v.nullish(v.string()),
});

interface Context {
  readonly token: GithubToken;
  readonly backend: Backend;
}

/** `POST /graphql`. Whatever is wrong with the query, or with what it asks for, is told with status 200. */
export async function answerQuery(call: GithubCall, backend: Backend): Promise<Answer> {
  const { query, variables, operationName } = await readJson(requestSchema, call.body);
  const contextValue: Context = { token: call.token, backend };
  const { data, errors }: ExecutionResult = await graphql({
    schema: githubSchema,
    source: query,
    rootValue: { repository: findRepository, viewer: renderViewer },
    contextValue,
    variableValues: variables ?? {},
    ...(typeof operationName === 'string' ? { operationName } : {}),
  });
  return json(200, {
    ...(data === undefined ? {} : { data }),
    ...(errors === undefined ? {} : { errors: errors.map(renderError) }),
  });
}

function renderError({ originalError, path, locations, message }: GraphQLError): Record<string, unknown> {
  const type = originalError instanceof GithubError ? originalError.type : undefined;
  return {
    ...(type === undefined ? {} : { type }),
    ...(path === undefined ? {} : { path }),
    ...(type === 'FORBIDDEN' ? { extensions: { saml_failure: false } } : {}),
    ...(locations === undefined ? {} : { locations }),
    message,
  };
}

// The fields below are called by the executor with their arguments and the context.

/** Unlike `GET /user` this is there for a workflow's own token too. */
function renderViewer(_none: unknown, { token }: Context): object {
  return { login: token.user.login, databaseId: token.user.id };
}

function findRepository({ owner, name }: { owner: string; name: string }, { backend }: Context): object {
  const nameWithOwner = `${owner}/${name}`;
  const repository = backend.store.github.repositories.get(nameWithOwner.toLowerCase());
  if (repository === undefined) {
    throw new GithubError('NOT_FOUND', `Could not resolve to a Repository with the name '${nameWithOwner}'.`);
  }
  return {
    name: repository.nameWithOwner.split('/')[1],
    nameWithOwner: repository.nameWithOwner,
    object: (wanted: ObjectArguments, context: Context) => findObject(repository, wanted, context),
    pullRequest: ({ number }: { number: number }, context: Context) => findPullRequest(repository, number, context),
    deployments: (wanted: DeploymentArguments, context: Context) => listDeployments(repository, wanted, context),
  };
}

function requirePermission(permission: GithubPermission, { token }: Context): void {
  if (token[permission] === 'none') throw new GithubError('FORBIDDEN', 'Resource not accessible by integration');
}

interface ObjectArguments {
  readonly expression?: string | null;
  readonly oid?: string | null;
}

/** The one commit that the expression abbreviates, or with a colon behind it its tree; null for any other expression. */
function findObject(repository: GithubRepository, wanted: ObjectArguments, context: Context): object | null {
  requirePermission('contents', context);
  const [, start, colon] = /^([0-9a-f]{4,40})(:?)$/.exec(wanted.oid ?? wanted.expression ?? '') ?? [];
  if (start === undefined) return null;
  const [commit, another] = context.backend.store.github.commits
    .all()
    .filter(({ repository: owner, oid }) => owner === repository.id && oid.startsWith(start));
  if (commit === undefined || another !== undefined) return null;
  return colon === ':' ? renderTree(commit) : { ...renderOid('Commit', commit.oid), tree: renderTree(commit) };
}

function renderTree({ tree }: GithubCommit): object {
  return renderOid('Tree', tree);
}

function renderOid(__typename: string, oid: string): object {
  return { __typename, oid, abbreviatedOid: oid.slice(0, 7) };
}

function findPullRequest(repository: GithubRepository, number: number, context: Context): object {
  requirePermission('pullRequests', context);
  const found = context.backend.store.github.pullRequests.get(`${repository.id}#${number}`);
  if (found === undefined) {
    throw new GithubError('NOT_FOUND', `Could not resolve to a PullRequest with the number of ${number}.`);
  }
  return renderPullRequest(found);
}

function renderPullRequest({ number, state, headRefOid, closedAt, mergedAt }: PullRequest): object {
  return {
    number,
    state,
    headRefOid,
    closed: state !== 'OPEN',
    merged: state === 'MERGED',
    closedAt: renderTimeOrNull(closedAt),
    mergedAt: renderTimeOrNull(mergedAt),
  };
}

interface DeploymentArguments extends ConnectionArguments {
  readonly environments?: readonly string[] | null;
  readonly orderBy?: { readonly direction: 'ASC' | 'DESC' } | null;
}

function listDeployments(repository: GithubRepository, wanted: DeploymentArguments, context: Context): object {
  requirePermission('deployments', context);
  const environments = wanted.environments ?? [];
  const deployments = context.backend.store.github.deployments
    .all()
    .filter((deployment) => deployment.repository === repository.id)
    .filter(({ environment }) => environments.length === 0 || environments.includes(environment));
  const direction = wanted.orderBy?.direction ?? 'ASC';
  return paginate({ name: 'deployments', rows: deployments, direction, render: renderDeployment }, wanted);
}

function renderDeployment(deployment: GithubDeployment): object {
  const { databaseId, environment, state, payload, createdAt } = deployment;
  return {
    databaseId,
    environment,
    latestEnvironment: environment,
    state,
    payload,
    createdAt: renderTime(createdAt),
    latestStatus: renderStatus(deployment),
  };
}

/** A deployment without any status is pending too. */
function renderStatus({ statuses }: GithubDeployment): object | null {
  const status = statuses.at(-1);
  if (status === undefined) return null;
  const { environment, environmentUrl, logUrl, state } = status;
  return { environment, environmentUrl, logUrl, state: state.toUpperCase() };
}
