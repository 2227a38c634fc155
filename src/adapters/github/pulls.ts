import { listAt, numberAt, textAt } from '../../domain/json.ts';
import type { PullHead, WorkflowRun } from '../../domain/workflow-run.ts';
import { callGitHub, type RepositoryOptions } from './client.ts';

/** The pull requests that GitHub names for the head of a workflow run. A fork's commit may be known by its branch only. */
export async function findPulls(
  options: RepositoryOptions,
  { headSha, headBranch, headRepository }: WorkflowRun,
): Promise<readonly PullHead[]> {
  const [owner = ''] = headRepository.split('/');
  const rows = await callGitHub(options, 'find the pull request', async ({ octokit, owner: base, repo }) => {
    const here = { owner: base, repo, per_page: 100 };
    const head = `${owner}:${headBranch}`;
    const byBranch = await octokit.rest.pulls.list({ ...here, state: 'all', head });
    const byCommit = await octokit.rest.repos.listPullRequestsAssociatedWithCommit({ ...here, commit_sha: headSha });
    return [...(listAt(byBranch, 'data') ?? []), ...(listAt(byCommit, 'data') ?? [])];
  });
  const found = new Map<number, PullHead>();
  for (const row of rows) {
    const number = numberAt(row, 'number');
    if (number !== undefined) found.set(number, parsePull(row, number));
  }
  return [...found.values()];
}

function parsePull(row: unknown, number: number): PullHead {
  return {
    number,
    open: textAt(row, 'state') === 'open',
    headSha: textAt(row, 'head', 'sha') ?? '',
    headRepository: textAt(row, 'head', 'repo', 'full_name') ?? '',
  };
}
