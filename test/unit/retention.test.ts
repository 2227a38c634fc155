import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Cid } from '../../src/domain/cid.ts';
import { type Judged, judgeRevisions, matchesTag, type RetentionPolicy } from '../../src/domain/retention.ts';
import { marksOf } from '../../src/domain/revision.ts';
import {
  afterwards,
  type Content,
  HOUR,
  NOW,
  NOW_S,
  plainWorlds,
  project,
  revisionsIn,
  TAGS,
  type World,
  worlds,
} from './retention-worlds.ts';

const RUNS = { numRuns: 2000 };

function judged({ contents, policy }: World): ReadonlyMap<Cid, Judged> {
  return new Map(judgeRevisions(revisionsIn(contents), policy, NOW).map((row) => [row.revision.cid, row]));
}

/** Asserts that every content for which there is a reason stays pinned. */
function staysWhen(reason: (content: Content, world: World) => boolean): void {
  fc.assert(
    fc.property(worlds, (world) => {
      const rows = judged(world);
      for (const content of world.contents.filter((one) => reason(one, world))) {
        expect(rows.get(content.cid)?.fate).not.toBe('unpin');
      }
    }),
    RUNS,
  );
}

function isGivenUp(tag: string, at: number, { givenUp }: RetentionPolicy): boolean {
  const given = givenUp.get(tag);
  return given !== undefined && at <= given.at;
}

/** The marks of a content that nobody asked to give up. */
function standing(content: Content, policy: RetentionPolicy): readonly (readonly [string, number])[] {
  return [...content.marks].filter(([tag, at]) => !isGivenUp(tag, at, policy));
}

/** Whether the CID is among the newest `count` of a tag; contents of one second share their place. */
function isAmongNewest(count: number, { tag, at }: { tag: string; at: number }, contents: readonly Content[]): boolean {
  return contents.filter(({ marks }) => (marks.get(tag) ?? 0) > at).length < count;
}

const isPreview = (tag: string): boolean => tag.startsWith('pr-');

describe('every judgement', () => {
  it('is one verdict with a reason for each revision, and one fate', () => {
    fc.assert(
      fc.property(worlds, ({ contents, policy }) => {
        const rows = judgeRevisions(revisionsIn(contents), policy, NOW);
        expect(rows.map(({ revision }) => revision.cid)).toEqual(contents.map(({ cid }) => cid));
        for (const { verdict, fate, marks, refs } of rows) {
          expect(verdict.reason.length).toBeGreaterThan(3);
          expect(fate === 'unpin').toBe(verdict.kind === 'stale');
          expect(refs).toHaveLength(marks.length);
        }
      }),
      RUNS,
    );
  });

  it('keeps what a tag points to, unless the tag is given up', () => {
    // pr-0 is no tag that points anywhere: it stands for those that did not fit.
    staysWhen((content, { contents, policy }) =>
      standing(content, policy).some(([tag, at]) => tag !== 'pr-0' && isAmongNewest(1, { tag, at }, contents)),
    );
  });

  it('keeps the newest contents of each long-lived tag, as many as keep-last', () => {
    staysWhen((content, { contents, policy }) =>
      standing(content, policy).some(
        ([tag, at]) => !isPreview(tag) && isAmongNewest(policy.keepLast, { tag, at }, contents),
      ),
    );
  });

  it('keeps what got a tag within keep-within', () => {
    staysWhen((content, { policy }) =>
      standing(content, policy).some(([, at]) => (NOW_S - at) * 1000 < policy.keepWithinMs && policy.keepWithinMs > 0),
    );
  });

  it('keeps what carries a tag that is not its to judge', () => {
    staysWhen((content, { policy: { scope, ...policy } }) =>
      standing(content, { ...policy, scope }).some(([tag]) => scope !== 'all' && !scope.has(tag)),
    );
  });

  it('keeps what protect-tags, protect-cids or the world outside names, also when its tags are given up', () => {
    staysWhen(
      (content, { policy }) =>
        policy.protectCids.has(content.cid) ||
        policy.inUse.has(content.cid) ||
        [...content.marks.keys()].some((tag) => policy.protectTags.some((glob) => matchesTag(glob, tag))),
    );
  });

  it('keeps what another project needs, what was pinned before us, and what it cannot read', () => {
    staysWhen(
      ({ adopted, unread, neighbour, outside }) =>
        adopted || unread || neighbour === 'needs it' || outside === 'needs it' || outside === 'foreign',
    );
  });

  it('keeps what has been without a tag for less than an hour', () => {
    staysWhen(({ marks, released, createdAt }) => marks.size === 0 && NOW_S - (released ?? createdAt) < HOUR);
  });

  it('keeps what a merge within the hour took the last tag off', () => {
    staysWhen(({ marks }, { policy }) =>
      [...marks].some(([tag, at]) => {
        const mergedAt = policy.givenUp.get(tag)?.mergedAt;
        return mergedAt !== undefined && isGivenUp(tag, at, policy) && NOW.getTime() - mergedAt.getTime() < HOUR * 1000;
      }),
    );
  });

  it('takes no tag off that protect-tags protects', () => {
    fc.assert(
      fc.property(worlds, ({ contents, policy }) => {
        const left = afterwards(judgeRevisions(revisionsIn(contents), policy, NOW), policy);
        const tagsOn = (cid: Cid): readonly string[] =>
          left.filter((one) => one.cid === cid).flatMap((one) => marksOf(one, project).map(({ tag }) => tag));
        for (const { cid, marks } of contents) {
          const guarded = [...marks.keys()].filter((tag) => policy.protectTags.some((glob) => matchesTag(glob, tag)));
          expect(tagsOn(cid)).toEqual(expect.arrayContaining(guarded));
        }
      }),
      RUNS,
    );
  });

  it('gives up whatever has no reason to stay', () => {
    fc.assert(
      fc.property(plainWorlds, (world) => {
        const { contents, policy } = world;
        const rows = judged(world);
        const isNeeded = (content: Content): boolean =>
          [...content.marks.keys()].some((tag) => policy.protectTags.some((glob) => matchesTag(glob, tag))) ||
          [...content.marks.keys()].some((tag) => policy.givenUp.get(tag)?.mergedAt !== undefined) ||
          standing(content, policy).some(
            ([tag, at]) =>
              (tag === 'pr-0' && NOW_S - at < 30 * 24 * HOUR) ||
              (tag !== 'pr-0' &&
                (isAmongNewest(isPreview(tag) ? 1 : policy.keepLast, { tag, at }, contents) ||
                  (NOW_S - at) * 1000 < policy.keepWithinMs)),
          );
        for (const content of contents.filter((one) => !isNeeded(one))) {
          expect(rows.get(content.cid)?.verdict.kind).toBe('stale');
        }
      }),
      RUNS,
    );
  });

  it('leaves nothing to do for the next one when it was carried out', () => {
    fc.assert(
      fc.property(
        worlds,
        fc.array(fc.integer({ min: 0, max: 2 }), { maxLength: 6 }),
        ({ contents, policy }, spread) => {
          const rows = judgeRevisions(revisionsIn(contents, spread), policy, NOW);
          const again = judgeRevisions(afterwards(rows, policy), policy, NOW);
          expect(again.map(({ fate, verdict }) => [fate, verdict])).toEqual(
            again.map(({ verdict }) => ['keep', verdict]),
          );
        },
      ),
      RUNS,
    );
  });

  it('does not depend on the order in which revisions and their pins are listed', () => {
    const shuffled = worlds.chain((world) =>
      fc.record({
        world: fc.constant(world),
        order: fc.shuffledSubarray([...world.contents], {
          minLength: world.contents.length,
          maxLength: world.contents.length,
        }),
      }),
    );
    const spread = [0, 1, 2];
    fc.assert(
      fc.property(shuffled, ({ world: { contents, policy }, order }) => {
        const straight = byCid(judgeRevisions(revisionsIn(contents, spread), policy, NOW));
        const reversed = revisionsIn(order, spread).map((one) => ({ ...one, pins: [...one.pins].reverse() }));
        expect(byCid(judgeRevisions(reversed, policy, NOW))).toEqual(straight);
      }),
      RUNS,
    );
  });

  // Copies of one age. Content without a tag counts from its youngest copy, and `createdAt` is the only thing that a
  // single record could not have: see 'counts from the youngest of its pins'.
  it('is the same whether the service keeps one record for a CID or one for each upload', () => {
    fc.assert(
      fc.property(
        worlds,
        fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 6 }),
        ({ contents, policy }, spread) => {
          const one = judgeRevisions(revisionsIn(contents), policy, NOW);
          const several = judgeRevisions(revisionsIn(contents, spread), policy, NOW);
          expect(byCid(several)).toEqual(byCid(one));
        },
      ),
      RUNS,
    );
  });

  it('is the same whether a neighbour has its own pin of the content or shares ours', () => {
    fc.assert(
      fc.property(worlds, fc.constantFrom('needs it', 'released it'), ({ contents, policy }, state) => {
        const on = contents.map((one): Content => ({ ...one, neighbour: state, outside: 'none' }));
        const beside = contents.map((one): Content => ({ ...one, neighbour: 'none', outside: state }));
        expect(byCid(judgeRevisions(revisionsIn(beside), policy, NOW))).toEqual(
          byCid(judgeRevisions(revisionsIn(on), policy, NOW)),
        );
      }),
      RUNS,
    );
  });

  it('takes no notice of a tag that was given up before its oldest mark', () => {
    fc.assert(
      fc.property(worlds, fc.constantFrom(...TAGS), ({ contents, policy }, tag) => {
        const oldest = Math.min(...contents.flatMap(({ marks }) => marks.get(tag) ?? []));
        const { [tag]: _dropped, ...rest } = Object.fromEntries(policy.givenUp);
        const without = { ...policy, givenUp: new Map(Object.entries(rest)) };
        const given = { why: 'pull request closed', at: (Number.isFinite(oldest) ? oldest : NOW_S) - 1 };
        const early = { ...policy, givenUp: new Map([...without.givenUp, [tag, given]]) };
        expect(byCid(judgeRevisions(revisionsIn(contents), early, NOW))).toEqual(
          byCid(judgeRevisions(revisionsIn(contents), without, NOW)),
        );
      }),
      RUNS,
    );
  });
});

function byCid(rows: readonly Judged[]): unknown {
  return rows
    .map(({ revision, verdict, fate, marks, refs }) => ({ cid: revision.cid, verdict, fate, marks, refs }))
    .sort((a, b) => (a.cid < b.cid ? -1 : 1));
}
