import {
  type CommentKey,
  findOwn,
  type LastGood,
  type OwnComment,
  parseLastGood,
  planComment,
} from '../domain/comment.ts';
import { asActionError } from '../domain/errors.ts';
import {
  type DeploymentOrder,
  type DeploymentPayload,
  type DeploymentStatus,
  environmentOf,
  ofTag,
  planDeployment,
} from '../domain/github-deployment.ts';
import { type HealthNews, planHealthIssue } from '../domain/health-issue.ts';
import { withBlock } from '../domain/release-notes.ts';
import { type Project, pullRequestOf } from '../domain/tag.ts';
import type { Clock, Comments, CommitStatus, GitHub, GithubDeployments, Issues, Log, Releases } from '../ports.ts';

/** What is to be told on GitHub; what is undefined is not. */
export interface Telling {
  readonly comment: CommentOrder | undefined;
  readonly deployment: DeploymentNews | undefined;
  readonly status: { readonly sha: string; readonly status: CommitStatus } | undefined;
  readonly release: { readonly gitTag: string; readonly project: Project; readonly block: string } | undefined;
  readonly health: HealthNews | undefined;
}

export interface CommentOrder {
  readonly key: CommentKey;
  /** The whole comment; a failure keeps the preview that worked last. */
  readonly render: (lastGood: LastGood | undefined) => string;
  /** `gone`: the pull request is closed, so nothing new is begun on it. */
  readonly occasion: 'news' | 'gone';
}

export type DeploymentNews =
  | {
      readonly kind: 'live';
      readonly order: DeploymentOrder;
      readonly status: DeploymentStatus;
    }
  | {
      readonly kind: 'gone';
      readonly of: readonly Pick<DeploymentPayload, 'project' | 'tag'>[];
      readonly description: string;
    };

export interface TellPorts {
  readonly log: Log;
  readonly comments: Comments;
  readonly deployments: GithubDeployments;
  readonly releases: Releases;
  readonly issues: Issues;
  readonly github: Pick<GitHub, 'pullRequests' | 'commitIds'>;
  readonly clock: Pick<Clock, 'pause'>;
}

export interface Told {
  /** '' where there is none. */
  readonly commentUrl: string;
  readonly deploymentId: string;
}

/** Tells on GitHub what a run came to. Never fails: what GitHub does not take is one warning, with the permission it takes. */
export async function tell(telling: Telling, ports: TellPorts): Promise<Told> {
  const { comment, deployment, status, release, health } = telling;
  const untold: string[] = [];
  const attempt = async <T>(what: string, permission: string, work: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await work();
    } catch (thrown) {
      const error = asActionError(thrown);
      const why = error.message.replace(/\.$/, '');
      untold.push(`${what}: ${why}${error.kind === 'credentials' ? `; it takes the permission ${permission}` : ''}`);
      return undefined;
    }
  };
  // One after the other: GitHub limits who writes much at once.
  const commented =
    comment && (await attempt('the comment', 'pull-requests: write', () => tellComment(comment, ports)));
  const deployed =
    deployment && (await attempt('the deployment', 'deployments: write', () => tellDeployment(deployment, ports)));
  if (status !== undefined) {
    const { sha } = status;
    await attempt('the commit status', 'statuses: write', () => ports.deployments.setCommitStatus(sha, status.status));
  }
  if (release !== undefined) {
    await attempt('the release', 'contents: write', () => tellRelease(release, ports));
  }
  if (health !== undefined) await attempt('the issue', 'issues: write', () => tellHealth(health, ports));
  if (untold.length > 0) ports.log.warn(`Not everything could be told on GitHub. ${untold.join('. ')}.`);
  return { commentUrl: commented?.url ?? '', deploymentId: deployed === undefined ? '' : String(deployed) };
}

async function tellComment(order: CommentOrder, ports: TellPorts): Promise<OwnComment | undefined> {
  const { key, occasion, render } = order;
  const own = findOwn(await ports.comments.listOwn(key.pullRequest), key);
  if (occasion === 'gone' ? own.length === 0 : await isOver(key.pullRequest, ports.github)) return undefined;
  const [first] = own;
  const body = render(first === undefined ? undefined : parseLastGood(first.body));
  const written = await write(own, body, { order, comments: ports.comments });
  if (written !== undefined) ports.log.line(`Commented: ${written.url}`);
  return written;
}

/** Where GitHub does not say, the event is believed. */
async function isOver(pullRequest: number, github: TellPorts['github']): Promise<boolean> {
  const known = await github.pullRequests([pullRequest]);
  const state = known.kind === 'known' ? known.value.get(pullRequest)?.state : undefined;
  return state !== undefined && state !== 'open';
}

interface Place {
  readonly order: CommentOrder;
  readonly comments: Comments;
}

async function write(own: readonly OwnComment[], body: string, place: Place): Promise<OwnComment | undefined> {
  const plan = planComment(own, body);
  if (plan.write.kind === 'create') return await create(body, place);
  const { kind, comment } = plan.write;
  const written = kind === 'keep' ? comment : await place.comments.update(comment.id, body);
  // Somebody removed it since it was listed.
  if (written === undefined) return await write(plan.superfluous, body, place);
  for (const { id } of plan.superfluous) await place.comments.remove(id);
  return written;
}

async function create(body: string, place: Place): Promise<OwnComment | undefined> {
  const { order, comments } = place;
  if (order.occasion === 'gone') return undefined;
  const created = await comments.create(order.key.pullRequest, body);
  // Another run may have created one at the same time: both see both now, and keep the older one.
  const all = findOwn(await comments.listOwn(order.key.pullRequest), order.key);
  return all.length > 1 ? await write(all, body, place) : created;
}

async function tellDeployment(news: DeploymentNews, ports: TellPorts): Promise<number | undefined> {
  return news.kind === 'gone' ? await endDeployments(news, ports) : await beginDeployment(news, ports);
}

type Gone = Extract<DeploymentNews, { kind: 'gone' }>;

async function endDeployments({ of, description }: Gone, { deployments }: TellPorts): Promise<undefined> {
  for (const gone of of) {
    const environment = environmentOf(gone.tag)?.environment;
    const over = environment === undefined ? [] : ofTag(await deployments.list(environment), gone);
    for (const { id } of over) await end(deployments, id, description);
  }
}

async function beginDeployment(
  { order, status }: Exclude<DeploymentNews, Gone>,
  { deployments, github, log }: TellPorts,
): Promise<number | undefined> {
  // Closed meanwhile: nothing would end what is begun now.
  const pullRequest = pullRequestOf(order.payload.tag);
  if (pullRequest !== undefined && (await isOver(pullRequest, github))) return undefined;
  const payload = await withWholeCommit(order.payload, github);
  if (payload === undefined) return await endReplaced(order, deployments);
  const { present, over } = planDeployment(await deployments.list(order.environment), payload);
  const id = present?.id ?? (await deployments.create({ ...order, payload }));
  // What was served once is not called back because a gateway is slow today.
  const isSaid = present?.active === true && (status.state !== 'success' || present.url === status.environmentUrl);
  if (!isSaid) {
    await deployments.setStatus(id, status);
    log.line(`Told GitHub: deployment ${id} of ${order.environment}.`);
  }
  for (const old of over) await end(deployments, old.id, 'Replaced by a newer deployment');
  return id;
}

/** No deployment can be made of content whose commit nobody knows; what was there before is over all the same. */
async function endReplaced(
  { environment, payload }: DeploymentOrder,
  deployments: GithubDeployments,
): Promise<undefined> {
  const over = ofTag(await deployments.list(environment), payload).filter((old) => old.payload.cid !== payload.cid);
  for (const { id } of over) await end(deployments, id, 'Replaced by content whose commit is not known');
}

/** A pin remembers seven digits; GitHub makes deployments of whole commits. Undefined for one that it does not know. */
async function withWholeCommit(
  payload: DeploymentPayload,
  github: TellPorts['github'],
): Promise<DeploymentPayload | undefined> {
  const { commit } = payload;
  if (commit.length === 40) return payload;
  const ids = /^0+$/.test(commit) ? undefined : await github.commitIds([commit]);
  const whole = ids?.kind === 'known' ? ids.value.get(commit) : undefined;
  return whole === undefined ? undefined : { ...payload, commit: whole };
}

async function end(deployments: GithubDeployments, id: number, description: string): Promise<void> {
  await deployments.setStatus(id, { state: 'inactive', description, environmentUrl: '', logUrl: '' });
}

const RELEASE_ATTEMPTS = 3;
const RELEASE_PAUSE_MS = 2000;

async function tellRelease(
  { gitTag, project, block }: NonNullable<Telling['release']>,
  { releases, log, clock }: TellPorts,
): Promise<void> {
  for (let attempt = 1; attempt <= RELEASE_ATTEMPTS; attempt += 1) {
    const release = await releases.read(gitTag);
    if (release === undefined) return;
    const notes = withBlock(release.notes, block, project);
    if (notes === release.notes) return;
    await releases.write(release.id, notes);
    if (attempt === 1) log.line(`Wrote the CID into the notes of release ${gitTag}.`);
    // Another project of the release may have read the notes before and writes them now, without our block.
    await clock.pause(RELEASE_PAUSE_MS);
  }
}

async function tellHealth(news: HealthNews, { issues, log }: TellPorts): Promise<void> {
  const plan = planHealthIssue(await issues.listOpen(), news);
  switch (plan.kind) {
    case 'nothing':
      return;
    case 'open': {
      const { url } = await issues.open(news.title, plan.body);
      log.line(`Opened an issue: ${url}`);
      // Another run may have opened one at the same time: the younger one is closed by whoever sees both.
      const again = planHealthIssue(await issues.listOpen(), news);
      if (again.kind === 'keep' || again.kind === 'update') await closeAll(again.superfluous, issues);
      return;
    }
    default: {
      const { issue, superfluous } = plan;
      if (plan.kind === 'close') await issues.close(issue.number, news.farewell);
      if (plan.kind === 'update') await issues.update(issue.number, news.title, withMarkerOf(issue, news));
      await closeAll(superfluous, issues);
      if (plan.kind === 'close') log.line(`Closed the issue: ${issue.url}`);
    }
  }
}

function withMarkerOf({ body }: { readonly body: string }, news: HealthNews): string {
  return `${body.split(/\r?\n/, 1)[0] ?? ''}\n${news.body}`;
}

async function closeAll(superfluous: readonly { readonly number: number }[], issues: Issues): Promise<void> {
  for (const { number } of superfluous) await issues.close(number, 'There is an older issue about the same.');
}
