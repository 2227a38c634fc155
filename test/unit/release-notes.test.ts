import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { withBlock } from '../../src/domain/release-notes.ts';
import { projectOf } from '../../src/domain/tag.ts';

const SITE = projectOf('acme/site');
const DOCS = projectOf('acme/site#docs');
const NAME = SITE.key.replace(/^pd1\./, '');
const BEGIN = `<!-- pinata-deploy:begin ${NAME} -->`;
const END = `<!-- pinata-deploy:end ${NAME} -->`;

/** Notes of people and of machines, whole and broken. */
const notes = fc
  .array(fc.oneof(fc.string(), fc.constantFrom(BEGIN, END, `${BEGIN}\nold\n${END}`, '\n', '\r\n', '$&', 'text')), {
    maxLength: 8,
  })
  .map((parts) => parts.join(''));

describe('release notes', () => {
  it('are the block alone where there were none', () => {
    expect(withBlock(' \n', '\n### On IPFS\n', SITE)).toBe(`${BEGIN}\n### On IPFS\n${END}`);
  });

  it('get the block at their end, and the next one in its place', () => {
    const first = withBlock('# Fixes\n', 'one', SITE);
    expect(first).toBe(`# Fixes\n\n${BEGIN}\none\n${END}`);
    const edited = `${first}\n\nThanks to everybody.\n`;
    expect(withBlock(edited, 'two', SITE)).toBe(`# Fixes\n\n${BEGIN}\ntwo\n${END}\n\nThanks to everybody.\n`);
  });

  it('have a block for each site', () => {
    const both = withBlock(withBlock('Notes', 'site', SITE), 'docs', DOCS);
    const changed = withBlock(both, 'new', SITE);
    expect(changed).toBe(both.replace('\nsite\n', '\nnew\n'));
    expect(withBlock(changed, 'docs', DOCS)).toBe(changed);
  });

  it('stay as they are when a browser changed the line ends only', () => {
    const edited = withBlock('Notes', 'a\nb', SITE).replaceAll('\n', '\r\n');
    expect(withBlock(edited, 'a\nb', SITE)).toBe(edited);
  });

  it('take a block with signs that a replacement would read', () => {
    expect(withBlock(`${BEGIN}\nx\n${END}`, "$& $1 $' $$", SITE)).toBe(`${BEGIN}\n$& $1 $' $$\n${END}`);
  });

  it.each([
    ['an end that has no begin', `${END}\nkept ${BEGIN} kept`],
    ['a begin that has no end', `kept ${BEGIN}\nkept`],
    ['an end before the begin', `${END} kept ${BEGIN}`],
  ])('keep every word around %s', (_title, broken) => {
    const once = withBlock(broken, 'new', SITE);
    expect(once.startsWith(broken)).toBe(true);
    expect(withBlock(once, 'newer', SITE)).toBe(once.replace('\nnew\n', '\nnewer\n'));
  });

  it('do not change when it is repeated, whatever they were', () => {
    fc.assert(
      fc.property(notes, fc.stringMatching(/^[\w $]{1,20}$/), (before, block) => {
        const once = withBlock(before, block, SITE);
        expect(withBlock(once, block, SITE)).toBe(once);
      }),
    );
  });

  it('keep what people wrote outside of the block', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z \n$]{0,40}$/), fc.stringMatching(/^[a-z \n$]{0,40}$/), (head, tail) => {
        const given = `${head}${BEGIN}\nold\n${END}${tail}`;
        expect(withBlock(given, 'new', SITE)).toBe(`${head}${BEGIN}\nnew\n${END}${tail}`);
      }),
    );
  });
});
