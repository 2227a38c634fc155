import type { ActionError } from './domain/errors.ts';
import { environmentOf } from './domain/github-deployment.ts';
import type { HealthNews } from './domain/health-issue.ts';
import { type AccessLink, isRefused, isServed, type Outcome, openedLink } from './domain/outcome.ts';
import type { RunContext } from './domain/run.ts';
import { projectOf } from './domain/tag.ts';
import type { CommentOrder, DeploymentNews, Telling } from './modes/tell.ts';
import type { CommitStatus } from './ports.ts';
import { renderComment } from './render/comment.ts';
import type { CommentStory } from './render/comment-story.ts';
import { renderHealthNews } from './render/health.ts';
import { renderHeadline, renderPromotionHeadline, renderReleaseBlock } from './render/news.ts';
import type { Undertaking } from './render/summary.ts';

type Live = Extract<Outcome, { kind: 'deployed' | 'unchanged' }>;
type Choice = 'auto' | 'true' | 'false';

/** What a run came to, one way or the other. */
export type Story =
  | { readonly kind: 'outcome'; readonly outcome: Outcome }
  | {
      readonly kind: 'failed';
      readonly error: ActionError;
      readonly undertaking: Undertaking;
    };

/** Who is told, and what they want to hear. */
export interface Audience {
  readonly project: string;
  readonly token: string;
  readonly comment: Choice;
  readonly deployment: Choice;
  readonly commitStatus: boolean;
  /** An issue is open while a verification finds something wrong. */
  readonly healthIssue: boolean;
  /** Content of the private network is nobody's business on GitHub, unless a comment is asked for. */
  readonly network: 'public' | 'private';
  /** GitHub gives the run no secrets: then its token may only read. */
  readonly isGuest: boolean;
  readonly context: RunContext;
  readonly now: Date;
}

const NOTHING: Telling = {
  comment: undefined,
  deployment: undefined,
  status: undefined,
  release: undefined,
  health: undefined,
};

/** What is to be told on GitHub of a run: only where there is a token, and nothing of lists and sweeps. */
export function tellingOf(story: Story, audience: Audience): Telling {
  const { provenance } = audience.context;
  // Nobody knows where to tell it.
  const isLost = story.kind === 'failed' && provenance?.kind === 'unclear';
  if (audience.token === '' || isLost) return NOTHING;
  const mayTell = audience.network === 'public' && !audience.isGuest;
  const wants = (choice: Choice): boolean => choice === 'true' || (choice === 'auto' && mayTell);
  return {
    comment: wants(audience.comment) ? commentOf(story, audience) : undefined,
    deployment: wants(audience.deployment) && mayTell ? deploymentOf(story, audience) : undefined,
    status: audience.commitStatus && !audience.isGuest ? statusOf(story, audience) : undefined,
    release: mayTell ? releaseOf(story, audience) : undefined,
    health: audience.healthIssue && !audience.isGuest ? healthOf(story, audience) : undefined,
  };
}

function healthOf(story: Story, { project, context, now }: Audience): HealthNews | undefined {
  if (story.kind === 'failed' || story.outcome.kind !== 'verified') return undefined;
  // That nothing is left is no sign that all is well.
  if (story.outcome.tags.length === 0) return undefined;
  return renderHealthNews(story.outcome.tags, { project: projectOf(project), runUrl: context.runUrl, now });
}

function releaseOf(story: Story, { project, context }: Audience): Telling['release'] {
  const live = liveOf(story);
  if (live === undefined || context.releaseTag === '') return undefined;
  return { gitTag: context.releaseTag, project: projectOf(project), block: renderReleaseBlock(live, project) };
}

function liveOf(story: Story): Live | undefined {
  if (story.kind === 'failed') return undefined;
  const { outcome } = story;
  return outcome.kind === 'deployed' || outcome.kind === 'unchanged' ? outcome : undefined;
}

function commentOf(story: Story, audience: Audience): CommentOrder | undefined {
  const { project, context, now } = audience;
  const number = context.pullRequest;
  const told = storyOf(story, context);
  if (number === undefined || told === undefined) return undefined;
  const key = { project: projectOf(project), pullRequest: number };
  const commit = context.commit.slice(0, 7);
  const accessLink = accessLinkIn(story, audience);
  return {
    key,
    occasion: told.kind === 'gone' ? 'gone' : 'news',
    render: (lastGood) => renderComment(told, { key, commit, runUrl: context.runUrl, now, lastGood, accessLink }),
  };
}

/** A link that opens private content, where it was asked for, and nobody else can read the comment. */
function accessLinkIn(story: Story, { comment, context }: Audience): AccessLink | undefined {
  return comment === 'true' && context.privateRepository ? liveOf(story)?.accessLink : undefined;
}

/** What a comment tells; undefined for what is nobody's business on a pull request. */
function storyOf(story: Story, { closed }: RunContext): CommentStory | undefined {
  if (story.kind === 'failed') {
    const { error, undertaking } = story;
    return undertaking === 'Deploy' || undertaking === 'Diff' ? { kind: 'failed', error, undertaking } : undefined;
  }
  const { outcome } = story;
  switch (outcome.kind) {
    case 'cleaned': {
      // It may have been opened again before this run was at work: then nothing was given up.
      const isGone = closed !== undefined && !outcome.dryRun && outcome.tags.includes(`pr-${closed.number}`);
      return isGone ? { kind: 'gone', closed, outcome, production: productionIn(outcome) } : undefined;
    }
    case 'skipped':
    case 'listed':
    case 'promoted':
    case 'verified':
      return undefined;
    default:
      return { kind: 'outcome', outcome };
  }
}

/** What production shows now, as far as the cleanup saw it. */
function productionIn({
  retention,
}: Extract<Outcome, { kind: 'cleaned' }>): Extract<CommentStory, { kind: 'gone' }>['production'] {
  const marks = retention.rows.flatMap(({ revision, marks: own }) =>
    own.filter(({ tag }) => tag === 'production').map(({ at }) => ({ cid: revision.cid, at })),
  );
  const [newest] = marks.sort((a, b) => b.at - a.at);
  return newest === undefined ? undefined : { cid: newest.cid, url: undefined };
}

function deploymentOf(story: Story, { project, context }: Audience): DeploymentNews | undefined {
  if (story.kind === 'outcome' && story.outcome.kind === 'cleaned') {
    const { tags, dryRun } = story.outcome;
    const description = 'Its tag was given up';
    return dryRun ? undefined : { kind: 'gone', of: tags.map((tag) => ({ project, tag })), description };
  }
  if (story.kind === 'outcome' && story.outcome.kind === 'promoted') {
    return promotedNews(story.outcome, { project, runUrl: context.runUrl });
  }
  const live = liveOf(story);
  const tag = live?.plan.tags.find((name) => name === 'production') ?? live?.plan.tags[0];
  const environment = tag === undefined ? undefined : environmentOf(tag);
  if (live === undefined || tag === undefined || environment === undefined || !isCommit(context.commit))
    return undefined;
  const description = renderHeadline(live);
  return {
    kind: 'live',
    order: { ...environment, description, payload: { project, tag, cid: live.plan.cid, commit: context.commit } },
    status: {
      state: isSeen(live) ? 'success' : 'in_progress',
      description,
      environmentUrl: openedLink(live.probes) ?? '',
      logUrl: context.runUrl,
    },
  };
}

/** The deployment is of the commit that the content was built from, not of the one that this run happens to be at. */
function promotedNews(
  outcome: Extract<Outcome, { kind: 'promoted' }>,
  { project, runUrl }: { readonly project: string; readonly runUrl: string },
): DeploymentNews | undefined {
  const { plan, probes, dryRun } = outcome;
  const environment = environmentOf(plan.toTag);
  if (dryRun || environment === undefined) return undefined;
  const description = renderPromotionHeadline(outcome);
  const payload = { project, tag: plan.toTag, cid: plan.cid, commit: plan.commit };
  return {
    kind: 'live',
    order: { ...environment, description, payload },
    status: {
      state: isSeen(outcome) ? 'success' : 'in_progress',
      description,
      environmentUrl: openedLink(probes) ?? '',
      logUrl: runUrl,
    },
  };
}

/** Somebody serves it, or nobody was asked to look. */
function isSeen({ probes }: Pick<Live, 'probes'>): boolean {
  return probes.every(({ state }) => state === 'unopened') || isServed(probes);
}

function isCommit(text: string): boolean {
  return /^[0-9a-f]{40}$/.test(text);
}

function statusOf(story: Story, { project, context }: Audience): Telling['status'] {
  const told = statusIn(story, context.runUrl);
  if (told === undefined || !isCommit(context.commit)) return undefined;
  const [, site] = project.split('#');
  return {
    sha: context.commit,
    status: { ...told, context: site === undefined ? 'pinata-deploy' : `pinata-deploy/${site}` },
  };
}

/** Only of what was to be deployed: a sweep says nothing about the commit that it happens to run at. */
function statusIn(story: Story, runUrl: string): Omit<CommitStatus, 'context'> | undefined {
  const live = liveOf(story);
  if (live !== undefined) {
    const description = renderHeadline(live);
    return isSeen(live)
      ? { state: 'success', description, url: openedLink(live.probes) ?? runUrl }
      : { state: 'pending', description: `Not served yet · ${description}`.slice(0, 140), url: runUrl };
  }
  const hasFailed = story.kind === 'failed' ? story.undertaking === 'Deploy' : isRefused(story.outcome);
  return hasFailed ? { state: 'failure', description: 'Nothing was deployed', url: runUrl } : undefined;
}
