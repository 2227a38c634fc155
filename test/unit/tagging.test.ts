import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ActionError } from '../../src/domain/errors.ts';
import { marksOf } from '../../src/domain/revision.ts';
import {
  type KeyvalueChanges,
  type Keyvalues,
  parseTags,
  projectOf,
  renderMerged,
  renderMoved,
  renderUnpinning,
} from '../../src/domain/tag.ts';
import {
  applyChanges,
  cutPreviews,
  type PinOrigin,
  planAnnouncement,
  planRelease,
  planTags,
  planUntag,
  type TagRequest,
} from '../../src/domain/tagging.ts';
import { cidNumber, pinOf } from './account.ts';

const project = projectOf('acme/app');
const other = projectOf('acme/docs');
const RUNS = { numRuns: 1000 };
const MARKED = { [project.key]: project.name };

/** Few names and times, so that what is asked for is often there already. */
const LASTING = ['production', 'v1', 'branch-next', 'a', 'b'];
const time = fc.constantFrom('5', '1799999999', '1800000000', '1800000001');
const wishes = fc.uniqueArray(fc.constantFrom(...LASTING, 'pr-5', 'pr-7'), { minLength: 1, maxLength: 3 });
const ownKeys = fc.record(
  {
    '': fc.constant(project.name),
    ...Object.fromEntries(LASTING.map((tag) => [`.${tag}`, time.map((at) => `${at} 1234567`)])),
    '.previews': fc
      .uniqueArray(fc.tuple(fc.constantFrom('0', '5', '6'), time), { selector: ([number]) => number, minLength: 1 })
      .map((entries) => entries.map(([number, at]) => `${number}@${at}`).join(' ')),
    '.released': time,
    '.unpinning': time,
    '.next': fc.constant('of a later version'),
    '.merged': fc.constant('6@1799999999'),
    '.moved': fc.constant('production@7'),
  },
  { requiredKeys: [''] },
);
const otherKeys: fc.Arbitrary<Keyvalues> = fc.record<Record<string, string>>(
  {
    [other.key]: fc.constant(other.name),
    [`${other.key}.production`]: fc.constant('5 1234567'),
    [`${other.key}.released`]: time,
    [`${other.key}.unpinning`]: time,
    [`${other.key}.merged`]: fc.constant('9@5'),
    team: fc.constant('web'),
    'pd1.adopted': fc.constant('1'),
  },
  { requiredKeys: [] },
);
const ours: fc.Arbitrary<Keyvalues> = fc
  .tuple(ownKeys, otherKeys)
  .map(([own, others]) => ({ ...prefixed(own), ...others }));
const pins: fc.Arbitrary<Keyvalues> = fc.oneof(ours, otherKeys);
const origins: fc.Arbitrary<PinOrigin> = fc.oneof(
  fc.constant({ kind: 'plain' } as const),
  fc.option(pins, { nil: undefined }).map((before) => ({ kind: 'met', before }) as const),
);

function prefixed(values: Keyvalues): Keyvalues {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`${project.key}${name}`, value]));
}

/** What is planned; cases whose pairs do not fit are left out. */
function planned(found: Keyvalues, wanted: TagRequest): KeyvalueChanges {
  try {
    return planTags(found, wanted);
  } catch (error) {
    fc.pre(!(error instanceof ActionError));
    throw error;
  }
}

function request(more: Partial<TagRequest> = {}): TagRequest {
  return {
    project,
    tags: ['production'],
    at: 1_800_000_000,
    commit: '4f2c9a1',
    metadata: {},
    superseded: new Set(),
    origin: { kind: 'plain' },
    ...more,
  };
}

describe('planTags', () => {
  it('asks for nothing more once its pairs are on the pin, and they are there', () => {
    fc.assert(
      fc.property(fc.tuple(pins, origins), wishes, ([found, origin], tags) => {
        const wanted = request({ tags, origin });
        const after = applyChanges(found, planned(found, wanted));
        expect(planTags(after, wanted)).toEqual({});
        const marks = marksOf({ pins: [pinOf('1', cidNumber(1), after)] }, project).map(({ tag }) => tag);
        expect(marks).toEqual(expect.arrayContaining([...tags]));
        expect(parseTags(after, project)).toMatchObject({ ours: true, released: undefined });
      }),
      RUNS,
    );
  });

  it('brings no pin above ten pairs, the announcement of a removal among them', () => {
    fc.assert(
      fc.property(pins, wishes, (found, tags) => {
        const after = applyChanges(found, planned(found, request({ tags, superseded: new Set(LASTING) })));
        expect(Object.keys(after).length).toBeLessThanOrEqual(Math.max(10, Object.keys(found).length));
      }),
      RUNS,
    );
  });

  it('never touches a key of another project or of the user', () => {
    const present: Keyvalues = { [other.key]: other.name, [`${other.key}.production`]: '5 1234567', team: 'web' };
    const changes = planTags(present, request());
    expect(Object.keys(changes).sort()).toEqual([project.key, `${project.key}.production`]);
  });

  it('adopts a pin that nobody of ours has used, and no other', () => {
    expect(planTags({ team: 'web' }, request())['pd1.adopted']).toBe('1');
    expect(planTags({ [other.key]: other.name }, request())['pd1.adopted']).toBeUndefined();
    expect(planTags({ [project.key]: project.name }, request())['pd1.adopted']).toBeUndefined();
    // What is left of a project that gave the pin up does not make the pin its own.
    expect(planTags({ [`${other.key}.unpinning`]: '5', team: 'web' }, request())['pd1.adopted']).toBe('1');
  });

  it('adopts a pin that an upload met, by the pairs that it had before', () => {
    const met = (before: Keyvalues | undefined): string | null | undefined =>
      planTags(MARKED, request({ origin: { kind: 'met', before } }))['pd1.adopted'];
    expect(met({ owner: 'alice' })).toBe('1');
    expect(met({})).toBe('1');
    expect(met({ [other.key]: other.name })).toBeUndefined();
    expect(met(MARKED)).toBeUndefined();
  });

  it('adopts a pin that an upload met where nothing is known of it, unless it carries tags', () => {
    const origin = { kind: 'met', before: undefined } as const;
    expect(planTags(MARKED, request({ origin }))['pd1.adopted']).toBe('1');
    const used = { ...MARKED, [`${project.key}.v1`]: '5 1234567' };
    expect(planTags(used, request({ origin }))['pd1.adopted']).toBeUndefined();
  });

  it('writes back what an upload wiped off the pin, of all projects', () => {
    const before = { ...MARKED, [`${project.key}.v1`]: '5 1234567', [other.key]: other.name, team: 'web' };
    const changes = planTags(MARKED, request({ origin: { kind: 'met', before } }));
    expect({ ...MARKED, ...changes }).toEqual({ ...before, [`${project.key}.production`]: '1800000000 4f2c9a1' });
  });

  it('does not bring back a single pair that somebody removed meanwhile', () => {
    const before = { ...MARKED, [`${project.key}.v1`]: '5 1234567', [other.key]: other.name, team: 'web' };
    const { [other.key]: _removed, ...found } = before;
    expect(planTags(found, request({ origin: { kind: 'met', before } }))).not.toHaveProperty(other.key);
    expect(planTags({ ...MARKED }, request())).not.toHaveProperty(other.key);
  });

  it('lets a newer mark of another run stand', () => {
    const present = { [project.key]: project.name, [`${project.key}.production`]: '1900000000 1234567' };
    expect(planTags(present, request())).toEqual({});
  });

  it('adds a preview in front of those that are there', () => {
    const present = { [project.key]: project.name, [`${project.key}.previews`]: '7@1700000000' };
    const changes = planTags(present, request({ tags: ['pr-12'] }));
    expect(changes).toEqual({ [`${project.key}.previews`]: '12@1800000000 7@1700000000' });
  });

  it('refuses a tenth pair and says how many there would be', () => {
    const present = Object.fromEntries(Array.from({ length: 8 }, (_, index) => [`k${index}`, 'v']));
    expect(() => planTags(present, request())).toThrow(/would need 11 key-value pairs/);
  });

  it('still moves a tag that is already on a full pin', () => {
    const marks = Object.fromEntries(
      Array.from({ length: 8 }, (_, index) => [`${project.key}.v${index}`, '5 1234567']),
    );
    const present = { [project.key]: project.name, ...marks };
    expect(planTags(present, request({ tags: ['v3'] }))).toEqual({ [`${project.key}.v3`]: '1800000000 4f2c9a1' });
  });

  it('refuses a key that another project holds, as a conflict', () => {
    const attempt = (): unknown => planTags({ [project.key]: 'somebody/else' }, request());
    expect(attempt).toThrow(ActionError);
    expect(attempt).toThrow(/belongs to the project "somebody\/else"/);
  });

  it('takes back that the pin was released', () => {
    const present = { ...MARKED, [`${project.key}.released`]: '1700000000' };
    expect(planTags(present, request())).toEqual({
      [`${project.key}.production`]: '1800000000 4f2c9a1',
      [`${project.key}.released`]: null,
    });
  });

  it('leaves alone what others say of the pin', () => {
    const present = {
      ...MARKED,
      [`${other.key}.released`]: '17',
      [`${other.key}.unpinning`]: '18',
      [`${project.key}.x`]: '?',
    };
    expect(Object.keys(planTags(present, request()))).toEqual([`${project.key}.production`]);
  });

  it('does not bring back what an upload met of its own releases and announcements', () => {
    const before = { ...MARKED, [`${project.key}.released`]: '1700000000', [`${project.key}.unpinning`]: '1700000000' };
    const wanted = request({ origin: { kind: 'met', before } });
    const changes = planTags(MARKED, wanted);
    expect(changes).toEqual({ [`${project.key}.production`]: '1800000000 4f2c9a1' });
    expect(planTags(applyChanges(MARKED, changes), wanted)).toEqual({});
  });

  /** As many tags as fit on a pin, the first of them the oldest. */
  const FULL: Keyvalues = {
    ...MARKED,
    ...Object.fromEntries(
      Array.from({ length: 8 }, (_, index) => [`${project.key}.v${index}`, `${index + 5} 1234567`]),
    ),
  };

  it('lets the oldest marks of tags that point elsewhere give way on a full pin, no more than it must', () => {
    expect(planTags(FULL, request({ superseded: new Set(['v6', 'v3', 'v4']) }))).toEqual({
      [`${project.key}.production`]: '1800000000 4f2c9a1',
      [`${project.key}.v3`]: null,
    });
    expect(planTags(FULL, request({ tags: ['a', 'pr-5'], superseded: new Set(['v6', 'v3', 'v4']) }))).toEqual({
      [`${project.key}.a`]: '1800000000 4f2c9a1',
      [`${project.key}.previews`]: '5@1800000000',
      [`${project.key}.v3`]: null,
      [`${project.key}.v4`]: null,
    });
  });

  it('does not let a tag give way that it is to put there', () => {
    const changes = planTags(FULL, request({ tags: ['v3', 'w'], superseded: new Set(['v3', 'v5']) }));
    expect(changes).toMatchObject({ [`${project.key}.v3`]: '1800000000 4f2c9a1', [`${project.key}.v5`]: null });
  });

  it('refuses the ninth tag of content that never changed, and names those that are on it', () => {
    const attempt = (): unknown => planTags(FULL, request({ tags: ['v8'] }));
    expect(attempt).toThrow('The pin would need 10 key-value pairs; 9 is the most that pinata-deploy puts on one.');
    let hint = '';
    try {
      attempt();
    } catch (error) {
      hint = error instanceof ActionError ? (error.hint ?? '') : '';
    }
    expect(hint).toContain('mode: cleanup with tags');
    for (const name of Object.keys(FULL)) expect(hint).toContain(name);
  });

  it('has room for as many tags as fit while a removal is announced', () => {
    const announced = { ...FULL, [`${project.key}.unpinning`]: '1700000000' };
    const { [`${project.key}.v7`]: _free, ...present } = announced;
    expect(planTags(present, request({ tags: ['v7'] }))).toEqual({ [`${project.key}.v7`]: '1800000000 4f2c9a1' });
    expect(() => planTags(announced, request({ tags: ['v8'] }))).toThrow('would need 10 key-value pairs');
  });

  it('lets marks give way that an upload wiped off', () => {
    const before = { ...FULL, team: 'web' };
    const wanted = request({ superseded: new Set(['v0', 'v1', 'v2']), origin: { kind: 'met', before } });
    const after = applyChanges(MARKED, planTags(MARKED, wanted));
    expect(Object.keys(after)).toHaveLength(9);
    expect(after).not.toHaveProperty(`${project.key}.v1`);
    expect(after).toHaveProperty(`${project.key}.v2`);
    expect(planTags(after, wanted)).toEqual({});
  });
});

describe('every change', () => {
  const order = { project, at: 1_800_000_000 };
  const given = fc
    .uniqueArray(fc.tuple(fc.constantFrom(...LASTING, 'pr-0', 'pr-5', 'next', 'released'), time), {
      selector: ([tag]) => tag,
    })
    .map((entries) => new Map(entries.map(([tag, at]) => [tag, Number(at)])));

  it('names keys of the project alone, the adoption, and notes of others that give way', () => {
    fc.assert(
      fc.property(pins, wishes, given, (found, tags, times) => {
        const all = [
          planned(found, request({ tags, superseded: new Set(LASTING) })),
          planUntag(found, times, order),
          planRelease(found, order),
          renderUnpinning(project, order.at),
        ];
        const foreign = all
          .flatMap((changes) => Object.entries(changes))
          .filter(([key]) => key !== project.key && !key.startsWith(`${project.key}.`) && key !== 'pd1.adopted');
        // But for notes, which give way to tags.
        expect(foreign.filter(([key, value]) => value !== null || !key.endsWith('.merged'))).toEqual([]);
      }),
      RUNS,
    );
  });

  it('is undone by nobody: the note of an adoption stays while another project is on the pin', () => {
    fc.assert(
      fc.property(pins, (found) => {
        fc.pre(found['pd1.adopted'] === '1' && Object.keys(found).some((key) => key.startsWith(other.key)));
        expect(applyChanges(found, planRelease(found, order))['pd1.adopted']).toBe('1');
      }),
      RUNS,
    );
  });

  it('leaves no tag of ours on a pin that is released, and never a tag of others', () => {
    fc.assert(
      fc.property(ours, (found) => {
        const after = applyChanges(found, planRelease(found, order));
        const read = parseTags(after, project);
        expect([...read.tags, ...read.previews]).toEqual([]);
        // Another run's deploy may have to see it.
        if (found['pd1.adopted'] !== '1') expect(read.unpinning).toBe(parseTags(found, project).unpinning);
        // A neighbour sees the pin as free, but for what this version does not know.
        const mine = Object.entries(after).filter(([key]) => key.startsWith(project.key));
        const neighbour = { [other.key]: other.name, ...Object.fromEntries(mine) };
        if (parseTags(found, project).unread.length === 0) expect(parseTags(neighbour, other).shared).toBe(false);
        const theirs = (values: Keyvalues): unknown =>
          Object.entries(values).filter(([key]) => !key.startsWith(project.key) && key !== 'pd1.adopted');
        expect(theirs(after)).toEqual(theirs(found));
      }),
      RUNS,
    );
  });

  it('is what is asked for and no more when tags are taken off', () => {
    fc.assert(
      fc.property(ours, given, (found, times) => {
        const marks = (values: Keyvalues): readonly string[] =>
          marksOf({ pins: [pinOf('1', cidNumber(1), values)] }, project).map(({ tag, at }) => `${tag}@${at}`);
        const goes = (mark: string): boolean => {
          const [tag = '', at] = mark.split('@');
          return Number(at) <= (times.get(tag) ?? -1);
        };
        const changes = planUntag(found, times, order);
        const after = applyChanges(found, changes);
        expect(marks(after)).toEqual(marks(found).filter((mark) => !goes(mark)));
        expect(planUntag(after, times, order)).toEqual({});
        const bare = marks(after).length === 0 && parseTags(after, project).unread.length === 0;
        const wrote = Object.hasOwn(changes, `${project.key}.released`);
        expect(wrote).toBe(bare && Object.keys(changes).length > 0);
      }),
      RUNS,
    );
  });
});

describe('planUntag', () => {
  const order = { project, at: 1_800_000_000 };
  const found = { ...MARKED, [`${project.key}.v1`]: '100 1234567', [`${project.key}.previews`]: '5@200 7@100' };

  it('takes marks off up to their time, and says nothing of a release while others are left', () => {
    expect(planUntag(found, new Map([['pr-5', 200]]), order)).toEqual({ [`${project.key}.previews`]: '7@100' });
    expect(planUntag(found, new Map([['pr-5', 199]]), order)).toEqual({});
  });

  it('says since when nothing is left', () => {
    const all = new Map([
      ['v1', 100],
      ['pr-5', 200],
      ['pr-7', 100],
    ]);
    expect(planUntag(found, all, order)).toEqual({
      [`${project.key}.v1`]: null,
      [`${project.key}.previews`]: null,
      [`${project.key}.released`]: '1800000000',
    });
  });

  it('does not call a pin released that has a tag of a later version', () => {
    const next = { ...MARKED, [`${project.key}.previews`]: '5@200', [`${project.key}.next`]: 'of a later version' };
    expect(planUntag(next, new Map([['pr-5', 200]]), order)).toEqual({ [`${project.key}.previews`]: null });
  });

  it('does not put off the release of a pin that has no such tag', () => {
    const bare = { ...MARKED, [`${project.key}.released`]: '1700000000' };
    expect(planUntag(bare, new Map([['pr-5', 200]]), order)).toEqual({});
  });
});

describe('planRelease', () => {
  const order = { project, at: 1_800_000_000 };

  it('leaves an adopted pin as it was before any project used it', () => {
    const before = { team: 'web', name: 'mine' };
    const used = applyChanges(before, planTags(before, request({ tags: ['production', 'pr-5'] })));
    const announced = applyChanges(used, renderUnpinning(project, 1_800_000_000));
    expect(used['pd1.adopted']).toBe('1');
    expect(applyChanges(announced, planRelease(announced, order))).toEqual(before);
  });

  it('leaves the note of an adoption to the project that is still there', () => {
    const both = { ...MARKED, [other.key]: other.name, [`${other.key}.released`]: '5', 'pd1.adopted': '1' };
    const after = applyChanges(both, planRelease(both, order));
    expect(after).toEqual({ [other.key]: other.name, [`${other.key}.released`]: '5', 'pd1.adopted': '1' });
    expect(applyChanges(after, planRelease(after, { ...order, project: other }))).toEqual({});
  });

  it('takes its tags off a pin that another project needs, and says since when', () => {
    const both = {
      ...MARKED,
      [`${project.key}.production`]: '100 1234567',
      [`${project.key}.previews`]: '5@200 0@100',
      [`${project.key}.unpinning`]: '1799999999',
      [other.key]: other.name,
      [`${other.key}.production`]: '100 1234567',
    };
    expect(planRelease(both, order)).toEqual({
      [`${project.key}.production`]: null,
      [`${project.key}.previews`]: null,
      [`${project.key}.released`]: '1800000000',
    });
  });

  it('takes off what is on the pin twice, by hand or by a race', () => {
    const odd = { ...MARKED, [`${project.key}.pr-5`]: '300 1234567', [`${project.key}.previews`]: '5@200 5@100' };
    expect(parseTags(applyChanges(odd, planRelease(odd, order)), project)).toMatchObject({ tags: [], previews: [] });
  });
});

describe('cutPreviews', () => {
  const many = Array.from({ length: 11 }, (_, index) => `${index + 1_000_000}@${1_700_000_000 + 11 - index}`).join(' ');
  const key = `${project.key}.previews`;

  it('names those that fell out of a full value, and the next writer keeps the note of them', () => {
    const found = { ...MARKED, [key]: many };
    const changes = planTags(found, request({ tags: ['pr-5'] }));
    const cut = cutPreviews(found, changes, project);
    expect(cut.length).toBeGreaterThan(0);
    const after = applyChanges(found, changes);
    const left = parseTags(after, project).previews.map(({ pullRequest }) => pullRequest);
    for (const number of cut) expect(left).not.toContain(number);
    expect(left[0]).toBe(5);
    expect(left).toContain(0);
    const later = applyChanges(after, planTags(after, request({ tags: ['pr-6'], at: 1_800_000_001 })));
    expect(parseTags(later, project).previews.map(({ pullRequest }) => pullRequest)).toContain(0);
  });

  it('names nobody where all fit', () => {
    const found = { ...MARKED, [key]: '7@100' };
    expect(cutPreviews(found, planTags(found, request({ tags: ['pr-5'] })), project)).toEqual([]);
  });
});

describe('what is noted in passing', () => {
  const move = { tag: 'production', run: '12345' };
  const note = { [`${project.key}.moved`]: 'production@12345' };
  const marked = (count: number): Keyvalues => ({
    ...MARKED,
    ...Object.fromEntries(LASTING.slice(0, count).map((tag) => [`${project.key}.${tag}`, '5 1234567'])),
  });
  const request: TagRequest = {
    project,
    tags: ['production'],
    at: 9,
    commit: '4f2c9a1',
    metadata: {},
    superseded: new Set(),
    origin: { kind: 'plain' },
    move,
  };

  it('says which run moved the tag here, once', () => {
    const found = marked(1);
    const changes = planTags(found, request);
    expect(changes).toEqual({ [`${project.key}.production`]: '9 4f2c9a1', ...note });
    expect(planTags(applyChanges(found, changes), request)).toEqual({});
  });

  it('is left out where it would leave no room for one more', () => {
    const roomy = { ...marked(5), team: 'web' };
    expect(planTags(roomy, request)).toMatchObject(note);
    expect(planTags({ ...roomy, site: 'x' }, request)).toEqual({ [`${project.key}.production`]: '9 4f2c9a1' });
  });

  it('gives way before any mark does, whoever noted it', () => {
    const theirs = { [other.key]: other.name, [`${other.key}.production`]: '5 1234567', [`${other.key}.moved`]: 'a@1' };
    const found = { ...marked(5), ...theirs };
    expect(Object.keys(found)).toHaveLength(9);
    const changes = planTags(found, { ...request, tags: ['new'], superseded: new Set(LASTING), move: undefined });
    expect(changes).toEqual({ [`${project.key}.new`]: '9 4f2c9a1', [`${other.key}.moved`]: null });
    const own = { ...marked(5), [`${project.key}.merged`]: '6@5', team: 'web', site: 'x' };
    expect(planTags(own, { ...request, tags: ['new'], superseded: new Set(LASTING), move: undefined })).toEqual({
      [`${project.key}.new`]: '9 4f2c9a1',
      [`${project.key}.merged`]: null,
    });
  });

  it('never brings a pin above eight pairs', () => {
    fc.assert(
      fc.property(pins, wishes, (found, tags) => {
        fc.pre(Object.keys(found).length <= 5);
        const changes = planTags(found, { ...request, tags, superseded: new Set(LASTING) });
        const isNoted = changes[`${project.key}.moved`] === 'production@12345';
        expect(isNoted ? Object.keys(applyChanges(found, changes)).length : 0).toBeLessThanOrEqual(8);
      }),
      RUNS,
    );
  });

  it('names the merged pull requests whose marks were taken off, and not those that were closed', () => {
    const found = { ...MARKED, [`${project.key}.previews`]: '7@6 5@5', [`${project.key}.production`]: '5 1234567' };
    const off = new Map([
      ['pr-5', 9],
      ['pr-7', 9],
    ]);
    const changes = planUntag(found, off, { project, at: 9, merged: new Set(['pr-5']) });
    expect(changes).toEqual({ [`${project.key}.previews`]: null, [`${project.key}.merged`]: '5@5' });
    expect(parseTags(applyChanges(found, changes), project).merged).toEqual([{ pullRequest: 5, at: 5 }]);
  });

  it('is read back as it was written, and not where somebody else wrote it', () => {
    fc.assert(
      fc.property(fc.nat(), fc.constantFrom(...LASTING), (run, tag) => {
        const own = { tag, run: String(run) };
        const found = applyChanges(MARKED, renderMoved(project, own));
        expect(parseTags(found, project)).toMatchObject({ moved: own, unread: [] });
        expect(applyChanges(found, renderMoved(project, undefined))).toEqual(MARKED);
      }),
    );
    for (const value of ['production', 'production@', 'production@x', 'No@1', '@1', `a@${'1'.repeat(21)}`]) {
      const found = { ...MARKED, [`${project.key}.moved`]: value };
      expect(parseTags(found, project), value).toMatchObject({ moved: undefined, unread: ['moved'] });
    }
  });

  it('keeps the newest merged pull requests where not all fit', () => {
    const marks = Array.from({ length: 40 }, (_, index) => ({ pullRequest: 1000 + index, at: 1_800_000_000 + index }));
    const [value] = Object.values(renderMerged(project, marks));
    const { merged } = parseTags({ ...MARKED, [`${project.key}.merged`]: value ?? '' }, project);
    expect(value?.length).toBeLessThan(200);
    expect(merged[0]?.pullRequest).toBe(1039);
    expect(merged).toEqual(marks.toReversed().slice(0, merged.length));
  });

  it('goes with the release of a pin', () => {
    const found = { ...marked(1), ...note, [`${project.key}.merged`]: '6@5' };
    expect(applyChanges(found, planRelease(found, { project, at: 9 }))).toEqual({
      ...MARKED,
      [`${project.key}.released`]: '9',
    });
  });
});

describe('planAnnouncement', () => {
  it('is the announcement alone, and makes room for it where notes of two runs left none', () => {
    const announced = { [`${project.key}.unpinning`]: '9' };
    expect(planAnnouncement(MARKED, { project, at: 9 })).toEqual(announced);
    fc.assert(
      fc.property(pins, (found) => {
        const notes = Object.keys(found).filter((key) => /\.(merged|moved)$/.test(key)).length;
        fc.pre(Object.keys(found).length - notes <= 9);
        const after = applyChanges(found, planAnnouncement(found, { project, at: 9 }));
        expect(Object.keys(after).length).toBeLessThanOrEqual(10);
        expect(after).toMatchObject(announced);
      }),
      RUNS,
    );
  });
});
