import { describe, expect, it } from 'vitest';
import type { Cid } from '../../src/domain/cid.ts';
import { ActionError } from '../../src/domain/errors.ts';
import {
  judgeRevisions,
  matchesTag,
  type RetentionPolicy,
  refuseTooMany,
  tagsToTakeOff,
  toUnpin,
} from '../../src/domain/retention.ts';
import type { Revision } from '../../src/domain/revision.ts';
import type { Keyvalues } from '../../src/domain/tag.ts';
import { cidNumber, pinOf } from './account.ts';
import { DAY, HOUR, MINUTE, NOW, NOW_S, other, project } from './retention-worlds.ts';

const POLICY: RetentionPolicy = {
  project,
  keepLast: 2,
  keepWithinMs: 7 * DAY * 1000,
  protectTags: ['v*'],
  protectCids: new Set(),
  inUse: new Map(),
  givenUp: new Map(),
  scope: 'all',
};
const [A, B, C, D] = [cidNumber(1), cidNumber(2), cidNumber(3), cidNumber(4)];
const LONG_AGO = NOW_S - 100 * DAY;

/** Keys of the project from `{ production: <age in seconds>, 'pr-5': <age> }`. */
function keys(ages: Readonly<Record<string, number>>, more: Keyvalues = {}): Keyvalues {
  const previews = Object.entries(ages)
    .filter(([tag]) => tag.startsWith('pr-'))
    .map(([tag, age]) => `${tag.slice(3)}@${NOW_S - age}`);
  const lasting = Object.entries(ages).filter(([tag]) => !tag.startsWith('pr-'));
  return {
    [project.key]: project.name,
    ...Object.fromEntries(lasting.map(([tag, age]) => [`${project.key}.${tag}`, `${NOW_S - age} 4f2c9a1`])),
    ...(previews.length > 0 ? { [`${project.key}.previews`]: previews.join(' ') } : {}),
    ...more,
  };
}

interface Extra {
  readonly others?: readonly Keyvalues[];
  readonly createdAt?: number;
}

function revision(cid: Cid, keyvalues: Keyvalues | readonly Keyvalues[], extra: Extra = {}): Revision {
  const all: readonly Keyvalues[] = Array.isArray(keyvalues) ? keyvalues : [keyvalues];
  const createdAt = new Date((extra.createdAt ?? LONG_AGO) * 1000);
  return {
    cid,
    pins: all.map((values, index) => ({ ...pinOf(`${index}`, cid, values), createdAt })),
    others: (extra.others ?? []).map((values, index) => pinOf(`other-${index}`, cid, values)),
  };
}

function lines(revisions: readonly Revision[], policy: Partial<RetentionPolicy> = {}): readonly string[] {
  return judgeRevisions(revisions, { ...POLICY, ...policy }, NOW).map(
    ({ refs, verdict, fate }) => `${refs.join(' ') || '-'} | ${verdict.kind} | ${verdict.reason} | ${fate}`,
  );
}

function line(only: Revision, policy: Partial<RetentionPolicy> = {}): string | undefined {
  return lines([only], policy)[0];
}

const closed = (at = NOW_S): RetentionPolicy['givenUp'] => new Map([['pr-5', { why: 'pull request closed', at }]]);
const merged = (agoS: number): RetentionPolicy['givenUp'] =>
  new Map([['pr-5', { why: 'pull request merged', at: NOW_S, mergedAt: new Date((NOW_S - agoS) * 1000) }]]);

describe('the verdicts as people read them', () => {
  it('keep what is current and its history, and give up what is older', () => {
    expect(
      lines([
        revision(A, keys({ production: MINUTE })),
        revision(B, keys({ production: 20 * DAY })),
        revision(C, keys({ production: 30 * DAY })),
        revision(D, keys({ production: 40 * DAY })),
      ]),
    ).toEqual([
      'production | current | current | keep',
      'production~1 | history | keep-last 2 | keep',
      'production~2 | stale | older than keep-last 2 and keep-within | unpin',
      'production~3 | stale | older than keep-last 2 and keep-within | unpin',
    ]);
  });

  it('keep what is young beyond keep-last', () => {
    const revisions = [A, B, C, D].map((cid, index) => revision(cid, keys({ production: (index + 1) * DAY })));
    expect(lines(revisions, { keepLast: 1 })).toEqual([
      'production | current | current | keep',
      'production~1 | young | younger than keep-within | keep',
      'production~2 | young | younger than keep-within | keep',
      'production~3 | young | younger than keep-within | keep',
    ]);
    expect(lines(revisions, { keepLast: 1, keepWithinMs: 3 * DAY * 1000 })[2]).toContain('| stale |');
  });

  it('do not count old previews by keep-last', () => {
    const revisions = [revision(A, keys({ 'pr-5': MINUTE })), revision(B, keys({ 'pr-5': 8 * DAY }))];
    expect(lines(revisions)).toEqual([
      'pr-5 | current | current | keep',
      'pr-5~1 | stale | replaced, older than keep-within | unpin',
    ]);
  });

  it('call contents of one second current, all of them, whoever comes first', () => {
    const revisions = [A, B, C].map((cid) => revision(cid, keys({ production: 20 * DAY })));
    expect(lines(revisions, { keepLast: 1 }).every((text) => text.endsWith('| current | current | keep'))).toBe(true);
  });

  it('protect what protect-tags names, and say by which glob', () => {
    const old = revision(B, keys({ 'v1.0': 90 * DAY }));
    expect(lines([revision(A, keys({ 'v1.0': DAY })), old])[1]).toBe('v1.0~1 | protected | protect-tags v* | keep');
    expect(lines([revision(A, keys({ 'v1.0': DAY })), old], { protectTags: [], keepLast: 1 })[1]).toContain(
      '| stale |',
    );
  });

  it('protect the CIDs that the user names', () => {
    const unneeded = revision(A, keys({}));
    expect(line(unneeded)).toBe('- | stale | no tag | unpin');
    expect(line(unneeded, { protectCids: new Set([A]) })).toBe('- | protected | protect-cids | keep');
  });

  it('protect what is in use outside, with what uses it', () => {
    const inUse = new Map([[A, 'active GitHub deployment of production']]);
    expect(line(revision(A, keys({})), { inUse })).toBe(
      '- | protected | active GitHub deployment of production | keep',
    );
  });

  it('protect a tag that this version cannot read', () => {
    const next = keys({}, { [`${project.key}.next`]: '{"at":1}' });
    expect(line(revision(A, next))).toBe('- | protected | its tag next is of a newer version | keep');
  });

  it('leave the history of other tags alone', () => {
    const revisions = [revision(A, keys({ 'branch-next': DAY })), revision(B, keys({ 'branch-next': 90 * DAY }))];
    expect(lines(revisions, { scope: new Set(['production']), keepLast: 1 })[1]).toBe(
      'branch-next~1 | protected | history of branch-next, not of this run | keep',
    );
  });

  it('leave previews that did not fit to a sweep, which keeps them for 30 days', () => {
    const fell = (age: number): Revision => revision(A, keys({ 'pr-0': age }));
    expect(line(fell(29 * DAY))).toBe('pr-0 | young | more previews than fit on the pin | keep');
    expect(line(fell(31 * DAY))).toBe('pr-0 | stale | previews that did not fit, older than 30 days | unpin');
    expect(line(fell(31 * DAY), { scope: new Set(['production']) })).toContain('| protected |');
  });

  it('keep content that another tag needs, and name the tag', () => {
    const shared = revision(A, keys({ production: 20 * DAY, 'pr-5': DAY }));
    expect(line(shared, { givenUp: closed() })).toBe(
      'pr-5 production | shared-content | same CID as production (current) | untag',
    );
  });

  it('keep content that lost one tag by age and has another', () => {
    const newer = revision(A, keys({ production: DAY }));
    const old = revision(B, keys({ production: 90 * DAY, 'branch-next': 90 * DAY }));
    expect(lines([newer, old], { keepLast: 1 })[1]).toBe(
      'branch-next production~1 | shared-content | same CID as branch-next (current) | keep',
    );
  });

  it('release what another project needs on the same pin', () => {
    const both = keys({}, { [other.key]: other.name, [`${other.key}.production`]: '1700000000 1234567' });
    expect(line(revision(A, both))).toBe('- | other-project | used outside of this project | release');
  });

  it('release what somebody else pinned, and have nothing to do once it is released', () => {
    const foreign = [{ team: 'web' }];
    expect(line(revision(A, keys({}), { others: foreign }))).toContain('| other-project |');
    const released = keys({}, { [`${project.key}.released`]: String(NOW_S - 2 * HOUR) });
    expect(line(revision(A, released, { others: foreign }))).toBe(
      '- | other-project | used outside of this project | keep',
    );
  });

  it('unpin what the other project has released too', () => {
    const both = keys({}, { [other.key]: other.name, [`${other.key}.released`]: '1700000000' });
    expect(line(revision(A, both))).toBe('- | stale | no tag | unpin');
  });

  it('release what was pinned before the project used it', () => {
    const adopted = revision(A, keys({ 'pr-5': DAY }, { 'pd1.adopted': '1' }));
    expect(line(adopted, { givenUp: closed() })).toBe(
      'pr-5 | adopted | was pinned before this project used it | release',
    );
  });

  it('free the content of a closed pull request at once, and of one that is merged after an hour', () => {
    const preview = revision(A, keys({ 'pr-5': DAY }));
    expect(line(preview, { givenUp: closed() })).toBe('pr-5 | stale | pull request closed, no other tag | unpin');
    expect(line(preview, { givenUp: merged(MINUTE) })).toBe('pr-5 | young | merged within the hour | untag');
    expect(line(preview, { givenUp: merged(HOUR) })).toBe('pr-5 | stale | pull request merged, no other tag | unpin');
  });

  it('leave the mark of a merge where another lost mark would free the content before the hour is over', () => {
    const revisions = [revision(A, keys({ 'pr-7': MINUTE })), revision(B, keys({ 'pr-5': DAY, 'pr-7': 9 * DAY }))];
    expect(lines(revisions, { givenUp: merged(MINUTE) })[1]).toBe(
      'pr-5 pr-7~1 | young | merged within the hour | keep',
    );
  });

  it('keep a preview that was put there after its pull request was closed', () => {
    const reopened = revision(A, keys({ 'pr-5': 10 }));
    expect(line(reopened, { givenUp: closed(NOW_S - 11) })).toBe('pr-5 | current | current | keep');
    expect(line(reopened, { givenUp: closed(NOW_S - 10) })).toContain('| stale |');
  });

  it('give an upload that has no tag yet an hour', () => {
    expect(line(revision(A, keys({}), { createdAt: NOW_S - HOUR + 1 }))).toBe(
      '- | young | without a tag for less than an hour | keep',
    );
    expect(line(revision(A, keys({}), { createdAt: NOW_S - HOUR }))).toBe('- | stale | no tag | unpin');
  });

  it('count the hour from the moment the last tag was taken off', () => {
    const since = (age: number): Revision =>
      revision(A, keys({}, { [`${project.key}.released`]: String(NOW_S - age) }));
    expect(line(since(HOUR - 1))).toContain('| young |');
    expect(line(since(HOUR))).toContain('| stale |');
  });

  it('count from the youngest of its pins where there are several', () => {
    const [old, young] = [revision(A, keys({})), revision(A, keys({}), { createdAt: NOW_S - MINUTE })];
    const both = { ...old, pins: [...old.pins, ...young.pins] };
    expect(line(both)).toBe('- | young | without a tag for less than an hour | keep');
  });

  it('add up the tags of all pins of a CID, each with its newest time', () => {
    const copies = revision(A, [keys({ production: 30 * DAY }), keys({ production: DAY, 'pr-5': 2 * DAY })]);
    const before = revision(B, keys({ production: 20 * DAY }));
    expect(lines([before, copies], { keepLast: 1 })).toEqual([
      'production~1 | stale | older than keep-last 1 and keep-within | unpin',
      'production pr-5 | current | current | keep',
    ]);
  });
});

describe('tagsToTakeOff', () => {
  it('spares the tags that protect-tags names, though they are given up', () => {
    const givenUp = new Map([...closed(), ['pr-7', { why: 'pull request closed', at: 9 }] as const]);
    expect(tagsToTakeOff({ ...POLICY, givenUp, protectTags: ['pr-7'] })).toEqual(new Map([['pr-5', NOW_S]]));
  });
});

describe('matchesTag', () => {
  it.each([
    ['v*', 'v1.2.3', true],
    ['v*', 'preview', false],
    ['v1.?', 'v1.2', true],
    ['v1.?', 'v1x2', false],
    ['v1.?', 'v1.', false],
    ['*', 'production', true],
    ['branch-*-rc', 'branch-next-rc', true],
    ['production', 'production2', false],
    ['**', 'production', true],
    // A repeated star must not multiply the ways to match.
    [`${'*'.repeat(39)}b`, 'a'.repeat(24), false],
  ])('%s on %s: %s', (glob, tag, matches) => {
    expect(matchesTag(glob, tag)).toBe(matches);
  });
});

describe('max-removals', () => {
  const rows = judgeRevisions([revision(A, keys({})), revision(B, keys({})), revision(C, keys({ x: 1 }))], POLICY, NOW);

  it('counts what would be unpinned only', () => {
    expect(toUnpin(rows).map(({ revision: { cid } }) => cid)).toEqual([A, B]);
    expect(() => refuseTooMany(rows, 2)).not.toThrow();
  });

  it('refuses a plan beyond it with both numbers', () => {
    expect(() => refuseTooMany(rows, 1)).toThrow(ActionError);
    expect(() => refuseTooMany(rows, 1)).toThrow('The plan would unpin 2 revisions; max-removals is 1.');
  });
});
