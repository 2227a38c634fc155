import { describe, expect, it } from 'vitest';
import { chooseMode, computeTags, type RunContext, withProvenance } from '../../src/domain/run.ts';
import { type PullHead, provenanceOf, type WorkflowRun } from '../../src/domain/workflow-run.ts';

const SHA = '4f2c9a1000000000000000000000000000000000';
const BASE = 'acme/site';
const FORK = 'mallory/site';

function runOf(more: Partial<WorkflowRun> = {}): WorkflowRun {
  return {
    event: 'pull_request',
    conclusion: 'success',
    headSha: SHA,
    headBranch: 'topic',
    headRepository: FORK,
    ...more,
  };
}

function pull(number: number, more: Partial<PullHead> = {}): PullHead {
  return { number, open: true, headSha: SHA, headRepository: FORK, ...more };
}

const OTHER_SHA = 'f'.repeat(40);

describe('a run for a pull request', () => {
  it('belongs to the open one that has its head commit', () => {
    const pulls = [pull(5, { headSha: OTHER_SHA }), pull(7)];
    expect(provenanceOf(runOf(), BASE, pulls)).toEqual({ kind: 'pull-request', number: 7 });
  });

  it('is found whatever letters the name of the fork is written in', () => {
    expect(provenanceOf(runOf({ headRepository: 'Mallory/Site' }), BASE, [pull(7)]).kind).toBe('pull-request');
  });

  it('belongs to the open one of several', () => {
    expect(provenanceOf(runOf(), BASE, [pull(5, { open: false }), pull(7)])).toEqual({
      kind: 'pull-request',
      number: 7,
    });
  });

  it.each<[string, RegExp, readonly PullHead[], Partial<WorkflowRun>]>([
    ['the same commit in another fork', /no pull request/, [pull(7, { headRepository: 'eve/site' })], {}],
    ['the same commit in the repository itself', /no pull request/, [pull(7, { headRepository: BASE })], {}],
    ['a head whose repository was deleted', /no pull request/, [pull(7, { headRepository: '' })], {}],
    ['neither repository known', /no pull request/, [pull(7, { headRepository: '' })], { headRepository: '' }],
    [
      'another commit of a pull request that is closed',
      /no pull request/,
      [pull(7, { headSha: OTHER_SHA, open: false })],
      {},
    ],
    ['no pull request at all', /no pull request/, [], {}],
    ['a branch that is called main', /no pull request/, [], { headBranch: 'main' }],
    ['two open ones', /several open/, [pull(7), pull(8)], {}],
  ])('is unclear with %s', (_title, reason, pulls, more) => {
    const found = provenanceOf(runOf(more), BASE, pulls);
    expect(found).toEqual({ kind: 'unclear', reason: expect.stringMatching(reason) as string });
  });

  it('is over when its pull request is closed', () => {
    expect(provenanceOf(runOf(), BASE, [pull(7, { open: false })])).toEqual({
      kind: 'over',
      reason: 'its pull request is closed',
    });
  });

  it('is over when its pull request has a newer commit', () => {
    expect(provenanceOf(runOf({}), BASE, [pull(7, { headSha: OTHER_SHA })])).toMatchObject({
      kind: 'over',
      reason: 'its pull request has a newer commit, and so a newer run',
    });
  });

  it('of pull_request_target is held to the same', () => {
    const run = runOf({ event: 'pull_request_target', headRepository: BASE, headBranch: 'main' });
    expect(provenanceOf(run, BASE, []).kind).toBe('unclear');
  });
});

describe('a run of the repository itself', () => {
  const own = { headRepository: BASE, headBranch: 'main' };

  it.each(['push', 'schedule', 'workflow_dispatch'])('on %s built its branch', (event) => {
    expect(provenanceOf(runOf({ ...own, event }), BASE, [])).toEqual({ kind: 'branch', branch: 'main' });
  });

  it.each<[string, Partial<WorkflowRun>]>([
    ['a push to a fork, whose branch is called main', { event: 'push', headRepository: FORK }],
    ['a push to nobody knows where', { event: 'push', headRepository: '' }],
    ['a push without a branch', { event: 'push', headBranch: '' }],
    ['a comment on an issue', { event: 'issue_comment' }],
    ['another workflow run', { event: 'workflow_run' }],
    ['the end of a run of a fork', { event: 'workflow_dispatch', headRepository: FORK }],
    ['an event that is not told', { event: '' }],
  ])('is unclear on %s', (_title, more) => {
    expect(provenanceOf(runOf({ ...own, ...more }), BASE, []).kind).toBe('unclear');
  });

  it.each(['failure', 'cancelled', 'timed_out', ''])('that ended with %j is over, whoever started it', (conclusion) => {
    for (const event of ['push', 'pull_request', 'issue_comment']) {
      expect(provenanceOf(runOf({ ...own, event, conclusion }), BASE, [pull(7)]).kind).toBe('over');
    }
  });
});

const CONTEXT: RunContext = {
  event: 'workflow_run',
  activity: 'completed',
  repository: BASE,
  commit: OTHER_SHA,
  ref: 'refs/heads/main',
  defaultBranch: 'main',
  pullRequest: undefined,
  releaseTag: '',
  closed: undefined,
  withoutSecrets: false,
  workflowRun: runOf(),
  provenance: undefined,
  refDeleted: false,
  runUrl: '',
  runId: '',
  privateRepository: false,
};

describe('what follows from it', () => {
  it('is the preview of the pull request, at its commit', () => {
    const context = withProvenance(CONTEXT, { kind: 'pull-request', number: 7 });
    expect(context).toMatchObject({ pullRequest: 7, commit: SHA });
    expect([chooseMode('auto', context).kind, computeTags(context)]).toEqual(['deploy', ['pr-7']]);
  });

  it.each([
    ['main', 'production'],
    ['next', 'branch-next'],
  ])('is the branch %s', (branch, tag) => {
    const context = withProvenance(CONTEXT, { kind: 'branch', branch });
    expect([chooseMode('auto', context).kind, context.commit, computeTags(context)]).toEqual(['deploy', SHA, [tag]]);
  });

  it.each(['over', 'unclear'] as const)('is told at its own commit when it is %s, not at that of main', (kind) => {
    expect(withProvenance(CONTEXT, { kind, reason: 'x' }).commit).toBe(SHA);
  });

  it('is nothing when it is over', () => {
    const context = withProvenance(CONTEXT, { kind: 'over', reason: 'its pull request is closed' });
    expect(chooseMode('auto', context)).toEqual({ kind: 'skip', reason: 'its pull request is closed' });
  });

  it('is a refusal when it is unclear, and no tag of the default branch even where it is forced', () => {
    const context = withProvenance(CONTEXT, { kind: 'unclear', reason: 'no pull request has its head commit' });
    expect(chooseMode('auto', context)).toMatchObject({
      kind: 'refuse',
      reason: expect.stringMatching(/no pull/) as string,
    });
    expect(chooseMode('deploy', context).kind).toBe('deploy');
    expect(computeTags(context)).toEqual([]);
  });
});
