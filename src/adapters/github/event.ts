import { context as runner } from '@actions/github';
import { numberAt, textAt, valueAt } from '../../domain/json.ts';
import type { ClosedPullRequest, RunContext } from '../../domain/run.ts';
import type { WorkflowRun } from '../../domain/workflow-run.ts';

/**
 * The event that started this run, from the runner's environment and the event's payload. Payload fields are read one by
 * one: people outside the repository write some of them.
 */
export function readRunContext(): RunContext {
  // The toolkit promises texts that are undefined outside of a runner.
  const { payload, eventName = '', sha = '', ref = '', actor = '', runId, serverUrl }: Partial<typeof runner> = runner;
  const field = (...path: readonly string[]): string => textAt(payload, ...path) ?? '';
  const repository = process.env.GITHUB_REPOSITORY ?? field('repository', 'full_name');
  const isPullRequest = eventName.startsWith('pull_request');
  const head = isPullRequest ? field('pull_request', 'head', 'sha') : '';
  const pullRequest = isPullRequest ? numberAt(payload, 'pull_request', 'number') : undefined;
  const isForeign = field('pull_request', 'head', 'repo', 'full_name') !== repository;
  return {
    event: eventName,
    activity: field('action'),
    repository,
    commit: /^[0-9a-f]{40}$/.test(head) ? head : sha,
    ref,
    defaultBranch: field('repository', 'default_branch'),
    pullRequest,
    closed: pullRequest === undefined || field('action') !== 'closed' ? undefined : readClosed(payload, pullRequest),
    withoutSecrets: eventName === 'pull_request' && (isForeign || actor === 'dependabot[bot]'),
    workflowRun: eventName === 'workflow_run' ? readWorkflowRun(payload) : undefined,
    provenance: undefined,
    releaseTag: eventName === 'release' ? field('release', 'tag_name') : '',
    refDeleted: valueAt(payload, 'deleted') === true,
    privateRepository: valueAt(payload, 'repository', 'private') === true,
    ...identify(runId, `${serverUrl}/${repository}`, repository),
  };
}

function identify(runId: number | undefined, home: string, repository: string): Pick<RunContext, 'runId' | 'runUrl'> {
  if (runId === undefined || !Number.isSafeInteger(runId)) return { runId: '', runUrl: '' };
  return { runId: String(runId), runUrl: repository === '' ? '' : `${home}/actions/runs/${runId}` };
}

function readClosed(payload: unknown, number: number): ClosedPullRequest {
  const at = new Date(textAt(payload, 'pull_request', 'closed_at') ?? '');
  return {
    number,
    merged: valueAt(payload, 'pull_request', 'merged') === true,
    at: Number.isNaN(at.getTime()) ? undefined : at,
  };
}

function readWorkflowRun(payload: unknown): WorkflowRun {
  const field = (...path: readonly string[]): string => textAt(payload, 'workflow_run', ...path) ?? '';
  return {
    event: field('event'),
    conclusion: field('conclusion'),
    headSha: field('head_sha'),
    headBranch: field('head_branch'),
    headRepository: field('head_repository', 'full_name'),
  };
}
