import { type GithubDeployment, parsePayload, renderPayload } from '../../domain/github-deployment.ts';
import { listAt, numberAt, textAt, valueAt } from '../../domain/json.ts';
import type { GithubDeployments } from '../../ports.ts';
import { callGitHub, type RepositoryOptions } from './client.ts';
import { askRepository } from './query.ts';

/** Two thousand deployments, the newest first. */
const MAX_PAGES = 20;

/** GitHub's deployments and commit statuses. */
export function createDeployments(options: RepositoryOptions): GithubDeployments {
  return {
    list: async (environment) => await listDeployments(options, environment),
    create: async ({ environment, description, payload, transient, production }) =>
      await callGitHub(options, 'make the deployment', async ({ octokit, owner, repo }) => {
        const { data } = await octokit.rest.repos.createDeployment({
          owner,
          repo,
          ref: payload.commit,
          environment,
          description,
          payload: renderPayload(payload),
          transient_environment: transient,
          production_environment: production,
          auto_merge: false,
          // What is deployed is live already: no check has to allow it.
          required_contexts: [],
        });
        if (!('id' in data)) throw new RangeError('GitHub merged instead of making a deployment.');
        return data.id;
      }),
    setStatus: async (id, { state, description, environmentUrl, logUrl }) => {
      await callGitHub(options, 'set the state of a deployment', async ({ octokit, owner, repo }) => {
        await octokit.rest.repos.createDeploymentStatus({
          owner,
          repo,
          deployment_id: id,
          state,
          description,
          ...(environmentUrl === '' ? {} : { environment_url: environmentUrl }),
          ...(logUrl === '' ? {} : { log_url: logUrl }),
          // Other projects and pull requests share the environment.
          auto_inactive: false,
        });
      });
    },
    setCommitStatus: async (sha, { state, description, url, context }) => {
      await callGitHub(options, 'set the commit status', async ({ octokit, owner, repo }) => {
        const target = url === '' ? {} : { target_url: url };
        await octokit.rest.repos.createCommitStatus({ owner, repo, sha, state, description, context, ...target });
      });
    },
  };
}

/** Other pull requests share an environment: what is looked for may be old. */
async function listDeployments(options: RepositoryOptions, environment: string): Promise<readonly GithubDeployment[]> {
  const found: GithubDeployment[] = [];
  let after = 'null';
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const answer = await askRepository(
      options,
      'list the deployments',
      `deployments(first: 100, after: ${after}, environments: [${JSON.stringify(environment)}], orderBy: {field: CREATED_AT, direction: DESC}) {
        nodes { databaseId state payload latestStatus { environmentUrl } }
        pageInfo { hasNextPage endCursor }
      }`,
    );
    found.push(...parseDeployments(answer));
    const cursor = textAt(answer, 'deployments', 'pageInfo', 'endCursor');
    if (valueAt(answer, 'deployments', 'pageInfo', 'hasNextPage') !== true || cursor === undefined) break;
    after = JSON.stringify(cursor);
  }
  return found;
}

/** What GitHub calls a deployment that is not over. */
const GOING_ON = new Set(['ACTIVE', 'PENDING', 'IN_PROGRESS', 'QUEUED']);

function parseDeployments(repository: unknown): readonly GithubDeployment[] {
  return (listAt(repository, 'deployments', 'nodes') ?? []).flatMap((node) => {
    const [id, payload] = [numberAt(node, 'databaseId'), parsePayload(valueAt(node, 'payload'))];
    const state = textAt(node, 'state') ?? '';
    if (id === undefined || payload === undefined || !GOING_ON.has(state)) return [];
    const url = textAt(node, 'latestStatus', 'environmentUrl') ?? '';
    return [{ id, payload, active: state === 'ACTIVE', url }];
  });
}
