import { numberAt, textAt } from '../../domain/json.ts';
import type { PullHead, WorkflowRun } from '../../domain/workflow-run.ts';
import { callGitHub, isStatus, type RepositoryOptions } from './client.ts';

const DOING = 'find the pull request';
const PAGE = 100;

/** The pull requests that GitHub names for the head of a workflow run. A fork's commit may be known by its branch only. */
export async function findPulls(options: RepositoryOptions, run: WorkflowRun): Promise<readonly PullHead[]> {
  const rows = [...(await listByBranch(options, run)), ...(await listByCommit(options, run))];
  const found = new Map<number, PullHead>();
  for (const row of rows) {
    const number = numberAt(row, 'number');
    if (number !== undefined) found.set(number, parsePull(row, number));
  }
  return [...found.values()];
}

async function listByBranch(
  options: RepositoryOptions,
  { headRepository, headBranch }: WorkflowRun,
): Promise<readonly unknown[]> {
  const [fork = ''] = headRepository.split('/');
  return await callGitHub(options, DOING, async ({ octokit, owner, repo }) => {
    const head = `${fork}:${headBranch}`;
    const { data } = await octokit.rest.pulls.list({ owner, repo, per_page: PAGE, state: 'all', head });
    return data;
  });
}

async function listByCommit(options: RepositoryOptions, { headSha }: WorkflowRun): Promise<readonly unknown[]> {
  try {
    return await callGitHub(options, DOING, async ({ octokit, owner, repo }) => {
      const request = { owner, repo, per_page: PAGE, commit_sha: headSha };
      return (await octokit.rest.repos.listPullRequestsAssociatedWithCommit(request)).data;
    });
  } catch (error) {
    // The commit of a fork that is not in the repository.
    if (isStatus(error, 422)) return [];
    throw error;
  }
}

function parsePull(row: unknown, number: number): PullHead {
  return {
    number,
    open: textAt(row, 'state') === 'open',
    headSha: textAt(row, 'head', 'sha') ?? '',
    headRepository: textAt(row, 'head', 'repo', 'full_name') ?? '',
  };
}
