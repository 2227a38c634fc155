import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  isLasting,
  isTagName,
  type Keyvalues,
  parseTags,
  projectOf,
  pullRequestOf,
  renderForgotten,
  renderReleased,
  renderTags,
  renderUnpinning,
  renderUntagged,
  wasPreview,
} from '../../src/domain/tag.ts';
import { applyChanges } from '../../src/domain/tagging.ts';

const project = projectOf('acme/app');
const other = projectOf('acme/docs');

const tagName = fc
  .stringMatching(/^[a-z0-9][a-z0-9._-]{0,23}$/)
  .filter((name) => isTagName(name) && pullRequestOf(name) === undefined);
const at = fc.integer({ min: 1, max: 4_000_000_000 });
const mark = fc.record({ tag: tagName, at, commit: fc.stringMatching(/^[0-9a-f]{7}$/) });
// 0 stands for those that did not fit.
const preview = fc.record({ pullRequest: fc.integer({ min: 0, max: 9999 }), at });
const noted = fc.option(at, { nil: undefined });
const pinTags = fc.record({
  tags: fc.uniqueArray(mark, { selector: (entry) => entry.tag, maxLength: 6 }),
  previews: fc.uniqueArray(preview, { selector: (entry) => entry.pullRequest, maxLength: 8 }),
  adopted: fc.boolean(),
});

describe('schema 1', () => {
  it('marks a project by the first 8 hex digits of SHA-256 of its name', () => {
    expect(project).toEqual({ name: 'acme/app', key: 'pd1.5f89da04' });
  });

  it('reads back what it writes', () => {
    fc.assert(
      fc.property(pinTags, noted, noted, (tags, released, unpinning) => {
        const written = [renderReleased(project, released), renderUnpinning(project, unpinning)];
        const read = parseTags(written.reduce(applyChanges, renderTags(tags, project)), project);
        expect(read).toMatchObject({ released, unpinning, unread: [] });
        expect(read.ours).toBe(true);
        expect(read.adopted).toBe(tags.adopted);
        expect(read.shared).toBe(false);
        expect([...read.tags].sort(byTag)).toEqual([...tags.tags].sort(byTag));
        expect(new Set(read.previews.map((entry) => `${entry.pullRequest}@${entry.at}`))).toEqual(
          new Set(tags.previews.map((entry) => `${entry.pullRequest}@${entry.at}`)),
        );
      }),
    );
  });

  it('keeps every value under 200 characters and lets the oldest previews go', () => {
    const previews = Array.from({ length: 40 }, (_, index) => ({ pullRequest: index + 1, at: 1_700_000_000 + index }));
    const written = renderTags({ tags: [], previews, adopted: false }, project);
    const value = written[`${project.key}.previews`] ?? '';
    expect(value.length).toBeLessThan(200);
    expect(value.startsWith('40@1700000039 39@1700000038')).toBe(true);
    expect(parseTags(written, project).previews.length).toBeGreaterThanOrEqual(11);
  });

  it('says by an entry 0 that some were cut, and when the newest one came that did it', () => {
    const previews = Array.from({ length: 12 }, (_, index) => ({ pullRequest: index + 1, at: 1_700_000_000 + index }));
    const value = (entries: typeof previews): string =>
      renderTags({ tags: [], previews: entries, adopted: false }, project)[`${project.key}.previews`] ?? '';
    expect(value(previews.slice(0, 2))).toBe('2@1700000001 1@1700000000');
    const wide = previews.map(({ pullRequest, at: since }) => ({
      pullRequest: pullRequest + 1_000_000_000,
      at: since,
    }));
    const cut = value(wide);
    expect(cut.split(' ').at(-1)).toBe('0@1700000011');
    const older = { pullRequest: 0, at: 1_600_000_000 };
    expect(value([...wide, older])).toBe(cut);
    expect(value([{ pullRequest: 3, at: 5 }, older])).toBe('3@5 0@1600000000');
  });

  it('takes a pin with another project under the same key as foreign', () => {
    const tags = parseTags({ [project.key]: 'somebody/else', [`${project.key}.production`]: '1 0000000' }, project);
    expect(tags).toMatchObject({ ours: false, tags: [], previews: [], adopted: false, shared: true });
  });

  it('leaves values that are not tags alone', () => {
    const tags = parseTags(
      { [project.key]: project.name, [`${project.key}.Bad Name`]: '1 0000000', [`${project.key}.x`]: 'y' },
      project,
    );
    expect(tags.tags).toEqual([]);
  });

  it.each([
    ['next', 'tomorrow'],
    ['Bad Name', '1 0000000'],
    ['pr-0', '1 0000000'],
    ['previews', '5@1700000000 6@tomorrow'],
    ['released', 'yesterday'],
    ['unpinning', 'soon'],
  ])('tells that it cannot read %s with the value "%s"', (name, value) => {
    const values = { [project.key]: project.name, [`${project.key}.${name}`]: value };
    expect(parseTags(values, project)).toMatchObject({ tags: [], unread: [name], released: undefined });
  });

  const theirs = (names: Keyvalues): Keyvalues =>
    Object.fromEntries(Object.entries(names).map(([name, value]) => [`${other.key}${name}`, value]));

  it.each<[string, Keyvalues, boolean]>([
    ['nothing of another project', {}, false],
    ['keys of the user', { team: 'web', pd2: 'x', 'xpd1.1': 'y' }, false],
    ['that somebody adopted it', { 'pd1.adopted': '1' }, false],
    ['a marker alone, which may be an upload', theirs({ '': other.name }), true],
    ['a tag', theirs({ '': other.name, '.production': '5 1234567' }), true],
    ['previews', theirs({ '': other.name, '.previews': '5@7' }), true],
    ['tags without the marker', theirs({ '.production': '5 1234567' }), true],
    ['that it was released', theirs({ '': other.name, '.released': '5' }), false],
    ['that it was released, without the marker', theirs({ '.released': '5' }), false],
    [
      'that it was released and is to be unpinned',
      theirs({ '': other.name, '.released': '5', '.unpinning': '6' }),
      false,
    ],
    ['that it is to be unpinned, and not that it was released', theirs({ '': other.name, '.unpinning': '6' }), true],
    ['a release that is out of date', theirs({ '': other.name, '.released': '5', '.v1': '6 1234567' }), true],
    ['a release and a key of a later version', theirs({ '': other.name, '.released': '5', '.lease': 'x' }), true],
    ['a release that cannot be read', theirs({ '': other.name, '.released': 'yesterday' }), true],
    ['a marker of a later version', { 'pd1.settings': 'x' }, true],
    ['a marker of a later version that looks released', { 'pd1.settings': 'x', 'pd1.settings.released': '5' }, true],
    [
      'two others, of which one released it',
      { ...theirs({ '': other.name, '.released': '5' }), 'pd1.00000000': 'acme/third' },
      true,
    ],
  ])('knows whether another project needs a pin that says %s', (_what, values, shared) => {
    expect(parseTags({ [project.key]: project.name, ...values }, project).shared).toBe(shared);
    expect(parseTags(values, project)).toMatchObject({ ours: false, shared });
  });

  it('is not shared by what the project itself has on the pin', () => {
    fc.assert(
      fc.property(pinTags, noted, (tags, released) => {
        const values = applyChanges(renderTags(tags, project), renderReleased(project, released));
        expect(parseTags(values, project).shared).toBe(false);
        expect(parseTags(values, other).shared).toBe(
          released === undefined || tags.tags.length + tags.previews.length > 0,
        );
      }),
    );
  });

  it('knows pull-request tags and refuses the reserved names', () => {
    expect(pullRequestOf('pr-128')).toBe(128);
    expect(pullRequestOf('pr-0')).toBeUndefined();
    expect(pullRequestOf('pr-1x')).toBeUndefined();
    for (const name of ['previews', 'released', 'unpinning']) expect(isTagName(name)).toBe(false);
    // What stands for previews that did not fit.
    expect(isTagName('pr-0')).toBe(false);
    expect(isTagName('Production')).toBe(false);
    expect(isTagName('a'.repeat(25))).toBe(false);
  });
});

describe('what is taken off a pin', () => {
  const values: Keyvalues = {
    [project.key]: project.name,
    [`${project.key}.production`]: '100 4f2c9a1',
    [`${project.key}.v1`]: '200 4f2c9a1',
    [`${project.key}.previews`]: '5@300 7@100 0@50',
    [`${project.key}.next`]: 'of a later version',
    [other.key]: other.name,
    [`${other.key}.production`]: '100 4f2c9a1',
    team: 'web',
  };

  it('is the tags that are named, up to the time that is given', () => {
    const tags = new Map([
      ['production', 100],
      ['v1', 199],
      ['pr-5', 300],
      ['pr-7', 99],
      ['next', 1000],
    ]);
    expect(renderUntagged(tags, values, project)).toEqual({
      [`${project.key}.production`]: null,
      [`${project.key}.previews`]: '7@100 0@50',
    });
  });

  it('is the whole value of previews with its last entry', () => {
    const one = { [project.key]: project.name, [`${project.key}.previews`]: '5@300' };
    expect(renderUntagged(new Map([['pr-5', 300]]), one, project)).toEqual({ [`${project.key}.previews`]: null });
  });

  it('is nothing where another project holds the key', () => {
    const stolen = { ...values, [project.key]: 'somebody/else' };
    expect(renderUntagged(new Map([['production', 1000]]), stolen, project)).toEqual({});
  });

  it('is every key of the project when it forgets the pin', () => {
    const own = Object.keys(values).filter((name) => name.startsWith(project.key));
    expect(Object.keys(renderForgotten(values, project)).sort()).toEqual(own.sort());
  });

  it('is the note that it was adopted only with the last project', () => {
    const adopted = { ...values, 'pd1.adopted': '1' };
    expect(renderForgotten(adopted, project)).not.toHaveProperty('pd1.adopted');
    const alone = applyChanges(adopted, renderForgotten(adopted, other));
    expect(applyChanges(alone, renderForgotten(alone, project))).toEqual({ team: 'web' });
  });
});

describe('what may expire', () => {
  it.each<[Keyvalues, boolean, boolean]>([
    [{}, false, false],
    [{ [`${project.key}.previews`]: '5@3' }, false, true],
    [{ [`${project.key}.released`]: '3', [`${project.key}.unpinning`]: '3' }, false, true],
    [{ [`${other.key}.production`]: '3 4f2c9a1', [`${project.key}.previews`]: '5@3' }, true, true],
    [{ [`${project.key}.lease`]: 'of a later version' }, true, false],
    [{ [project.key]: project.name, 'pd1.adopted': '1', production: 'x' }, false, false],
  ])('%o: lasting %s, was a preview %s', (values, lasting, preview) => {
    expect(isLasting(values)).toBe(lasting);
    expect(wasPreview(values)).toBe(preview);
  });
});

function byTag(a: { readonly tag: string }, b: { readonly tag: string }): number {
  return a.tag < b.tag ? -1 : 1;
}
