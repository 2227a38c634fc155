import type { ActionError } from './domain/errors.ts';
import { environmentOf } from './domain/github-deployment.ts';
import { mainLink, type Outcome } from './domain/outcome.ts';
import type { RunContext } from './domain/run.ts';
import { projectOf } from './domain/tag.ts';
import type { Inputs } from './inputs.ts';
import type { CommentOrder, DeploymentNews, Telling } from './modes/tell.ts';
import type { CommitStatus } from './ports.ts';
import { renderComment } from './render/comment.ts';
import type { CommentStory } from './render/comment-story.ts';
import { renderHeadline, renderReleaseBlock } from './render/news.ts';

type Values = Inputs['values'];
type Live = Extract<Outcome, { kind: 'deployed' | 'unchanged' }>;

/** What a run came to, one way or the other. */
export type Story =
  | { readonly kind: 'outcome'; readonly outcome: Outcome }
  | {
      readonly kind: 'failed';
      readonly error: ActionError;
      readonly undertaking: 'Deploy' | 'Diff' | 'Cleanup' | 'List';
    };

export interface Audience {
  readonly values: Values;
  readonly context: RunContext;
  readonly now: Date;
}

const NOTHING: Telling = { comment: undefined, deployment: undefined, status: undefined, release: undefined };

/** What is to be told on GitHub of a run: only where there is a token, and nothing of lists and sweeps. */
export function tellingOf(story: Story, audience: Audience): Telling {
  const { values, context } = audience;
  if (values['github-token'] === undefined) return NOTHING;
  const live = liveOf(story);
  return {
    comment: wantsComment(story, values) ? commentOf(story, audience) : undefined,
    deployment: values.deployment === 'false' ? undefined : deploymentOf(story, audience),
    status: values['commit-status'] ? statusOf(story, audience) : undefined,
    release:
      live === undefined || context.releaseTag === ''
        ? undefined
        : {
            gitTag: context.releaseTag,
            project: projectOf(nameOf(audience)),
            block: renderReleaseBlock(live, nameOf(audience)),
          },
  };
}

/** Where GitHub gives no secrets, its token may only read: nobody is warned of that with every run. */
function wantsComment(story: Story, values: Values): boolean {
  const isGuest = story.kind === 'outcome' && story.outcome.kind === 'compared' && story.outcome.reason !== undefined;
  return values.comment === 'true' || (values.comment === 'auto' && !isGuest);
}

function nameOf({ values, context }: Audience): string {
  return values.project || context.repository;
}

function liveOf(story: Story): Live | undefined {
  if (story.kind === 'failed') return undefined;
  const { outcome } = story;
  return outcome.kind === 'deployed' || outcome.kind === 'unchanged' ? outcome : undefined;
}

function commentOf(story: Story, audience: Audience): CommentOrder | undefined {
  const { context, now } = audience;
  const number = context.pullRequest;
  const told = storyOf(story, context);
  if (number === undefined || told === undefined) return undefined;
  const key = { project: projectOf(nameOf(audience)), pullRequest: number };
  const commit = context.commit.slice(0, 7);
  return {
    key,
    occasion: told.kind === 'gone' ? 'gone' : 'news',
    render: (lastGood) => renderComment(told, { key, commit, runUrl: context.runUrl, now, lastGood }),
  };
}

/** What a comment tells; undefined for what is nobody's business on a pull request. */
function storyOf(story: Story, { closed }: RunContext): CommentStory | undefined {
  if (story.kind === 'failed') {
    const { error, undertaking } = story;
    return undertaking === 'Deploy' || undertaking === 'Diff' ? { kind: 'failed', error, undertaking } : undefined;
  }
  const { outcome } = story;
  switch (outcome.kind) {
    case 'cleaned':
      return closed === undefined || outcome.dryRun
        ? undefined
        : { kind: 'gone', closed, outcome, production: productionIn(outcome) };
    case 'skipped':
    case 'listed':
      return undefined;
    default:
      return { kind: 'outcome', outcome };
  }
}

/** What production shows now, as far as the cleanup saw it. */
function productionIn({
  retention,
}: Extract<Outcome, { kind: 'cleaned' }>): { cid: Live['plan']['cid']; url: undefined } | undefined {
  const marks = retention.rows.flatMap(({ revision, marks: own }) =>
    own.filter(({ tag }) => tag === 'production').map(({ at }) => ({ cid: revision.cid, at })),
  );
  const [newest] = marks.sort((a, b) => b.at - a.at);
  return newest === undefined ? undefined : { cid: newest.cid, url: undefined };
}

function deploymentOf(story: Story, audience: Audience): DeploymentNews | undefined {
  const { context } = audience;
  const project = nameOf(audience);
  if (story.kind === 'outcome' && story.outcome.kind === 'cleaned') {
    const { closed } = context;
    if (closed === undefined || story.outcome.dryRun) return undefined;
    const description = closed.merged ? 'The pull request was merged' : 'The pull request was closed';
    return { kind: 'gone', of: { project, tag: `pr-${closed.number}` }, description };
  }
  const live = liveOf(story);
  const tag = live?.plan.tags[0];
  if (live === undefined || tag === undefined || !/^[0-9a-f]{40}$/.test(context.commit)) return undefined;
  return {
    kind: 'live',
    order: {
      ...environmentOf(tag),
      description: renderHeadline(live),
      payload: { project, tag, cid: live.plan.cid, commit: context.commit },
    },
    environmentUrl: mainLink(live.probes) ?? '',
    logUrl: context.runUrl,
  };
}

function statusOf(story: Story, audience: Audience): Telling['status'] {
  const { context } = audience;
  const live = liveOf(story);
  const hasFailed = story.kind === 'failed' || story.outcome.kind === 'over-budget';
  if ((live === undefined && !hasFailed) || !/^[0-9a-f]{40}$/.test(context.commit)) return undefined;
  const [, site] = nameOf(audience).split('#');
  const status: CommitStatus = {
    context: site === undefined ? 'pinata-deploy' : `pinata-deploy/${site}`,
    ...(live === undefined
      ? { state: 'failure', description: 'Nothing was deployed', url: context.runUrl }
      : { state: 'success', description: renderHeadline(live), url: mainLink(live.probes) ?? context.runUrl }),
  };
  return { sha: context.commit, status };
}
