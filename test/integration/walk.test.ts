import { truncateSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { listFiles } from '../../src/adapters/unixfs/walk.ts';
import type { FileRules, FoundFiles } from '../../src/domain/file-rules.ts';
import type { FileEntry } from '../../src/domain/listing.ts';
import type { Planted } from '../support/temp-tree.ts';
import { tempTree } from '../support/temp-tree.ts';

const DEFAULTS: FileRules = {
  include: ['**'],
  exclude: [],
  ignoreFile: '.pinataignore',
  hiddenFiles: 'auto',
  symlinks: 'inside',
};

function entriesOf(found: FoundFiles): readonly FileEntry[] {
  if (found.content.kind !== 'directory') throw new Error(`expected a directory, got a ${found.content.kind}`);
  return found.content.entries;
}

/** What is listed of a tree, with a slash behind directories. */
async function pathsIn(planted: Readonly<Record<string, Planted>>, rules: Partial<FileRules> = {}) {
  using tree = tempTree(planted);
  const found = await listFiles(tree.root, { ...DEFAULTS, ...rules });
  return entriesOf(found).map(({ path, kind }) => (kind === 'directory' ? `${path}/` : path));
}

async function leftOutOf(planted: Readonly<Record<string, Planted>>, rules: Partial<FileRules> = {}) {
  using tree = tempTree(planted);
  const { leftOut } = await listFiles(tree.root, { ...DEFAULTS, ...rules });
  return leftOut.map(({ path, kind, reason }) => `${path}${kind === 'directory' ? '/' : ''} ${reason}`);
}

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
    expect(entriesOf(found)[3]).toEqual({
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
    expect(found.content).toEqual({ kind: 'file', entry: { path: '.env.html', source, bytes: 3, kind: 'file' } });
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

describe('include and exclude', () => {
  const site = {
    'index.html': '',
    'app.js': '',
    'app.js.map': '',
    'assets/logo.png': '',
    'assets/js/deep.js': '',
    'assets/js/deep.js.map': '',
    'drafts-old/a.html': '',
    'node_modules/x/index.js': '',
  };

  it('take globs relative to path', async () => {
    expect(await pathsIn(site, { include: ['*.html', 'assets/**/*.js'] })).toEqual(['assets/js/deep.js', 'index.html']);
  });

  it('take a directory by its plain name, with or without a slash', async () => {
    expect(await pathsIn(site, { include: ['assets/', './drafts-old'] })).toEqual([
      'assets/js/deep.js',
      'assets/js/deep.js.map',
      'assets/logo.png',
      'drafts-old/a.html',
    ]);
  });

  it('take a file by its plain name', async () => {
    expect(await pathsIn(site, { include: ['assets/logo.png', 'missing.txt', 'index.html'] })).toEqual([
      'assets/logo.png',
      'index.html',
    ]);
  });

  it('keep a star within its directory', async () => {
    expect(await pathsIn(site, { include: ['*'] })).toEqual(['app.js', 'app.js.map', 'index.html']);
  });

  it('leave out files and whole directories, and let exclude win', async () => {
    const rules = { include: ['**'], exclude: ['**/*.map', 'drafts*', 'node_modules/'] };
    expect(await pathsIn(site, rules)).toEqual(['app.js', 'assets/js/deep.js', 'assets/logo.png', 'index.html']);
  });

  it('leave out what is below a directory that any form of exclude pattern matches', async () => {
    for (const pattern of ['drafts-old', 'drafts?old', '{dra,x/y}*', '@(drafts*)', 'dr[a]fts*', '*-old/', '*ts-o*']) {
      const left = await pathsIn(site, { include: ['drafts-old/**', 'index.html'], exclude: [pattern] });
      expect(left, pattern).toEqual(['index.html']);
    }
  });

  it('report what exclude left out, a directory once, and count what include did not ask for', async () => {
    const rules = { include: ['assets/**', '*.html'], exclude: ['**/*.map', 'drafts*', 'node_modules'] };
    expect(await leftOutOf(site, rules)).toEqual([
      'app.js.map excluded',
      'assets/js/deep.js.map excluded',
      'drafts-old/ excluded',
      'node_modules/ excluded',
    ]);
    using tree = tempTree(site);
    expect((await listFiles(tree.root, { ...DEFAULTS, ...rules })).notIncluded).toBe(1);
  });

  it('report an excluded directory once even where include starts below it', async () => {
    const rules = { include: ['assets/js/**'], exclude: ['assets'] };
    expect(await pathsIn(site, rules)).toEqual([]);
    expect(await leftOutOf(site, rules)).toEqual(['assets/ excluded']);
  });

  it('match names with glob characters when those are escaped', async () => {
    const planted = { 'a[1].js': '', 'a1.js': '', '!x': '', 'b\\c': '', bc: '' };
    expect(await pathsIn(planted, { include: ['a\\[1\\].js', '\\!x', 'b\\\\c'] })).toEqual(['!x', 'a[1].js', 'b\\c']);
  });

  it('match a line break and a backslash in a name with a wildcard', async () => {
    const planted = { 'a\nb.txt': '', 'a\\b.txt': '', 'a\nb.md': '', 'a\r\nd/x.txt': '' };
    expect(await pathsIn(planted, { include: ['**/*.txt'], exclude: ['a?b.txt'] })).toEqual(['a\r\nd/x.txt']);
  });

  it('never reach outside path', async () => {
    using tree = tempTree({ 'dist/a': '', 'secret.txt': '' });
    const include = ['../secret.txt', '../*', join(tree.root, 'secret.txt'), '/**'];
    const found = await listFiles(join(tree.root, 'dist'), { ...DEFAULTS, include });
    expect(entriesOf(found).map(({ source }) => basename(source))).not.toContain('secret.txt');
  });
});

describe('hidden files', () => {
  const planted = {
    'a.txt': '',
    '.env': '',
    '.git/config': '',
    '.nojekyll': '',
    '.well-known/did.json': '',
    '.well-known/.x': '',
    '.ipfs-check': '',
    'sub/.git/HEAD': '',
    'sub/.htaccess': '',
    'sub/b.txt': '',
  };

  it('are left out by auto, except the ones with a meaning, and named', async () => {
    expect(await pathsIn(planted)).toEqual([
      '.ipfs-check',
      '.nojekyll',
      '.well-known/.x',
      '.well-known/did.json',
      'a.txt',
      'sub/b.txt',
    ]);
    expect(await leftOutOf(planted)).toEqual([
      '.env hidden',
      '.git/ hidden',
      'sub/.git/ hidden',
      'sub/.htaccess hidden',
    ]);
  });

  it('are all taken by include', async () => {
    const paths = Object.keys(planted).toSorted();
    expect(await pathsIn(planted, { hiddenFiles: 'include' })).toEqual(paths);
  });

  it('are all left out by exclude', async () => {
    expect(await pathsIn(planted, { hiddenFiles: 'exclude' })).toEqual(['a.txt', 'sub/b.txt']);
  });

  it('stay left out when an include pattern names them', async () => {
    expect(await pathsIn(planted, { include: ['.env', '.git/**', 'a.txt'] })).toEqual(['a.txt']);
  });
});

describe('the ignore file', () => {
  const planted = {
    '.pinataignore': '\ufeff*.log\r\n# comment\r\n!keep.log\r\n/build/\ntmp/\nnotes/*\n!notes/public.md\n',
    'a.log': '',
    'keep.log': '',
    'A.LOG': '',
    'sub/b.log': '',
    'build/x': '',
    'sub/build/y': '',
    'sub/tmp/z': '',
    tmp: '',
    'notes/public.md': '',
    'notes/private.md': '',
    'with\nbreak.log': '',
  };

  it('has the meaning it has in git', async () => {
    expect(await pathsIn(planted)).toEqual(['A.LOG', 'keep.log', 'notes/public.md', 'sub/build/y', 'tmp']);
    expect(await leftOutOf(planted, { hiddenFiles: 'include' })).toEqual([
      '.pinataignore ignored',
      'a.log ignored',
      'build/ ignored',
      'notes/private.md ignored',
      'sub/b.log ignored',
      'sub/tmp/ ignored',
      'with\nbreak.log ignored',
    ]);
  });

  it('cannot bring back what is in an ignored directory, as in git', async () => {
    expect(await pathsIn({ '.pinataignore': 'a/\n!a/b\n', 'a/b': '', c: '' })).toEqual(['c']);
  });

  it('counts at the top of path only', async () => {
    expect(await pathsIn({ 'sub/.pinataignore': '*', 'sub/a': '' })).toEqual(['sub/a']);
  });

  it('may have another name, and is never published', async () => {
    const other = { 'rules.txt': 'a\n', a: '', b: '', '.pinataignore': 'b' };
    expect(await pathsIn(other, { ignoreFile: 'rules.txt' })).toEqual(['b']);
    expect(await pathsIn(other, { ignoreFile: './rules.txt' })).toEqual(['b']);
  });

  it('may lie outside path', async () => {
    using tree = tempTree({ rules: 'a\n', 'dist/a': '', 'dist/b': '' });
    const found = await listFiles(join(tree.root, 'dist'), { ...DEFAULTS, ignoreFile: '../rules' });
    expect(entriesOf(found).map(({ path }) => path)).toEqual(['b']);
  });

  it('is not read when there is none to be read', async () => {
    expect(await pathsIn({ '.pinataignore': '*', a: '' }, { ignoreFile: undefined })).toEqual(['a']);
  });

  it('must exist when it has not the default name', async () => {
    const listing = pathsIn({ a: '' }, { ignoreFile: '.deployignore' });
    await expect(listing).rejects.toMatchObject({ kind: 'input' });
    await expect(listing).rejects.toThrow('".deployignore" does not exist');
  });

  it('must be a file', async () => {
    await expect(pathsIn({ 'rules/a': '' }, { ignoreFile: 'rules' })).rejects.toThrow('"rules" is not a file');
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
