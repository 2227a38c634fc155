import type { Backend } from './backend.ts';
import type { Change } from './github-control-schema.ts';
import { nextDeploymentId, nextGithubId, objectIdOf, reserveGithubId } from './github-ids.ts';
import {
  actionsBot,
  type DeploymentState,
  type DeploymentStatus,
  type GithubDeployment,
  type GithubIssue,
  type GithubRelease,
  type GithubRepository,
  type GithubUser,
  type IssueComment,
  type PullRequest,
} from './github-records.ts';

/** Who opened what nobody is named for. */
const somebody: GithubUser = { login: 'octocat', id: 583_231, type: 'User' };

export function changeRepository(id: string, given: Change, backend: Backend): GithubRepository {
  const before = backend.store.github.repositories.get(id);
  return {
    id,
    nameWithOwner: given.repository,
    private: given.private ?? before?.private ?? false,
    defaultBranch: given.defaultBranch ?? before?.defaultBranch ?? 'main',
    refs: { ...before?.refs, ...given.refs },
  };
}

export function changePullRequest(
  repository: string,
  given: Change['pullRequests'][number],
  backend: Backend,
): PullRequest {
  const { number } = given;
  const id = `${repository}#${number}`;
  const made: Omit<PullRequest, 'state' | 'closedAt' | 'mergedAt'> = backend.store.github.pullRequests.get(id) ?? {
    id,
    repository,
    number,
    title: `Change ${number}`,
    author: somebody,
    draft: false,
    headRefOid: objectIdOf(id),
    headRef: `change-${number}`,
    headRepository: repository,
    baseRef: backend.store.github.repositories.get(repository)?.defaultBranch ?? 'main',
    createdAt: backend.clock.now().getTime(),
  };
  return {
    ...made,
    title: given.title ?? made.title,
    author: given.author ?? made.author,
    draft: given.draft ?? made.draft,
    headRefOid: given.headRefOid ?? made.headRefOid,
    headRef: given.headRef ?? made.headRef,
    headRepository: given.headRepository === undefined ? made.headRepository : given.headRepository,
    baseRef: given.baseRef ?? made.baseRef,
    createdAt: given.createdAt ?? made.createdAt,
    ...endOf(id, given, backend),
  };
}

function endOf(
  id: string,
  given: Change['pullRequests'][number],
  backend: Backend,
): Pick<PullRequest, 'state' | 'closedAt' | 'mergedAt'> {
  const { state } = given;
  const before = backend.store.github.pullRequests.get(id);
  const same = before?.state === state ? before : undefined;
  const nowMs = backend.clock.now().getTime();
  const mergedAt = state === 'MERGED' ? (given.mergedAt ?? same?.mergedAt ?? given.closedAt ?? nowMs) : null;
  return {
    state,
    closedAt: state === 'OPEN' ? null : (given.closedAt ?? same?.closedAt ?? mergedAt ?? nowMs),
    mergedAt,
  };
}

export function changeIssue(repository: string, given: Change['issues'][number], backend: Backend): GithubIssue {
  const { number, isOpen = true, createdAt, ...changed } = given;
  const id = `${repository}#${number}`;
  const nowMs = backend.clock.now().getTime();
  const before = backend.store.github.issues.get(id);
  return {
    title: `Issue ${number}`,
    body: null,
    labels: [],
    author: somebody,
    ...before,
    ...Object.fromEntries(Object.entries(changed).filter(([, value]) => value !== undefined)),
    id,
    repository,
    number,
    isOpen,
    createdAt: createdAt ?? before?.createdAt ?? nowMs,
    updatedAt: nowMs,
    closedAt: isOpen ? null : (before?.closedAt ?? nowMs),
  };
}

export function makeComment(repository: string, given: Change['comments'][number], backend: Backend): IssueComment {
  const databaseId = given.databaseId ?? nextGithubId(backend);
  reserveGithubId(databaseId, backend);
  const before = backend.store.github.comments.get(String(databaseId));
  const nowMs = backend.clock.now().getTime();
  const createdAt = given.createdAt ?? before?.createdAt ?? nowMs;
  const known = before === undefined ? somebody : before.author;
  return {
    id: String(databaseId),
    repository,
    databaseId,
    number: given.number,
    body: given.body,
    author: given.author === undefined ? known : given.author,
    createdAt,
    updatedAt: before === undefined ? createdAt : nowMs,
  };
}

export function changeDeployment(
  repository: string,
  given: Change['deployments'][number],
  backend: Backend,
): GithubDeployment {
  const databaseId = given.databaseId ?? nextDeploymentId(backend);
  const nowMs = backend.clock.now().getTime();
  const payload = typeof given.payload === 'object' ? JSON.stringify(given.payload) : given.payload;
  const { environment } = given;
  const made = backend.store.github.deployments.get(String(databaseId)) ?? {
    id: String(databaseId),
    repository,
    databaseId,
    ref: 'main',
    sha: objectIdOf(`${repository} ${databaseId}`),
    task: 'deploy',
    description: null,
    creator: actionsBot,
    transient: false,
    production: environment === 'production',
    originalEnvironment: environment,
    environmentUrl: null,
    logUrl: null,
    payload: null,
    statuses: [],
    createdAt: nowMs,
  };
  const changed = {
    ...made,
    environment,
    state: given.state,
    ref: given.ref ?? made.ref,
    sha: given.sha ?? made.sha,
    creator: given.creator ?? made.creator,
    transient: given.transient ?? made.transient,
    production: given.production ?? made.production,
    environmentUrl: given.environmentUrl ?? made.environmentUrl,
    logUrl: given.logUrl ?? made.logUrl,
    payload: payload ?? made.payload,
    createdAt: given.createdAt ?? made.createdAt,
  };
  return { ...changed, statuses: [...changed.statuses, ...impliedStatus(changed, backend)] };
}

/** The status that brought a deployment where it is; one that waits without any URL may have none. */
function impliedStatus(deployment: Omit<GithubDeployment, 'statuses'>, backend: Backend): readonly DeploymentStatus[] {
  const { state, environment, environmentUrl, logUrl, creator, createdAt } = deployment;
  if (state === 'PENDING' && environmentUrl === null && logUrl === null) return [];
  const databaseId = nextGithubId(backend);
  const word = statusOf[state];
  return [{ databaseId, state: word, environment, description: '', environmentUrl, logUrl, creator, createdAt }];
}

const statusOf: Readonly<Record<DeploymentState, DeploymentStatus['state']>> = {
  ABANDONED: 'pending',
  ACTIVE: 'success',
  DESTROYED: 'inactive',
  ERROR: 'error',
  FAILURE: 'failure',
  INACTIVE: 'inactive',
  IN_PROGRESS: 'in_progress',
  PENDING: 'pending',
  QUEUED: 'queued',
  SUCCESS: 'success',
  WAITING: 'pending',
};

export function changeRelease(repository: string, given: Change['releases'][number], backend: Backend): GithubRelease {
  const nowMs = backend.clock.now().getTime();
  const before = backend.store.github.releases
    .all()
    .find((release) => release.repository === repository && release.tag === given.tag);
  const databaseId = before?.databaseId ?? nextGithubId(backend);
  const draft = given.draft ?? before?.draft ?? false;
  const createdAt = given.createdAt ?? before?.createdAt ?? nowMs;
  return {
    id: String(databaseId),
    repository,
    databaseId,
    tag: given.tag,
    target: given.target ?? before?.target ?? 'main',
    name: given.name ?? before?.name ?? null,
    body: given.body ?? before?.body ?? null,
    draft,
    prerelease: given.prerelease ?? before?.prerelease ?? false,
    author: given.author ?? before?.author ?? somebody,
    createdAt,
    publishedAt: draft ? null : (before?.publishedAt ?? createdAt),
    updatedAt: nowMs,
  };
}
