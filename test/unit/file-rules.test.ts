import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FileRules, HiddenFiles } from '../../src/domain/file-rules.ts';
import {
  compareUtf8,
  excludePatterns,
  includePatterns,
  leavesOutHidden,
  unicodeTwins,
} from '../../src/domain/file-rules.ts';

const rules: FileRules = {
  include: [],
  exclude: [],
  ignoreFile: undefined,
  hiddenFiles: 'auto',
  symlinks: 'inside',
};

describe('hidden files', () => {
  it.each<[string, HiddenFiles, boolean]>([
    ['index.html', 'auto', false],
    ['a.b/c.d', 'auto', false],
    ['.env', 'auto', true],
    ['.git', 'auto', true],
    ['a/.git', 'auto', true],
    ['.well-known', 'auto', false],
    ['.well-known/security.txt', 'auto', false],
    ['.well-known/.hidden', 'auto', false],
    ['.well-knownish', 'auto', true],
    ['.nojekyll', 'auto', false],
    ['.nojekyll.bak', 'auto', true],
    ['.ipfs-pin', 'auto', false],
    ['.ipfs-x/a', 'auto', false],
    ['.ipfs', 'auto', true],
    ['docs/.well-known', 'auto', true],
    ['docs/.nojekyll', 'auto', true],
    ['.env', 'include', false],
    ['.git', 'include', false],
    ['index.html', 'exclude', false],
    ['.well-known', 'exclude', true],
    ['.nojekyll', 'exclude', true],
    ['...', 'auto', true],
  ])('%s under %s is left out: %s', (path, hiddenFiles, expected) => {
    expect(leavesOutHidden(path, hiddenFiles)).toBe(expected);
  });
});

describe('patterns', () => {
  it('includes everything when nothing is said', () => {
    expect(includePatterns(rules)).toEqual(['**']);
  });

  it('lets a plain name to include take a directory whole, and a glob only what it matches', () => {
    expect(includePatterns({ ...rules, include: ['assets', './docs/', '*.html'] })).toEqual([
      'assets',
      'assets/**',
      'docs',
      'docs/**',
      '*.html',
    ]);
  });

  it('lets every exclude pattern cover what is below a directory it matches', () => {
    expect(excludePatterns({ ...rules, exclude: ['node_modules/', 'drafts*', 'a//./b/**', '{x/y,z}*'] })).toEqual([
      'node_modules',
      'node_modules/**',
      'drafts*',
      '@(drafts*)/**',
      'a/b/**',
      '{x/y,z}*',
      '{x/y,z}*/**',
    ]);
  });

  it('takes a dot as everything', () => {
    expect(includePatterns({ ...rules, include: ['.'] })).toEqual(['**']);
    expect(includePatterns({ ...rules, include: ['./'] })).toEqual(['**']);
  });
});

describe('order', () => {
  it('is that of the UTF-8 bytes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (one, other) => {
        expect(Math.sign(compareUtf8(one, other))).toBe(Buffer.compare(Buffer.from(one), Buffer.from(other)));
      }),
    );
  });

  it('puts an emoji behind the private use area, where the order of JavaScript strings differs', () => {
    expect(['\u{1f338}', '\ue000'].toSorted(compareUtf8)).toEqual(['\ue000', '\u{1f338}']);
  });
});

describe('names that look the same', () => {
  const composed = 'caf\u00e9';
  const decomposed = 'cafe\u0301';

  it('are found in one directory', () => {
    expect(unicodeTwins(['a', composed, decomposed])).toEqual([[composed, decomposed]]);
  });

  it('are found for directories, once, where they differ', () => {
    const paths = [`x/${composed}/1`, `x/${composed}/2`, `x/${decomposed}/2`, `x/${decomposed}/3`];
    expect(unicodeTwins(paths)).toEqual([[`x/${composed}`, `x/${decomposed}`]]);
  });

  it('are no trouble in different directories', () => {
    expect(unicodeTwins([`a/${composed}`, `b/${decomposed}`])).toEqual([]);
  });

  it('are not the same name twice', () => {
    expect(unicodeTwins([`${decomposed}/1`, `${decomposed}/2`])).toEqual([]);
  });
});
