/** What started a run: the event's name, its payload, and the commit and ref that the runner tells. */
export interface RunEvent {
  readonly name: string;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly ref: string;
  readonly sha: string;
}

const HEAD_COMMIT = '1234567890abcdef1234567890abcdef12345678';
const MERGE_COMMIT = 'ffffffffffffffffffffffffffffffffffffffff';
const REPOSITORY = { full_name: 'acme/site', default_branch: 'main' };
const HEAD = { sha: HEAD_COMMIT, ref: 'topic', repo: { full_name: REPOSITORY.full_name } };

function event(name: string, ref: string, payload: Readonly<Record<string, unknown>> = {}): RunEvent {
  return { name, ref, sha: HEAD_COMMIT, payload: { repository: REPOSITORY, ...payload } };
}

/** A push to a branch; `main` is the default branch. */
export function pushTo(branch: string): RunEvent {
  return event('push', `refs/heads/${branch}`);
}

/** A push that deletes a branch. */
export function deletionOf(branch: string): RunEvent {
  return event('push', `refs/heads/${branch}`, { deleted: true });
}

/** A release of a git tag. */
export function releaseOf(gitTag: string): RunEvent {
  return event('release', `refs/tags/${gitTag}`, { action: 'published', release: { tag_name: gitTag } });
}

/** An event of a pull request: `opened`, `synchronize`, `closed`, …; the runner's commit is its merge commit. */
export function pullRequest(number: number, action: string): RunEvent {
  return pullRequestAs('pull_request', number, action);
}

/** The same with the base repository's rights. */
export function pullRequestTarget(number: number, action: string): RunEvent {
  return pullRequestAs('pull_request_target', number, action);
}

function pullRequestAs(name: string, number: number, action: string): RunEvent {
  return {
    ...event(name, `refs/pull/${number}/merge`, {
      action,
      number,
      pull_request: { number, merged: false, head: HEAD },
    }),
    sha: MERGE_COMMIT,
  };
}

/** The end of a pull request from the same repository; `at` is now when left out. */
export function closedPullRequest(number: number, end: { readonly merged: boolean; readonly at?: Date }): RunEvent {
  const closedAt = renderTime(end.at ?? new Date());
  const ended = {
    number,
    merged: end.merged,
    closed_at: closedAt,
    merged_at: end.merged ? closedAt : null,
    head: HEAD,
  };
  const payload = { action: 'closed', number, pull_request: ended };
  // The runner tells the base branch and its commit once the merge commit is gone.
  return event('pull_request', 'refs/heads/main', payload);
}

/** GitHub's times have no milliseconds. */
function renderTime(time: Date): string {
  return time.toISOString().replace(/\.\d+Z$/, 'Z');
}

/** A run by the clock, on the default branch. */
export function schedule(): RunEvent {
  return event('schedule', 'refs/heads/main', { schedule: '17 3 * * *' });
}

/** Any other event on the default branch. */
export function otherEvent(name: string): RunEvent {
  return event(name, 'refs/heads/main');
}
