import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Cid } from '../../src/domain/cid.ts';
import type { Pin } from '../../src/domain/pin.ts';
import { type PromotionOrder, type PromotionPlan, planPromotion, resolvePromoted } from '../../src/domain/promotion.ts';
import { currentCid, parseTagRef } from '../../src/domain/revision.ts';
import { type Keyvalues, projectOf } from '../../src/domain/tag.ts';
import { applyChanges, planTags } from '../../src/domain/tagging.ts';
import { cidNumber, pinOf } from './account.ts';

const project = projectOf('acme/app');
const NOW = new Date(1_800_000_000_000);
const NOW_S = 1_800_000_000;
const [A, B, C] = [cidNumber(1), cidNumber(2), cidNumber(3)];

function pin(id: string, cid: Cid, own: Keyvalues): Pin {
  const pairs = Object.entries(own).map(([name, value]) => [`${project.key}.${name}`, value] as const);
  return pinOf(id, cid, { [project.key]: project.name, ...Object.fromEntries(pairs) });
}

function order(from: string | Cid, more: Partial<PromotionOrder> = {}): PromotionOrder {
  const ref = parseTagRef(from);
  return {
    project,
    from: ref === undefined ? { kind: 'cid', cid: from as Cid } : { kind: 'tag', ref },
    toTag: 'production',
    run: '77',
    now: NOW,
    ...more,
  };
}

function planOf(from: string, pins: readonly Pin[], more: Partial<PromotionOrder> = {}): PromotionPlan {
  const asked = order(from, more);
  const promoted = resolvePromoted(asked, pins);
  return planPromotion(promoted, asked, { project: pins, sameCid: pins.filter(({ cid }) => cid === promoted.cid) });
}

/** The pins once the plan is carried out. */
function carriedOut(pins: readonly Pin[], plan: PromotionPlan): readonly Pin[] {
  const [best] = plan.pins;
  return pins.map((entry) => {
    if (entry.id !== best?.id) return entry;
    const request = { ...plan, project, tags: [plan.toTag], metadata: {}, origin: { kind: 'plain' } as const };
    return { ...entry, keyvalues: applyChanges(entry.keyvalues, planTags(entry.keyvalues, request)) };
  });
}

const history = [
  pin('a', A, { production: '100 aaaaaaa' }),
  pin('b', B, { production: '200 bbbbbbb', staging: '150 bbbbbbb' }),
  pin('c', C, { previews: '12@300' }),
];

describe('what is promoted', () => {
  it.each([
    ['production~1', A, 'production~1'],
    ['staging', B, 'staging'],
    ['pr-12', C, 'pr-12'],
    [A, A, A],
  ])('is found by %s', (from, cid, label) => {
    expect(resolvePromoted(order(from), history)).toMatchObject({ cid, label, redone: false });
  });

  it('is the preview of a merged pull request by the note of it, the newest', () => {
    const cleaned = [
      pin('old', A, { merged: '12@100 11@400', released: '500' }),
      pin('new', B, { merged: '12@300', released: '500' }),
    ];
    expect(resolvePromoted(order('pr-12'), cleaned).cid).toBe(B);
    expect(resolvePromoted(order('pr-11'), cleaned).cid).toBe(A);
    expect(() => resolvePromoted(order('pr-12~1'), cleaned)).toThrow(/Nothing of acme\/app has the tag pr-12/);
  });

  it('prefers what the pull request shows now to what is noted of it', () => {
    const shown = [pin('old', A, { merged: '12@100' }), pin('new', B, { previews: '12@300' })];
    expect(resolvePromoted(order('pr-12'), shown).cid).toBe(B);
  });

  it('prefers what was noted last to an older push whose mark could not be taken off', () => {
    const half = [pin('old', A, { previews: '12@100' }), pin('new', B, { merged: '12@300' })];
    expect(resolvePromoted(order('pr-12'), half).cid).toBe(B);
  });

  it('is nothing where no tag leads there, and the tags that do are named', () => {
    expect(() => resolvePromoted(order('nothing'), history)).toThrow(/^Nothing of acme\/app has the tag nothing\./);
    expect(() => resolvePromoted(order('production~2'), history)).toThrow(/production has only 2 versions/);
    expect(() => resolvePromoted(order('staging~1'), history)).toThrow(/staging has only one version/);
    try {
      resolvePromoted(order('nothing'), history);
    } catch (error) {
      expect(error).toMatchObject({
        kind: 'content',
        hint: expect.stringContaining('production, staging, pr-12') as unknown,
      });
    }
  });

  it('is what an earlier attempt of the same run moved the tag to, and one further back in another run', () => {
    const plan = planOf('production~1', history);
    const moved = carriedOut(history, plan);
    expect(currentCid(moved, 'production', project)).toBe(A);
    expect(resolvePromoted(order('production~1'), moved)).toMatchObject({ cid: A, redone: true });
    expect(resolvePromoted(order('production~1', { run: '78' }), moved)).toMatchObject({ cid: B, redone: false });
    expect(resolvePromoted(order('production~1', { run: '' }), moved)).toMatchObject({ cid: B, redone: false });
    expect(resolvePromoted(order('staging', { toTag: 'production' }), moved)).toMatchObject({ cid: B, redone: false });
  });

  it('is counted anew when another run has moved the tag since', () => {
    const moved = carriedOut(history, planOf('production~1', history));
    const since = [...moved, pin('d', cidNumber(4), { production: `${NOW_S + 50} ddddddd` })];
    expect(resolvePromoted(order('production~1'), since)).toMatchObject({ cid: A, redone: false });
  });
});

describe('the plan of a promotion', () => {
  it('puts the tag on our own pin before that of others, and names what was there', () => {
    const foreign = { ...pinOf('foreign', A), createdAt: new Date(0) };
    const pins = [foreign, ...history];
    const promoted = resolvePromoted(order('production~1'), history);
    const plan = planPromotion(promoted, order('production~1'), {
      project: history,
      sameCid: [foreign, pins[1] ?? foreign],
    });
    expect(plan.pins.map(({ id }) => id)).toEqual(['a', 'foreign']);
    expect(plan).toMatchObject({ previous: B, changed: true, at: NOW_S, commit: 'aaaaaaa' });
    expect(plan.move).toEqual({ tag: 'production', run: '77' });
  });

  it('is refused where the account does not pin the content', () => {
    expect(() => planOf(cidNumber(9), history)).toThrow(/^The account does not pin /);
  });

  it('notes no run where nothing was counted back', () => {
    expect(planOf('pr-12', history).move).toBeUndefined();
    expect(planOf('staging', history).move).toBeUndefined();
    expect(planOf('production~1', history, { run: '' }).move).toBeUndefined();
  });

  it('takes the commit of the newest mark that knows one', () => {
    expect(planOf('pr-12', history).commit).toBe('0000000');
    const marked = [pin('a', A, { 'v1.0': '5 1111111', next: '9 0000000', staging: '7 2222222' })];
    expect(planOf('next', marked).commit).toBe('2222222');
  });

  it('leaves the time of a tag that stands there already', () => {
    const plan = planOf('production', history);
    expect(plan).toMatchObject({ changed: false, at: 200, previous: B });
    expect(carriedOut(history, plan)).toEqual(history);
  });

  it('moves the tag whatever times are on the pins, and takes nothing away', () => {
    const times = fc.integer({ min: 1, max: 2_000_000_000 });
    const someTag = fc.constantFrom('production', 'staging', 'v1');
    const pins = fc.array(fc.dictionary(someTag, times), { minLength: 1, maxLength: 5 }).map((all) =>
      all.map((marks, index) => {
        const own = Object.entries(marks).map(([tag, at]) => [tag, `${at} 1234567`]);
        return pin(`pin-${index}`, cidNumber(index + 1), Object.fromEntries(own) as Keyvalues);
      }),
    );
    fc.assert(
      fc.property(pins, someTag, fc.nat(4), (all, toTag, index) => {
        const cid = cidNumber((index % all.length) + 1);
        const after = carriedOut(all, planOf(cid, all, { toTag }));
        expect(currentCid(after, toTag, project)).toBe(cid);
        for (const [position, { keyvalues }] of all.entries())
          expect(Object.keys(after[position]?.keyvalues ?? {})).toEqual(expect.arrayContaining(Object.keys(keyvalues)));
      }),
    );
  });
});
