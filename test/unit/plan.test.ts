import { describe, expect, it } from 'vitest';
import type { Cid } from '../../src/domain/cid.ts';
import { planDeploy } from '../../src/domain/plan.ts';
import { parseTagRef, renderTagRef, resolveTagRef } from '../../src/domain/revision.ts';
import { projectOf } from '../../src/domain/tag.ts';
import { buildOf, cidNumber, pinOf } from './account.ts';

const project = projectOf('acme/app');
const options = {
  project,
  tags: ['production'],
  commit: '4f2c9a1',
  now: new Date(1_800_000_000_000),
  metadata: {},
  expectedCid: undefined,
  reusePinned: true,
  diffBase: { kind: 'auto' as const },
  retention: {
    project,
    keepLast: 5,
    keepWithinMs: 0,
    protectTags: [],
    protectCids: new Set<Cid>(),
    inUse: new Map(),
    givenUp: new Map(),
    scope: 'all' as const,
  },
};
const [A, B] = [cidNumber(1), cidNumber(2)];

function mark(id: string, cid: typeof A, at: number): ReturnType<typeof pinOf> {
  return pinOf(id, cid, { [project.key]: project.name, [`${project.key}.production`]: `${at} 1111111` });
}

describe('planDeploy', () => {
  it('takes the newest mark of a tag as what it points to', () => {
    const plan = planDeploy(
      buildOf(A),
      { project: [mark('1', A, 5), mark('2', B, 9)], sameCid: [mark('1', A, 5)] },
      options,
    );
    expect(plan).toMatchObject({ previous: B, changed: true, source: { kind: 'reuse', pin: { id: '1' } } });
  });

  it('calls a deploy unchanged only when every tag is on the CID', () => {
    const state = { project: [mark('1', A, 5)], sameCid: [mark('1', A, 5)] };
    expect(planDeploy(buildOf(A), state, options).changed).toBe(false);
    expect(planDeploy(buildOf(A), state, { ...options, tags: ['production', 'v1'] }).changed).toBe(true);
  });

  it('prefers a pin of the project, then the oldest', () => {
    const [foreign, young] = [pinOf('a', A), { ...mark('b', A, 1), createdAt: new Date(1_750_000_000_000) }];
    const plan = planDeploy(buildOf(A), { project: [], sameCid: [foreign, young, mark('c', A, 1)] }, options);
    expect(plan.source).toMatchObject({ kind: 'reuse', pin: { id: 'c' } });
  });

  it('uploads although the CID is pinned when reuse-pinned is false', () => {
    const plan = planDeploy(buildOf(A), { project: [], sameCid: [pinOf('a', A)] }, { ...options, reusePinned: false });
    expect(plan.source).toEqual({ kind: 'upload', reason: 'reuse-pinned is false' });
  });

  it('marks a tag later than every mark that is there, though clocks differ', () => {
    const ahead = mark('1', B, 1_900_000_000);
    expect(planDeploy(buildOf(A), { project: [ahead], sameCid: [] }, options).at).toBe(1_900_000_001);
    expect(planDeploy(buildOf(A), { project: [mark('1', B, 5)], sameCid: [] }, options).at).toBe(1_800_000_000);
    const other = pinOf('2', B, { [project.key]: project.name, [`${project.key}.v1`]: '1900000000 1111111' });
    expect(planDeploy(buildOf(A), { project: [other], sameCid: [] }, options).at).toBe(1_800_000_000);
  });

  it('puts eight tags on new content, and does not take its own upload for a foreign pin', () => {
    const tags = Array.from({ length: 8 }, (_, index) => `v${index}`);
    const plan = planDeploy(buildOf(A), { project: [], sameCid: [] }, { ...options, tags });
    expect(plan.retention.map(({ refs, verdict }) => [refs.length, verdict.kind])).toEqual([[8, 'current']]);
    expect(plan.retention[0]?.revision.pins[0]?.keyvalues).not.toHaveProperty(['pd1.adopted']);
  });

  it('takes a mark from a far future for none, so that the tag can still move', () => {
    const absurd = pinOf('1', B, { [project.key]: project.name, [`${project.key}.production`]: '9999999999 1111111' });
    expect(planDeploy(buildOf(A), { project: [absurd], sameCid: [] }, options).at).toBe(1_800_000_000);
  });

  it('refuses, before anything is sent, tags that do not fit', () => {
    const tags = Array.from({ length: 9 }, (_, index) => `v${index}`);
    expect(() => planDeploy(buildOf(A), { project: [], sameCid: [] }, { ...options, tags })).toThrow(/key-value pairs/);
  });

  it('refuses a pin whose pairs are full, before anything is sent', () => {
    const full = pinOf('a', A, Object.fromEntries(Array.from({ length: 9 }, (_, index) => [`k${index}`, 'v'])));
    expect(() => planDeploy(buildOf(A), { project: [], sameCid: [full] }, options)).toThrow(/key-value pairs/);
  });
});

describe('a tag reference', () => {
  it('reads previews like other tags', () => {
    const pins = [
      pinOf('a', A, { [project.key]: project.name, [`${project.key}.previews`]: '5@100 7@90' }),
      pinOf('b', B, { [project.key]: project.name, [`${project.key}.previews`]: '5@200' }),
    ];
    expect(resolveTagRef(pins, { tag: 'pr-5', back: 0 }, project)).toBe(B);
    expect(resolveTagRef(pins, { tag: 'pr-5', back: 1 }, project)).toBe(A);
    expect(resolveTagRef(pins, { tag: 'pr-7', back: 0 }, project)).toBe(A);
    expect(resolveTagRef(pins, { tag: 'pr-8', back: 0 }, project)).toBeUndefined();
  });

  it('counts back over contents, not over pins', () => {
    const pins = [mark('1', A, 5), mark('2', A, 9), mark('3', B, 7)];
    expect(resolveTagRef(pins, { tag: 'production', back: 0 }, project)).toBe(A);
    expect(resolveTagRef(pins, { tag: 'production', back: 1 }, project)).toBe(B);
    expect(resolveTagRef(pins, { tag: 'production', back: 2 }, project)).toBeUndefined();
  });

  it.each(['production', 'production~1', 'v1.2.0~12'])('reads and writes %s', (text) => {
    const ref = parseTagRef(text);
    expect(ref === undefined ? '' : renderTagRef(ref)).toBe(text);
  });

  it.each(['', 'Production', 'production~', 'production~x', '~1', 'a~1~2'])('is not "%s"', (text) => {
    expect(parseTagRef(text)).toBeUndefined();
  });
});
