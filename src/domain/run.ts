import { isTagName, sha256Hex } from './tag.ts';
import type { Provenance, WorkflowRun } from './workflow-run.ts';

/** What the runner says about the event that started this run. Text fields are empty when unknown. */
export interface RunContext {
  readonly event: string;
  /** The event's action: `opened`, `synchronize`, `closed`, … */
  readonly activity: string;
  readonly repository: string;
  /** The commit the user thinks of: the head of a pull request, not its merge commit. 40 hex digits. */
  readonly commit: string;
  /** `refs/heads/…`, `refs/tags/…` or `refs/pull/…`. */
  readonly ref: string;
  readonly defaultBranch: string;
  readonly pullRequest: number | undefined;
  readonly releaseTag: string;
  /** The pull request that this event closed. */
  readonly closed: ClosedPullRequest | undefined;
  /** GitHub gives this run no secrets: it is for a pull request from a fork, or for Dependabot. */
  readonly withoutSecrets: boolean;
  /** The run that a `workflow_run` event is about. */
  readonly workflowRun: WorkflowRun | undefined;
  /** What that run built; undefined until somebody found out. */
  readonly provenance: Provenance | undefined;
  /** A push that deletes its branch has nothing to deploy. */
  readonly refDeleted: boolean;
  /** Link to the log of this run. */
  readonly runUrl: string;
  /** GitHub's id of the workflow run, the same for all its attempts; '' when unknown. */
  readonly runId: string;
  /** Only who may read the repository sees what is told there. */
  readonly privateRepository: boolean;
}

export interface ClosedPullRequest {
  readonly number: number;
  readonly merged: boolean;
  readonly at: Date | undefined;
}

export const MODES = ['auto', 'deploy', 'diff', 'cleanup', 'promote', 'rollback', 'verify', 'list'] as const;
export type ModeInput = (typeof MODES)[number];

/** What this run does, or why it does nothing. */
export type Mode =
  | { readonly kind: 'deploy' | 'promote' | 'rollback' | 'verify' | 'list' }
  /** `reason`: why there is no more than a diff, in words that follow "because"; undefined where it was asked for. */
  | { readonly kind: 'diff'; readonly reason: string | undefined }
  /** `closed`: gives up the preview of a pull request; without it, the tags that were asked for, or all that is stale. */
  | { readonly kind: 'cleanup'; readonly closed: ClosedPullRequest | undefined }
  | { readonly kind: 'skip'; readonly reason: string }
  | { readonly kind: 'refuse'; readonly reason: string; readonly hint: string };

const DEPLOYED_EVENTS = new Set(['push', 'release', 'workflow_dispatch', 'merge_group']);
/** Events whose ref is the content's own; on others it is the default branch, whatever was built. */
const EVENTS_OF_A_REF = new Set([...DEPLOYED_EVENTS, 'schedule']);
const DEPLOYED_ACTIVITIES = new Set(['opened', 'synchronize', 'reopened']);

/** Chooses the mode from the input and the event. An explicit mode is the user's decision. */
export function chooseMode(mode: ModeInput, context: RunContext): Mode {
  if (mode === 'diff') return { kind: mode, reason: undefined };
  if (mode !== 'auto' && mode !== 'cleanup') return { kind: mode };
  // No code of the pull request is built for a cleanup, so this is safe on pull_request_target too.
  if (mode === 'cleanup' || context.event === 'schedule' || context.closed !== undefined) {
    return { kind: 'cleanup', closed: context.closed };
  }
  if (context.event === 'pull_request_target') {
    return {
      kind: 'refuse',
      reason: 'mode "auto" does not deploy on pull_request_target: there, code of a fork would run with your secrets.',
      hint: 'Use pull_request, or set mode: deploy when the files at path come from a trusted checkout.',
    };
  }
  if (context.provenance !== undefined) return modeOfRun(context.provenance);
  return deploysOn(context) ? { kind: 'deploy' } : skip(whyNot(context));
}

function modeOfRun(provenance: Provenance): Mode {
  if (provenance.kind === 'over') return skip(provenance.reason);
  if (provenance.kind !== 'unclear') return { kind: 'deploy' };
  return {
    kind: 'refuse',
    reason: `It is not clear what the workflow built that this run follows: ${provenance.reason}.`,
    hint: 'Nothing was sent. Set mode: deploy and tags where you know what is at path and that it may be published.',
  };
}

/** The context of what a workflow run built, once that is known. */
export function withProvenance(context: RunContext, provenance: Provenance): RunContext {
  const commit = context.workflowRun?.headSha ?? context.commit;
  switch (provenance.kind) {
    case 'pull-request':
      return { ...context, provenance, commit, pullRequest: provenance.number };
    case 'branch':
      return { ...context, provenance, commit, ref: `refs/heads/${provenance.branch}` };
    // The event's own commit is that of the default branch, whatever was built.
    case 'over':
    case 'unclear':
      return { ...context, provenance, commit };
  }
}

function deploysOn({ event, activity, refDeleted }: RunContext): boolean {
  if (event === 'push') return !refDeleted;
  if (event === 'release') return !/^(deleted|unpublished)$/.test(activity);
  return DEPLOYED_EVENTS.has(event) || (event === 'pull_request' && DEPLOYED_ACTIVITIES.has(activity));
}

function whyNot({ event, activity }: RunContext): string {
  if (event === 'push') return 'the push deleted its branch';
  if (event === 'release') return `the release was ${activity}`;
  if (event === '') return 'the event is unknown; set mode: deploy';
  return `mode "auto" has nothing to do on ${event}${activity === '' ? '' : ` (${activity})`}`;
}

function skip(reason: string): Mode {
  return { kind: 'skip', reason };
}

const MAX_TAG_LENGTH = 24;
const RESERVED_TAG = /^(production|previews|pr-[0-9]+|branch-.*)$/;

/** The tags an event stands for: `production`, `pr-<n>`, `branch-<slug>` or the release's tag name; none where it is unclear. */
export function computeTags(context: RunContext): readonly string[] {
  if (context.pullRequest !== undefined) return [`pr-${context.pullRequest}`];
  // A merge queue tries what a pull request will be: its branch is gone a moment later, and a tag of its own would stay.
  const queued = /^refs\/heads\/gh-readonly-queue\/.+\/pr-([1-9][0-9]*)-[0-9a-f]+$/.exec(context.ref)?.[1];
  if (queued !== undefined) return [`pr-${queued}`];
  if (context.releaseTag !== '') return [gitTagName(context.releaseTag)];
  if (!EVENTS_OF_A_REF.has(context.event) && context.provenance?.kind !== 'branch') return [];
  const tag = /^refs\/tags\/(.+)$/.exec(context.ref)?.[1];
  if (tag !== undefined) return [gitTagName(tag)];
  const branch = /^refs\/heads\/(.+)$/.exec(context.ref)?.[1];
  if (branch === undefined) return [];
  return [branch === context.defaultBranch ? 'production' : slug('branch-', branch)];
}

/** A git tag may not take a name that means something else here. */
function gitTagName(gitTag: string): string {
  return RESERVED_TAG.test(gitTag) ? shorten('', gitTag, gitTag) : slug('', gitTag);
}

/** A name that is lossless where it can be; otherwise shortened with a hash so that two names stay two tags. */
function slug(prefix: string, name: string): string {
  const whole = `${prefix}${name}`;
  return isTagName(whole) ? whole : shorten(prefix, name, whole);
}

function shorten(prefix: string, name: string, whole: string): string {
  const hash = sha256Hex(whole).slice(0, 6);
  const room = MAX_TAG_LENGTH - prefix.length - hash.length - 1;
  const readable = name
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[^a-z0-9]+/, '')
    .slice(0, room)
    .replace(/[._-]+$/, '');
  return readable === '' ? `${prefix}${hash}` : `${prefix}${readable}-${hash}`;
}

const PLACEHOLDER = /\{([a-z0-9]*)\}/g;

/** The names a `name` template may use. */
export const NAME_PLACEHOLDERS = ['project', 'sha', 'sha7', 'tag'] as const;

/** The pin's display name from its template, cut to 120 characters. */
export function renderPinName(
  template: string,
  values: Readonly<Record<(typeof NAME_PLACEHOLDERS)[number], string>>,
): string {
  const known: Readonly<Record<string, string>> = values;
  return template.replace(PLACEHOLDER, (whole, key: string) => known[key] ?? whole).slice(0, 120);
}

/** The placeholders of a template that mean nothing. */
export function unknownPlaceholders(template: string): readonly string[] {
  const known: readonly string[] = NAME_PLACEHOLDERS;
  return [...template.matchAll(PLACEHOLDER)].map((match) => match[1] ?? '').filter((key) => !known.includes(key));
}
