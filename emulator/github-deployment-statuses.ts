import * as v from 'valibot';
import { type Answer, json } from './answer.ts';
import type { Backend } from './backend.ts';
import { deploymentIn } from './github-deployments.ts';
import { nextGithubId } from './github-ids.ts';
import {
  type DeploymentState,
  type DeploymentStatus,
  deploymentStatusStates,
  type GithubDeployment,
} from './github-records.ts';
import { apiOf, nodeId, renderApp, renderTime, renderUser } from './github-render.ts';
import { pageOf } from './github-rest-page.ts';
import { checkLength, checkWebUrl, type RestCall, type RestRoute } from './github-rest-route.ts';
import { checkShape } from './json-body.ts';

const statuses = '/repos/{owner}/{repo}/deployments/{deployment_id}/statuses';
const needs = ['deployments'] as const;

export const deploymentStatusRoutes: readonly RestRoute[] = [
  {
    operation: `GET ${statuses}`,
    needs,
    answer: (call, backend) => {
      const deployment = deploymentIn(call, backend);
      return pageOf(call, deployment.statuses.toReversed(), (status) => renderStatus(status, deployment, call));
    },
  },
  { operation: `POST ${statuses}`, needs, answer: createStatus },
];

const requestSchema = v.object({
  state: v.picklist(deploymentStatusStates),
  target_url: v.optional(v.string(), ''),
  log_url: v.optional(v.string(), ''),
  description: v.optional(v.string(), ''),
  environment: v.optional(v.string()),
  environment_url: v.optional(v.string(), ''),
  auto_inactive: v.optional(v.boolean(), true),
});

const mostCharacters = 140;

function createStatus(call: RestCall, backend: Backend): Answer {
  const deployment = deploymentIn(call, backend);
  const given = checkShape(requestSchema, call.body);
  const resource = 'DeploymentStatus';
  checkLength(given.description, mostCharacters, { resource, field: 'description', code: 'custom' });
  for (const field of ['target_url', 'log_url', 'environment_url'] as const) {
    checkWebUrl(given[field], { resource, field });
  }
  const status: DeploymentStatus = {
    databaseId: nextGithubId(backend),
    state: given.state,
    environment: given.environment ?? deployment.environment,
    description: given.description,
    environmentUrl: given.environment_url || null,
    logUrl: given.log_url || given.target_url || null,
    creator: call.token.user,
    createdAt: backend.clock.now().getTime(),
  };
  const { deployments } = backend.store.github;
  deployments.put(withStatus(deployment, status));
  if (status.state === 'success' && given.auto_inactive) retireOthers(deployment, status, backend);
  const url = `${apiOf(call.repository, call.links)}/deployments/${deployment.databaseId}/statuses/${status.databaseId}`;
  return json(201, renderStatus(status, deployment, call), { Location: url });
}

/** Earlier successes of the environment become inactive, but transient and production ones stay. */
function retireOthers(deployment: GithubDeployment, status: DeploymentStatus, backend: Backend): void {
  const { deployments } = backend.store.github;
  const retired = deployments
    .all()
    .filter((row) => row.repository === deployment.repository && row.environment === status.environment)
    .filter((row) => row.databaseId < deployment.databaseId && !row.transient && !row.production)
    .filter((row) => row.statuses.at(-1)?.state === 'success');
  for (const row of retired) {
    const { environmentUrl, logUrl } = row;
    const databaseId = nextGithubId(backend);
    const inactive = { ...status, databaseId, state: 'inactive', description: '', environmentUrl, logUrl } as const;
    deployments.put(withStatus(row, inactive));
  }
}

function withStatus(deployment: GithubDeployment, status: DeploymentStatus): GithubDeployment {
  const { environment, environmentUrl, logUrl } = status;
  const state = deployment.transient && status.state === 'inactive' ? 'DESTROYED' : stateAfter[status.state];
  return { ...deployment, environment, environmentUrl, logUrl, state, statuses: [...deployment.statuses, status] };
}

/** What GraphQL calls a deployment whose last status this is. */
const stateAfter: Readonly<Record<DeploymentStatus['state'], DeploymentState>> = {
  error: 'ERROR',
  failure: 'FAILURE',
  inactive: 'INACTIVE',
  in_progress: 'IN_PROGRESS',
  queued: 'QUEUED',
  pending: 'PENDING',
  success: 'ACTIVE',
};

function renderStatus(
  status: DeploymentStatus,
  { databaseId }: GithubDeployment,
  { repository, links }: RestCall,
): object {
  const { state, environment, description, environmentUrl, logUrl, creator, createdAt } = status;
  const api = apiOf(repository, links);
  return {
    url: `${api}/deployments/${databaseId}/statuses/${status.databaseId}`,
    id: status.databaseId,
    node_id: nodeId('DES', status.databaseId),
    state,
    creator: renderUser(creator, links),
    description,
    environment,
    target_url: logUrl ?? '',
    created_at: renderTime(createdAt),
    updated_at: renderTime(createdAt),
    deployment_url: `${api}/deployments/${databaseId}`,
    repository_url: api,
    environment_url: environmentUrl ?? '',
    log_url: logUrl ?? '',
    performed_via_github_app: renderApp(creator, links),
  };
}
