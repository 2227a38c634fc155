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
  const payload = { action, number, pull_request: { number, merged: false, head: { sha: HEAD_COMMIT, ref: 'topic' } } };
  return { ...event(name, `refs/pull/${number}/merge`, payload), sha: MERGE_COMMIT };
}

/** Any other event on the default branch. */
export function otherEvent(name: string): RunEvent {
  return event(name, 'refs/heads/main');
}
