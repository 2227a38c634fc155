import { describe, expect, it } from 'vitest';
import type { FoundFiles } from '../../src/domain/file-rules.ts';
import type { ClosedPullRequest, RunContext } from '../../src/domain/run.ts';
import { projectOf } from '../../src/domain/tag.ts';
import type { InputName } from '../../src/input-fields.ts';
import { parseInputs } from '../../src/inputs.ts';
import type { CleanupRun } from '../../src/modes/cleanup.ts';
import type { DeployRun } from '../../src/modes/decide.ts';
import { cleanupRun, deployRun } from '../../src/orders.ts';
import { cidNumber } from './account.ts';
import { PUSH } from './run-context.ts';

const NOW = new Date(1_800_000_000_900);
const NOW_S = 1_800_000_000;
const DAY_MS = 86_400_000;
const push: RunContext = { ...PUSH, commit: '4f2c9a1d000000000000000000000000000000ab' };
const FOUND: FoundFiles = {
  content: { kind: 'directory', entries: [] },
  bytes: 0,
  leftOut: [],
  notIncluded: 0,
  warnings: [],
};
type Given = Partial<Record<InputName, string>>;

function parsed(given: Given, context: RunContext): ReturnType<typeof parseInputs> {
  const all: Given = { path: 'site', 'pinata-jwt': 'a.b.c', ...given };
  return parseInputs((name) => all[name] ?? '', context);
}

function deployOf(given: Given = {}, more: Partial<RunContext> = {}): DeployRun {
  const context = { ...push, ...more };
  return deployRun(parsed(given, context).values, { context, now: NOW, mode: 'deploy' }, FOUND);
}

function cleanupOf(given: Given = {}, more: Partial<RunContext> = {}): CleanupRun {
  const context = { ...push, ...more };
  const { values, mode } = parsed(given, context);
  return cleanupRun(values, { context, now: NOW }, mode);
}

function closing(closed: Partial<ClosedPullRequest>): Partial<RunContext> {
  const at = new Date(1_799_999_000_700);
  return {
    event: 'pull_request',
    activity: 'closed',
    pullRequest: 5,
    closed: { number: 5, merged: false, at, ...closed },
  };
}

describe('the policy', () => {
  it('is what the inputs say', () => {
    const { policy } = cleanupOf({
      mode: 'cleanup',
      project: 'acme/app#docs',
      'keep-last': '3',
      'keep-within': '12h',
      'protect-tags': 'v*\nproduction',
      'protect-cids': `${cidNumber(1)}\n${cidNumber(2)}`,
    });
    expect(policy).toEqual({
      project: projectOf('acme/app#docs'),
      keepLast: 3,
      keepWithinMs: DAY_MS / 2,
      protectTags: ['v*', 'production'],
      protectCids: new Set([cidNumber(1), cidNumber(2)]),
      inUse: new Map(),
      givenUp: new Map(),
      scope: 'all',
    });
  });

  it('keeps by default five contents, a week, releases, and is of the repository’s project', () => {
    expect(cleanupOf({ mode: 'cleanup' }).policy).toMatchObject({
      project: projectOf('acme/app'),
      keepLast: 5,
      keepWithinMs: 7 * DAY_MS,
      protectTags: ['v*'],
      protectCids: new Set(),
    });
  });
});

describe('a deploy', () => {
  it('judges its own tags and gives none up', () => {
    const run = deployOf({ tags: 'production\nv1' });
    expect(run.tags).toEqual(['production', 'v1']);
    expect(run.retention).toMatchObject({ scope: new Set(['production', 'v1']), givenUp: new Map() });
  });

  it('judges the tag of the event where none is given', () => {
    expect(deployOf().retention.scope).toEqual(new Set(['production']));
    const pull = { event: 'pull_request', activity: 'opened', pullRequest: 7, ref: 'refs/pull/7/merge' };
    expect(deployOf({}, pull).retention.scope).toEqual(new Set(['pr-7']));
  });

  it('is of one project, whose pins it tags and judges', () => {
    const run = deployOf({ project: 'acme/app#docs' });
    expect(run.project).toEqual(projectOf('acme/app#docs'));
    expect(run.retention.project).toEqual(run.project);
  });

  it('carries out what the inputs allow', () => {
    expect(deployOf()).toMatchObject({ unpin: true, dryRun: false, maxRemovals: 20, previewsKeptMs: 30 * DAY_MS });
    const given: Given = { unpin: 'false', 'dry-run': 'true', 'max-removals': '0', 'preview-expires': 'never' };
    expect(deployOf(given)).toMatchObject({ unpin: false, dryRun: true, maxRemovals: 0, previewsKeptMs: undefined });
  });

  it('names the pin by its template and its commit, which may be unknown', () => {
    const run = deployOf({ name: '{project}@{sha7} {tag}' });
    expect(run.name(cidNumber(1))).toBe('acme/app@4f2c9a1 production');
    expect(run.commit).toBe('4f2c9a1');
    expect(deployOf({}, { commit: '' }).commit).toBe('0000000');
  });
});

describe('a sweep', () => {
  it.each<[string, Given, Partial<RunContext>]>([
    ['a schedule', {}, { event: 'schedule' }],
    ['mode cleanup without tags', { mode: 'cleanup' }, {}],
  ])('%s judges everything and gives nothing up by itself', (_what, given, context) => {
    expect(cleanupOf(given, context).policy).toMatchObject({ scope: 'all', givenUp: new Map() });
  });

  it('takes the tags on a schedule for those of a deploy, which it does not give up', () => {
    expect(cleanupOf({ tags: 'production' }, { event: 'schedule' }).policy).toMatchObject({
      scope: 'all',
      givenUp: new Map(),
    });
  });
});

describe('a list', () => {
  it('judges everything like a sweep, also when its event closed a pull request', () => {
    expect(cleanupOf({ mode: 'list', tags: 'production' }, closing({})).policy).toMatchObject({
      scope: 'all',
      givenUp: new Map(),
    });
  });
});

describe('the closing of a pull request', () => {
  it('gives up its preview as it was then, and judges nothing else', () => {
    expect(cleanupOf({}, closing({})).policy).toMatchObject({
      scope: new Set(['pr-5']),
      givenUp: new Map([['pr-5', { why: 'pull request closed', at: 1_799_999_000 }]]),
    });
  });

  it('says when it was merged', () => {
    const at = new Date(1_799_999_000_700);
    expect(cleanupOf({}, closing({ merged: true })).policy.givenUp).toEqual(
      new Map([['pr-5', { why: 'pull request merged', at: 1_799_999_000, mergedAt: at }]]),
    );
  });

  it('counts from now where the event does not tell when', () => {
    expect(cleanupOf({}, closing({ merged: true, at: undefined })).policy.givenUp).toEqual(
      new Map([['pr-5', { why: 'pull request merged', at: NOW_S, mergedAt: NOW }]]),
    );
  });

  it('gives up no tag that the step names for its deploys', () => {
    expect([...cleanupOf({ tags: 'production' }, closing({})).policy.givenUp.keys()]).toEqual(['pr-5']);
  });

  it('gives up the tags that a step of mode cleanup names, and only those', () => {
    const { policy } = cleanupOf({ mode: 'cleanup', tags: 'branch-next\npr-9' }, closing({}));
    expect(policy).toMatchObject({
      scope: new Set(['branch-next', 'pr-9']),
      givenUp: new Map([
        ['branch-next', { why: 'branch-next given up', at: NOW_S }],
        ['pr-9', { why: 'preview given up', at: NOW_S }],
      ]),
    });
  });
});

describe('a cleanup', () => {
  it('is of a closing only where a pull request was closed and the user names no tags', () => {
    expect(cleanupOf({}, closing({})).closing).toBe(true);
    expect(cleanupOf({ mode: 'cleanup' }, closing({})).closing).toBe(true);
    expect(cleanupOf({ mode: 'cleanup', tags: 'branch-next' }, closing({})).closing).toBe(false);
    expect(cleanupOf({ mode: 'cleanup' }).closing).toBe(false);
    expect(cleanupOf({ mode: 'list' }, closing({})).closing).toBe(false);
  });

  it('carries out what the inputs allow', () => {
    expect(cleanupOf({ mode: 'cleanup' })).toMatchObject({ unpin: true, dryRun: false, maxRemovals: 20, now: NOW });
    const given: Given = { mode: 'cleanup', unpin: 'false', 'dry-run': 'true', 'max-removals': '7' };
    expect(cleanupOf(given)).toMatchObject({ unpin: false, dryRun: true, maxRemovals: 7 });
  });
});
