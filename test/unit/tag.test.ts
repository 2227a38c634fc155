import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ActionError } from '../../src/domain/errors.ts';
import { isTagName, type Keyvalues, parseTags, projectOf, pullRequestOf, renderTags } from '../../src/domain/tag.ts';
import { applyChanges, planTags, type TagRequest } from '../../src/domain/tagging.ts';

const project = projectOf('acme/app');
const other = projectOf('acme/docs');

const tagName = fc
  .stringMatching(/^[a-z0-9][a-z0-9._-]{0,23}$/)
  .filter((name) => isTagName(name) && pullRequestOf(name) === undefined);
const at = fc.integer({ min: 1, max: 4_000_000_000 });
const mark = fc.record({ tag: tagName, at, commit: fc.stringMatching(/^[0-9a-f]{7}$/) });
const preview = fc.record({ pullRequest: fc.integer({ min: 1, max: 9999 }), at });
const pinTags = fc.record({
  tags: fc.uniqueArray(mark, { selector: (entry) => entry.tag, maxLength: 6 }),
  previews: fc.uniqueArray(preview, { selector: (entry) => entry.pullRequest, maxLength: 8 }),
  adopted: fc.boolean(),
});

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

describe('schema 1', () => {
  it('marks a project by the first 8 hex digits of SHA-256 of its name', () => {
    expect(project).toEqual({ name: 'acme/app', key: 'pd1.5f89da04' });
  });

  it('reads back what it writes', () => {
    fc.assert(
      fc.property(pinTags, (tags) => {
        const read = parseTags(renderTags(tags, project), project);
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

  it('sees that another project uses the pin', () => {
    expect(parseTags({ [project.key]: project.name, [other.key]: other.name }, project).shared).toBe(true);
  });

  it('knows pull-request tags and refuses the reserved name', () => {
    expect(pullRequestOf('pr-128')).toBe(128);
    expect(pullRequestOf('pr-0')).toBeUndefined();
    expect(pullRequestOf('pr-1x')).toBeUndefined();
    expect(isTagName('previews')).toBe(false);
    expect(isTagName('Production')).toBe(false);
    expect(isTagName('a'.repeat(25))).toBe(false);
  });
});

describe('planTags', () => {
  it('asks for nothing more once its pairs are on the pin', () => {
    fc.assert(
      fc.property(
        pinTags,
        fc.array(tagName, { maxLength: 2 }),
        fc.option(preview, { nil: undefined }),
        (present, names, pull) => {
          const before = renderTags(
            { ...present, previews: present.previews.slice(0, 3), tags: present.tags.slice(0, 3) },
            project,
          );
          const tags = [...names, ...(pull === undefined ? [] : [`pr-${pull.pullRequest}`])];
          const wanted = request({ tags });
          const after = applyChanges(before, planTags(before, wanted));
          expect(planTags(after, wanted)).toEqual({});
          const read = parseTags(after, project);
          for (const name of names) expect(read.tags.map((entry) => entry.tag)).toContain(name);
          if (pull !== undefined) expect(read.previews.map((entry) => entry.pullRequest)).toContain(pull.pullRequest);
        },
      ),
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
  });

  const MARKED = { [project.key]: project.name };

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
});

function byTag(a: { readonly tag: string }, b: { readonly tag: string }): number {
  return a.tag < b.tag ? -1 : 1;
}
