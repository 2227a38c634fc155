import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseMode, computeTags, type RunContext, renderPinName, unknownPlaceholders } from '../../src/domain/run.ts';
import { isTagName } from '../../src/domain/tag.ts';
import { PUSH } from './run-context.ts';

const push: RunContext = { ...PUSH, commit: '4f2c9a1000000000000000000000000000000000' };

function on(more: Partial<RunContext>): RunContext {
  return { ...push, ...more };
}

describe('chooseMode', () => {
  it.each(['push', 'release', 'workflow_dispatch', 'merge_group'])('deploys on %s', (event) => {
    expect(chooseMode('auto', on({ event })).kind).toBe('deploy');
  });

  it.each(['opened', 'synchronize', 'reopened'])('deploys a pull request that was %s', (activity) => {
    expect(chooseMode('auto', on({ event: 'pull_request', activity, pullRequest: 5 })).kind).toBe('deploy');
  });

  it.each([
    ['pull_request', 'labeled'],
    ['issues', 'opened'],
  ])('does nothing on %s %s, and says so', (event, activity) => {
    const mode = chooseMode('auto', on({ event, activity }));
    expect(mode).toMatchObject({ kind: 'skip', reason: expect.stringContaining(event) as string });
  });

  it.each(['deleted', 'unpublished'])('does nothing when a release was %s', (activity) => {
    expect(chooseMode('auto', on({ event: 'release', activity, releaseTag: 'v1' })).kind).toBe('skip');
  });

  it('does nothing when a push deletes its branch', () => {
    expect(chooseMode('auto', on({ refDeleted: true })).kind).toBe('skip');
  });

  it.each(['pull_request', 'pull_request_target'])('gives up the preview when %s was closed', (event) => {
    const closed = { number: 5, merged: true, at: new Date(1_800_000_000_000) };
    expect(chooseMode('auto', on({ event, activity: 'closed', pullRequest: 5, closed }))).toEqual({
      kind: 'cleanup',
      closed,
    });
  });

  it('sweeps on a schedule, unless the user says otherwise', () => {
    expect(chooseMode('deploy', on({ event: 'schedule' }))).toEqual({ kind: 'deploy' });
    expect(chooseMode('list', on({ event: 'schedule' }))).toEqual({ kind: 'list' });
    expect(chooseMode('auto', on({ event: 'schedule' }))).toEqual({ kind: 'cleanup', closed: undefined });
  });

  it('knows whose preview it gives up when mode cleanup runs as a pull request is closed', () => {
    const closed = { number: 5, merged: false, at: undefined };
    const context = on({ event: 'pull_request_target', activity: 'closed', pullRequest: 5, closed });
    expect(chooseMode('cleanup', context)).toEqual({ kind: 'cleanup', closed });
    expect(chooseMode('deploy', context)).toEqual({ kind: 'deploy' });
  });

  it('cleans up on pull_request_target: it builds no code of the pull request', () => {
    const context = on({ event: 'pull_request_target', activity: 'labeled', pullRequest: 5 });
    expect(chooseMode('cleanup', context)).toEqual({ kind: 'cleanup', closed: undefined });
  });

  it('does what an explicit mode says on every event', () => {
    expect(chooseMode('cleanup', on({}))).toEqual({ kind: 'cleanup', closed: undefined });
    expect(chooseMode('list', on({})).kind).toBe('list');
  });

  it('refuses pull_request_target unless the user asks for it', () => {
    const context = on({ event: 'pull_request_target', activity: 'opened', pullRequest: 5 });
    expect(chooseMode('auto', context)).toMatchObject({
      kind: 'refuse',
      reason: expect.stringContaining('fork') as string,
    });
    expect(chooseMode('deploy', context).kind).toBe('deploy');
  });
});

describe('computeTags', () => {
  it('tags what a merge queue tries as the preview of its pull request', () => {
    const ref = 'refs/heads/gh-readonly-queue/main/pr-42-0a1b2c3d4e5f60718293a4b5c6d7e8f901234567';
    expect(computeTags(on({ event: 'merge_group', ref }))).toEqual(['pr-42']);
    expect(computeTags(on({ ref: 'refs/heads/gh-readonly-queue' }))).toEqual(
      ['branch-gh-readonl-6d4fd8'].map(() => expect.stringMatching(/^branch-/) as string),
    );
  });

  it.each([
    [on({}), 'production'],
    [on({ ref: 'refs/heads/next' }), 'branch-next'],
    [on({ pullRequest: 128, ref: 'refs/pull/128/merge' }), 'pr-128'],
    [on({ event: 'release', releaseTag: 'v1.2.3', ref: 'refs/tags/v1.2.3' }), 'v1.2.3'],
    [on({ ref: 'refs/tags/v2.0.0' }), 'v2.0.0'],
    [on({ event: 'merge_group', ref: 'refs/heads/gh-readonly-queue/main/pr-7-4f2c9a1d00ab' }), 'pr-7'],
    [on({ event: 'merge_group', ref: 'refs/heads/gh-readonly-queue/release/1/pr-12-ab' }), 'pr-12'],
  ])('computes the tag of an event', (context, tag) => {
    expect(computeTags(context)).toEqual([tag]);
  });

  it('takes no tag from the ref of an event whose content may come from elsewhere', () => {
    for (const event of ['workflow_run', 'issue_comment', '']) expect(computeTags(on({ event }))).toEqual([]);
  });

  it('has no tag where the event has no ref', () => {
    expect(computeTags(on({ ref: '' }))).toEqual([]);
  });

  it('gives a git tag that means something else here another name', () => {
    for (const name of ['production', 'pr-5', 'pr-0', 'previews', 'released', 'unpinning', 'branch-x']) {
      for (const context of [on({ releaseTag: name }), on({ ref: `refs/tags/${name}` })]) {
        const [tag = ''] = computeTags(context);
        expect(tag).not.toBe(name);
        expect(tag).toMatch(/-[0-9a-f]{6}$/);
        expect(isTagName(tag)).toBe(true);
      }
    }
  });

  it('makes a valid tag of every branch and git tag name', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1, unit: 'binary' }).filter((name) => !/[\n\r]/.test(name)),
        (name) => {
          for (const context of [on({ ref: `refs/heads/${name}` }), on({ releaseTag: name })]) {
            const [tag] = computeTags(context);
            expect(tag !== undefined && isTagName(tag)).toBe(true);
          }
        },
      ),
    );
  });

  it('keeps two branches two tags, also when both are long or differ in case only', () => {
    const names = ['feature/a-very-long-name-1', 'feature/a-very-long-name-2', 'Fix', 'fix', 'fix/', 'fix-'];
    const tags = names.map((name) => computeTags(on({ ref: `refs/heads/${name}` }))[0]);
    expect(new Set(tags).size).toBe(names.length);
  });
});

describe('the pin name', () => {
  const values = { project: 'acme/app', sha: 'f'.repeat(40), sha7: 'fffffff', tag: 'production' };

  it('fills its placeholders', () => {
    expect(renderPinName('{project}@{sha7} {tag}', values)).toBe('acme/app@fffffff production');
  });

  it('is cut to 120 characters', () => {
    expect(renderPinName('{sha}{sha}{sha}{sha}', values)).toHaveLength(120);
  });

  it('names placeholders that mean nothing', () => {
    expect(unknownPlaceholders('{project} {nope} {sha}')).toEqual(['nope']);
  });
});
