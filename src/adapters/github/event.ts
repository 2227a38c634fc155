import { context as runner } from '@actions/github';
import type { RunContext } from '../../domain/run.ts';

/** The event that started this run, from the runner's environment and the event's payload. Payload fields are checked one by one: forks write some of them. */
export function readRunContext(): RunContext {
  // The toolkit promises texts that are undefined outside a runner.
  const context: Partial<typeof runner> = runner;
  const payload: unknown = context.payload;
  const repository = process.env.GITHUB_REPOSITORY ?? text(payload, 'repository', 'full_name');
  const pullRequest = context.eventName?.startsWith('pull_request')
    ? number(payload, 'pull_request', 'number')
    : undefined;
  const head = pullRequest === undefined ? '' : text(payload, 'pull_request', 'head', 'sha');
  return {
    event: context.eventName ?? '',
    activity: text(payload, 'action'),
    repository,
    commit: /^[0-9a-f]{40}$/.test(head) ? head : (context.sha ?? ''),
    ref: context.ref ?? '',
    defaultBranch: text(payload, 'repository', 'default_branch'),
    pullRequest,
    releaseTag: context.eventName === 'release' ? text(payload, 'release', 'tag_name') : '',
    refDeleted: at(payload, 'deleted') === true,
    runUrl:
      Number.isFinite(context.runId) && repository !== ''
        ? `${context.serverUrl ?? 'https://github.com'}/${repository}/actions/runs/${String(context.runId)}`
        : '',
  };
}

function at(value: unknown, ...path: readonly string[]): unknown {
  let found = value;
  for (const key of path) {
    if (typeof found !== 'object' || found === null) return undefined;
    found = Reflect.get(found, key);
  }
  return found;
}

function text(value: unknown, ...path: readonly string[]): string {
  const found = at(value, ...path);
  return typeof found === 'string' ? found : '';
}

function number(value: unknown, ...path: readonly string[]): number | undefined {
  const found = at(value, ...path);
  return typeof found === 'number' && Number.isSafeInteger(found) && found > 0 ? found : undefined;
}
