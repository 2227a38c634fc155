import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Diff, diffTrees } from '../../src/domain/diff.ts';
import { explainRebuild } from '../../src/domain/rebuild.ts';
import { cidNumber } from './account.ts';

/** One bundle has another hash in its name, and the rest has its old names. */
const diff: Diff = diffTrees(
  {
    before: new Map([['assets/index-B1x9abCd.js', { cid: cidNumber(1), bytes: 5 }]]),
    after: new Map([['assets/index-Ck3dZZ9q.js', { cid: cidNumber(2), bytes: 5 }]]),
    shared: { files: 0, bytes: 0 },
  },
  { stripHash: [] },
);

function cause(before: string | undefined, after: string): string | undefined {
  return explainRebuild([{ path: 'x', before, after }], diff)[0]?.cause;
}

describe('why a build of the same sources differs', () => {
  it.each([
    [
      't="2026-07-13T09:31:02.123Z"',
      't="2026-07-14T09:31:02.123Z"',
      '2026-07-14T09:31:02.123Z',
      '2026-07-13T09:31:02.123Z',
    ],
    [
      '<pubDate>Mon, 13 Jul 2026 09:31:02 GMT<',
      '<pubDate>Tue, 14 Jul 2026 09:31:02 GMT<',
      'Tue, 14 Jul 2026 09:31:02 GMT',
      'Mon, 13 Jul 2026 09:31:02 GMT',
    ],
    [
      'at Mon Jul 13 2026 09:31:02 GMT+0000 (',
      'at Tue Jul 14 2026 09:31:02 GMT+0000 (',
      'Tue Jul 14 2026 09:31:02 GMT+0000',
      'Mon Jul 13 2026 09:31:02 GMT+0000',
    ],
    [
      'POT-Creation-Date: 2026-07-13 09:31+0000\\n',
      'POT-Creation-Date: 2026-07-14 09:31+0000\\n',
      '2026-07-14 09:31+0000',
      '2026-07-13 09:31+0000',
    ],
    ['b=1783935062', 'b=1784021462', '1784021462', '1783935062'],
    ['{built:1783935062123}', '{built:1784021462123}', '1784021462123', '1783935062123'],
    ['at 09:31:02', 'at 09:31:03', '09:31:03', '09:31:02'],
  ])('%j became %j: a time stamp', (before, after, now, was) => {
    expect(cause(before, after)).toBe(`time stamp: "${now}" was "${was}"`);
  });

  it.each([
    [
      '"/home/runner/site/a/a/x.ts"',
      '"/Users/me/a/x.ts"',
      'absolute path: "/Users/me/a/x.ts" was "/home/runner/site/a/a/x.ts"',
    ],
    ['"C:\\agent\\1\\x.ts"', '"D:\\agent\\2\\x.ts"', 'absolute path: "D:\\agent\\2\\x.ts" was "C:\\agent\\1\\x.ts"'],
    ['file:///tmp/a1/x', 'file:///tmp/b2/x', 'absolute path: "file:///tmp/b2/x" was "file:///tmp/a1/x"'],
    [
      'id 123e4567-e89b-12d3-a456-426614174000',
      'id 123e4567-e89b-12d3-a456-426614174001',
      'UUID: "123e4567-e89b-12d3-a456-426614174001" was "123e4567-e89b-12d3-a456-426614174000"',
    ],
    [
      '/_next/static/Vo1cDMGYxU3Wg7bYk2Ab_/_b',
      '/_next/static/Xo1cDMGYxU3Wg7bYk2Ab_/_b',
      'build id: "Xo1cDMGYxU3Wg7bYk2Ab_" was "Vo1cDMGYxU3Wg7bYk2Ab_"',
    ],
    ['v:"45e549c"', 'v:"154a15d"', 'commit or build id: "154a15d" was "45e549c"'],
    ['"./chunk-3f9a1b2c.js"', '"./chunk-4f9a1b2c.js"', 'hashed name: "chunk-4f9a1b2c.js" was "chunk-3f9a1b2c.js"'],
    ['k="Zk3vQx81Lm"', 'k="pW7tRb29Xq"', 'random token: "pW7tRb29Xq" was "Zk3vQx81Lm"'],
    ['n(123)', 'n(456)', 'number, such as a module id: "456" was "123"'],
    ['a\r\nb\r\n', 'a\nb\n', 'line endings: "LF" was "CRLF"'],
    ['one\ntwo\nthree', 'two\none\nthree', 'order, with the same words in other places: "two" was "one"'],
    ['a b', 'a  b', 'white space or punctuation'],
    ['hello world', 'hello there', 'other content: "there" was "world"'],
    ['hello world', 'hello', 'other content: "world" is gone'],
    ['same', 'same', 'no difference in its text'],
  ])('%j became %j', (before, after, expected) => {
    expect(cause(before, after)).toBe(expected);
  });

  it('the surest sign is told where there are several, and names of changed files are none', () => {
    const before = '"index-B1x9abCd.js" Zk3vQx81Lm 2026-07-13T09:31:02Z';
    const after = '"index-Ck3dZZ9q.js" pW7tRb29Xq 2026-07-14T09:31:02Z';
    expect(cause(before, after)).toMatch(/^time stamp: "2026-07-14/);
    expect(cause(before.slice(0, -21), after.slice(0, -21))).toMatch(/^random token/);
  });

  it.each([
    ['<script src="/assets/index-B1x9abCd.js">', '<script src="/assets/index-Ck3dZZ9q.js">'],
    ['{17:"B1x9abCd"}', '{17:"Ck3dZZ9q"}'],
    [
      '<script src="index-B1x9abCd.js" integrity="sha384-oqVuAfXRKap7fdgcCY5u">',
      '<script src="index-Ck3dZZ9q.js" integrity="sha384-Ky6+/jyAtM8bKnE2CsSn">',
    ],
    ['//# sourceMappingURL=index-B1x9abCd.js.map', '//# sourceMappingURL=index-Ck3dZZ9q.js.map'],
  ])('%j only names another changed file', (before, after) => {
    expect(cause(before, after)).toBe('names other changed files');
  });

  it('files that only name others come last, the rest in the order given', () => {
    const named = { before: 'index-B1x9abCd.js', after: 'index-Ck3dZZ9q.js' };
    const files = [
      { path: 'z.html', ...named },
      { path: 'b.js', before: 'x1', after: 'x2' },
      { path: 'c.html', before: undefined, after: named.after },
      { path: 'a.js', before: 'x1', after: 'x3' },
    ];
    expect(explainRebuild(files, diff).map(({ path }) => path)).toEqual(['b.js', 'a.js', 'z.html', 'c.html']);
  });

  it.each([
    ['built 2026-07-14T09:31:02Z', 'probably a time stamp: "2026-07-14T09:31:02Z"'],
    ['"/home/runner/site/a/b.ts"', 'probably an absolute path: "/home/runner/site/a/b.ts"'],
    ['"index-Ck3dZZ9q.js"', 'probably names other changed files'],
    ['posted 2024-01-01, see /home/about', 'unknown: the file before could not be read'],
  ])('%j without the file before: %s', (after, expected) => {
    expect(cause(undefined, after)).toBe(expected);
  });

  it('the evidence is cut to 60 characters each', () => {
    const expected = `absolute path: "/home/runner/${'n'.repeat(46)}…" was "/home/runner/${'w'.repeat(46)}…"`;
    expect(cause(`/home/runner/${'w'.repeat(99)}`, `/home/runner/${'n'.repeat(99)}`)).toBe(expected);
  });

  it('only the beginning of a long text is looked at', () => {
    const long = 'a '.repeat(131_072);
    expect(cause(`${long}b`, `${long}c`)).toBe('differs only after its first 256 KiB');
  });

  it.each([
    '/',
    'a',
    '1-',
    '2026-07-14 ',
    'file:///',
    'C:\\',
    'a.b-c_',
    '/home/a',
    '0123456789abcdef',
    'sha256-',
    '12:34',
  ])('a text of nothing but %j takes no longer than others', (part) => {
    const text = part.repeat(262_144 / part.length);
    const start = process.threadCpuUsage();
    cause(`${text.slice(9)}x`, text);
    cause(undefined, text);
    const { user, system } = process.threadCpuUsage(start);
    expect((user + system) / 1e6).toBeLessThan(2);
  });

  it('any two texts have a cause', () => {
    const text = fc.string({
      unit: fc.constantFrom(...'aB1:-./\\\r\n "', '2026', '-07-14', '/home/', '\ud800', 'é'),
      maxLength: 40,
    });
    fc.assert(
      fc.property(fc.option(text, { nil: undefined }), text, (before, after) => {
        expect(cause(before, after)).toMatch(/^[a-z]/i);
      }),
    );
  });
});
