import { truncateSync } from 'node:fs';
import { join, relative } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { listFiles } from '../../src/adapters/unixfs/walk.ts';
import { tempTree } from '../support/temp-tree.ts';
import { DEFAULTS, entriesOf, pathsIn } from './walked.ts';

describe('path', () => {
  it('may be a directory: its files with their sizes and where they are, sorted by the bytes of their paths', async () => {
    using tree = tempTree({
      'index.html': 'hello',
      'assets/app.js': 'x',
      '\u{1f338}': '',
      '\ue000': '',
      'a-b': '',
      'a/b': '',
    });
    const found = await listFiles(tree.root, DEFAULTS);
    expect(entriesOf(found).map(({ path }) => path)).toEqual([
      'a-b',
      'a/b',
      'assets/app.js',
      'index.html',
      '\ue000',
      '\u{1f338}',
    ]);
    expect(entriesOf(found)[3]).toMatchObject({
      path: 'index.html',
      source: join(tree.root, 'index.html'),
      bytes: 5,
      kind: 'file',
    });
    expect(found).toMatchObject({ bytes: 6, leftOut: [], notIncluded: 0, warnings: [] });
  });

  it('may be a single file, which no rule leaves out', async () => {
    using tree = tempTree({ '.env.html': 'abc' });
    const source = join(tree.root, '.env.html');
    const found = await listFiles(source, { ...DEFAULTS, exclude: ['**'], hiddenFiles: 'exclude' });
    expect(found.content).toMatchObject({ kind: 'file', entry: { path: '.env.html', source, bytes: 3, kind: 'file' } });
    expect(found.bytes).toBe(3);
  });

  it.each(['site.car', 'SITE.CAR'])('may be a CAR, such as %s', async (name) => {
    using tree = tempTree({ [name]: 'abcd' });
    const source = join(tree.root, name);
    expect(await listFiles(source, DEFAULTS)).toMatchObject({ content: { kind: 'car', source }, bytes: 4 });
  });

  it('may be a directory whose name ends like that of a CAR', async () => {
    using tree = tempTree({ 'site.car/a': '' });
    expect(entriesOf(await listFiles(join(tree.root, 'site.car'), DEFAULTS))).toHaveLength(1);
  });

  it('may be a link; the root is where it ends', async () => {
    using tree = tempTree({ 'real/a.txt': 'a', 'real/b': { link: 'a.txt' }, build: { link: 'real' } });
    const found = await listFiles(join(tree.root, 'build'), DEFAULTS);
    expect(entriesOf(found).map(({ source }) => relative(tree.root, source))).toEqual(['real/a.txt', 'real/a.txt']);
  });

  it('may be relative to the working directory', async () => {
    using tree = tempTree({ a: '' });
    expect(entriesOf(await listFiles(relative(process.cwd(), tree.root), DEFAULTS))).toHaveLength(1);
  });

  it.each(['a[1]', '*', '{a,b}', '(x)', '!x', 'a b', 'back\\slash', 'new\nline', 'dot.'])(
    'may have a name with any character, such as %j',
    async (name) => {
      using tree = tempTree({ [`${name}/sub/file.txt`]: 'x', [`${name}/other.md`]: '' });
      const found = await listFiles(join(tree.root, name), { ...DEFAULTS, include: ['sub/*.txt', 'other.md'] });
      expect(entriesOf(found).map(({ path }) => path)).toEqual(['other.md', 'sub/file.txt']);
    },
  );

  it('gives no entries when it is empty, which the caller judges', async () => {
    expect(await pathsIn({})).toEqual([]);
  });
});

describe('names', () => {
  const odd = [
    'a[1].js',
    '*.txt',
    '(x)',
    '{a,b}',
    '!x',
    'with space',
    ' ',
    'q?',
    'a\\',
    'dir\\c.txt',
    '@(x)',
    '\\\\',
    'a\rb',
  ];
  const invisible = [
    'new\nline',
    'a\u2028b',
    'a\u2029b',
    'tab\tb',
    'a\u0085b',
    '\ufdd0',
    '\ufdd5x',
    'a\ufffdb',
    'C:',
    '~',
    '-',
  ];

  it.each([...odd, ...invisible])('%j is exact, as a file and as a directory', async (name) => {
    expect(await pathsIn({ [name]: '', [`d/${name}/f`]: '', [`e/${name}`]: {} })).toEqual(
      [name, `d/${name}/f`, `e/${name}/`].toSorted((one, other) =>
        Buffer.compare(Buffer.from(one), Buffer.from(other)),
      ),
    );
  });

  it('stay apart when they differ only in a character that fast-glob cannot carry', async () => {
    const names = ['a\nb', 'a\\b', 'a\rb', 'a\ufdd0b', 'a\ufdd4b', 'a\ufdd5\ufdd0b', 'a\ufdd5\nb'];
    expect(await pathsIn(Object.fromEntries(names.map((name) => [name, ''])))).toEqual(names.toSorted());
  });

  it('that differ only in unicode form are both kept, and said', async () => {
    using tree = tempTree({ 'caf\u00e9.txt': '1', 'cafe\u0301.txt': '2', other: '' });
    const found = await listFiles(tree.root, DEFAULTS);
    expect(entriesOf(found).map(({ path }) => path)).toEqual(['cafe\u0301.txt', 'caf\u00e9.txt', 'other']);
    expect(found.warnings).toHaveLength(1);
    expect(found.warnings[0]).toContain('"cafe\\u{301}.txt" and "caf\u00e9.txt"');
  });

  it('of random trees come back exactly', async () => {
    const name = fc
      .string({
        unit: fc.constantFrom(
          ...'ab.[]{}()*?!+@,|^$\\\n\r\t -~#"\'%:\u2028\ufdd0\ufdd4\ufdd5\u00e9\u0301\ufffd',
          '\u{1f338}',
        ),
        minLength: 1,
        maxLength: 6,
      })
      .filter((text) => text !== '.' && text !== '..');
    const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((segments) => segments.join('/'));
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(path, { maxLength: 25 }), async (drawn) => {
        const isAbove = (one: string) => drawn.some((other) => other.startsWith(`${one}/`));
        const paths = drawn.filter((one) => !isAbove(one));
        const rules = { hiddenFiles: 'include', ignoreFile: undefined } as const;
        expect(await pathsIn(Object.fromEntries(paths.map((one) => [one, 'x'])), rules)).toEqual(
          paths.toSorted((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other))),
        );
      }),
      { numRuns: 100 },
    );
  });
});

describe('directories', () => {
  it('are listed only when they are empty on disk', async () => {
    const planted = { empty: {}, 'a/b/c': {}, 'full/x': '', 'hidden-only/.env': '', 'map-only/a.map': '' };
    expect(await pathsIn(planted, { exclude: ['**/*.map'] })).toEqual(['a/b/c/', 'empty/', 'full/x']);
  });

  it('that are empty are left out by the rules that leave out files', async () => {
    const planted = { '.pinataignore': 'c/', a: {}, 'b/a': {}, c: {}, '.d': {}, e: {} };
    expect(await pathsIn(planted, { exclude: ['a', 'b/**'] })).toEqual(['e/']);
  });

  it('that are empty are listed under an include pattern only when it matches them', async () => {
    const planted = { a: {}, 'b/a': {}, 'b/x.html': '' };
    expect(await pathsIn(planted, { include: ['**/*.html'] })).toEqual(['b/x.html']);
    expect(await pathsIn(planted, { include: ['*'] })).toEqual(['a/']);
    expect(await pathsIn(planted, { include: ['b'] })).toEqual(['b/a/', 'b/x.html']);
  });
});

it('lists a large file by its size without reading it', async () => {
  using tree = tempTree({ big: '' });
  truncateSync(join(tree.root, 'big'), 2 ** 40);
  expect((await listFiles(tree.root, DEFAULTS)).bytes).toBe(2 ** 40);
});
