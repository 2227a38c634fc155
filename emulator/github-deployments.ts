import * as v from 'valibot';
import { type Answer, json, Refusal } from './answer.ts';
import type { Backend } from './backend.ts';
import { requireContexts } from './github-commit-statuses.ts';
import { nextDeploymentId } from './github-ids.ts';
import type { GithubDeployment } from './github-records.ts';
import { resolveRef } from './github-refs.ts';
import { apiOf, nodeId, renderApp, renderTime, renderUser } from './github-render.ts';
import { pageOf } from './github-rest-page.ts';
import { notFound, type RestCall, type RestRoute } from './github-rest-route.ts';
import { checkShape } from './json-body.ts';

const deployments = '/repos/{owner}/{repo}/deployments';
const needs = ['deployments'] as const;

export const deploymentRoutes: readonly RestRoute[] = [
  {
    operation: `GET ${deployments}`,
    needs,
    answer: (call, backend) => {
      const filters = (['sha', 'ref', 'task', 'environment'] as const).filter((name) => {
        const wanted = call.parameters[name];
        return wanted !== undefined && wanted !== 'none';
      });
      const rows = backend.store.github.deployments
        .all()
        .filter((row) => row.repository === call.repository.id)
        .filter((row) => filters.every((name) => row[name] === call.parameters[name]))
        .toSorted((left, right) => right.databaseId - left.databaseId);
      return pageOf(call, rows, (row) => renderDeployment(row, call));
    },
  },
  { operation: `POST ${deployments}`, needs, answer: createDeployment },
  {
    operation: `GET ${deployments}/{deployment_id}`,
    needs,
    answer: (call, backend) => json(200, renderDeployment(deploymentIn(call, backend), call)),
  },
];

const requestSchema = v.object({
  ref: v.string(),
  task: v.optional(v.string(), 'deploy'),
  required_contexts: v.optional(v.array(v.string())),
  payload: v.optional(v.union([v.string(), v.record(v.string(), v.unknown())])),
  environment: v.optional(v.string(), 'production'),
  description: v.nullish(v.string(), null),
  transient_environment: v.optional(v.boolean(), false),
  production_environment: v.optional(v.boolean()),
});

/** Nothing is merged here: every ref is taken to be up to date with the default branch. */
function createDeployment(call: RestCall, backend: Backend): Answer {
  const given = checkShape(requestSchema, call.body);
  const { ref, environment, payload } = given;
  const sha = resolveRef(call.repository, ref, backend);
  if (sha === undefined) throw new Refusal(422, `No ref found for: ${ref}`);
  requireContexts({ repository: call.repository.id, sha, ref, wanted: given.required_contexts }, backend);
  const databaseId = nextDeploymentId(backend);
  const deployment: GithubDeployment = {
    id: String(databaseId),
    repository: call.repository.id,
    databaseId,
    ref,
    sha,
    task: given.task,
    description: given.description,
    creator: call.token.user,
    transient: given.transient_environment,
    production: given.production_environment ?? environment === 'production',
    originalEnvironment: environment,
    environment,
    state: 'PENDING',
    environmentUrl: null,
    logUrl: null,
    payload: typeof payload === 'object' ? JSON.stringify(payload) : (payload ?? null),
    statuses: [],
    createdAt: backend.clock.now().getTime(),
  };
  backend.store.github.deployments.put(deployment);
  return json(201, renderDeployment(deployment, call));
}

/** The deployment that the path names. Throws 404. */
export function deploymentIn({ parameters, repository }: RestCall, backend: Backend): GithubDeployment {
  const deployment = backend.store.github.deployments.get(String(parameters.deployment_id));
  if (deployment === undefined || deployment.repository !== repository.id) throw notFound();
  return deployment;
}

function renderDeployment(deployment: GithubDeployment, { repository, links }: RestCall): object {
  const { databaseId, sha, ref, task, payload, environment, description, creator, createdAt } = deployment;
  const api = apiOf(repository, links);
  return {
    url: `${api}/deployments/${databaseId}`,
    id: databaseId,
    node_id: nodeId('DE', databaseId),
    sha,
    ref,
    task,
    payload: renderPayload(payload),
    original_environment: deployment.originalEnvironment,
    environment,
    description,
    creator: renderUser(creator, links),
    created_at: renderTime(createdAt),
    updated_at: renderTime(deployment.statuses.at(-1)?.createdAt ?? createdAt),
    statuses_url: `${api}/deployments/${databaseId}/statuses`,
    repository_url: api,
    transient_environment: deployment.transient,
    production_environment: deployment.production,
    performed_via_github_app: renderApp(creator, links),
  };
}

/** An object, when it is the text of one. */
function renderPayload(payload: string | null): unknown {
  if (payload === null) return {};
  try {
    const value: unknown = JSON.parse(payload);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : payload;
  } catch {
    return payload;
  }
}
