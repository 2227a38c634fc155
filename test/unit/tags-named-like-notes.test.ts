import { describe, expect, it } from 'vitest';
import { planExpiry } from '../../src/domain/expiry.ts';
import { judgeRevisions } from '../../src/domain/retention.ts';
import { revisionsOf } from '../../src/domain/revision.ts';
import { isLasting, type Keyvalues, parseTags, projectOf } from '../../src/domain/tag.ts';
import { applyChanges, planAnnouncement, planRelease, planTags, planUntag } from '../../src/domain/tagging.ts';
import { cidNumber, pinOf } from './account.ts';

const project = projectOf('acme/app');
const other = projectOf('acme/docs');
const NOW = new Date(1_800_000_000_000);

function pairs(own: Keyvalues, of = project): Keyvalues {
  return Object.fromEntries([
    [of.key, of.name],
    ...Object.entries(own).map(([name, value]) => [`${of.key}.${name}`, value] as const),
  ]);
}

/** Tags that were put there before there were notes. */
const old = pairs({ merged: '1700000000 1111111', moved: '1700000001 2222222' });
const names = [`${project.key}.merged`, `${project.key}.moved`];
const kept = (found: Keyvalues): Keyvalues =>
  Object.fromEntries(names.map((name) => [name, found[name] ?? 'is gone'] as const));

const request = {
  project,
  tags: ['production'],
  at: 1_800_000_000,
  commit: '4f2c9a1',
  metadata: {},
  superseded: new Set<string>(),
  origin: { kind: 'plain' },
  move: { tag: 'production', run: '77' },
} as const;

describe('a tag that is called like a note', () => {
  it('keeps its content', () => {
    const policy = {
      project,
      keepLast: 1,
      keepWithinMs: 0,
      protectTags: [],
      protectCids: new Set<never>(),
      inUse: new Map(),
      givenUp: new Map(),
      scope: 'all',
    } as const;
    const [row] = judgeRevisions(revisionsOf([pinOf('a', cidNumber(1), old)], project), policy, NOW);
    expect(row).toMatchObject({ fate: 'keep', verdict: { kind: 'protected' } });
  });

  it('is written over by none', () => {
    expect(kept(applyChanges(old, planTags(old, request)))).toEqual(kept(old));
    const preview = { ...old, ...pairs({ previews: '12@1700000002' }) };
    const merged = { project, at: 1_800_000_000, merged: new Set(['pr-12']) };
    const untagged = applyChanges(preview, planUntag(preview, new Map([['pr-12', 1_800_000_000]]), merged));
    expect(parseTags(untagged, project).previews).toEqual([]);
    expect(kept(untagged)).toEqual(kept(old));
  });

  it('gives no way where a pin is full', () => {
    const full = { ...old, ...Object.fromEntries(Array.from({ length: 7 }, (_, at) => [`own-${at}`, 'x'])) };
    expect(kept(applyChanges(full, planAnnouncement(full, { project, at: 1_800_000_000 })))).toEqual(kept(old));
    expect(() => planTags(full, request)).toThrow(/key-value pairs/);
    expect(kept(applyChanges(old, planRelease(old, { project, at: 1_800_000_000 })))).toEqual(kept(old));
  });

  it('does not expire with a preview of the same content', () => {
    expect(isLasting(old)).toBe(true);
    const pin = { ...pinOf('a', cidNumber(1), old), expiresAt: new Date(NOW.getTime() + 86_400_000) };
    const expiry = planExpiry(pin, pairs({ previews: '12@1800000000' }), {
      project,
      protectedContent: false,
      previewsKeptMs: 86_400_000,
      now: NOW,
      wasPreview: true,
      written: undefined,
    });
    expect(expiry).toBe('never');
  });

  it('is needed by its project, for another one', () => {
    const both = { ...pairs({ released: '1700000000', merged: '1700000000 1111111' }), ...pairs({}, other) };
    expect(parseTags(both, other).shared).toBe(true);
    const noted = { ...pairs({ released: '1700000000', merged: '12@1700000000' }), ...pairs({}, other) };
    expect(parseTags(noted, other).shared).toBe(false);
  });
});
