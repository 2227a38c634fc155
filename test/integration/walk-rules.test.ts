import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { listFiles } from '../../src/adapters/unixfs/walk.ts';
import type { FileRules } from '../../src/domain/file-rules.ts';
import type { Planted } from '../support/temp-tree.ts';
import { tempTree } from '../support/temp-tree.ts';
import { DEFAULTS, entriesOf, pathsIn } from './walked.ts';

async function leftOutOf(planted: Readonly<Record<string, Planted>>, rules: Partial<FileRules> = {}) {
  using tree = tempTree(planted);
  const { leftOut } = await listFiles(tree.root, { ...DEFAULTS, ...rules });
  return leftOut.map(({ path, kind, reason }) => `${path}${kind === 'directory' ? '/' : ''} ${reason}`);
}

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
