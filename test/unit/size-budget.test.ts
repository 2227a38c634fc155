import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { diffTrees } from '../../src/domain/diff.ts';
import type { Listing } from '../../src/domain/listing.ts';
import { type BudgetLine, judgeSizeBudget, parseSizeBudget } from '../../src/domain/size-budget.ts';
import { cidNumber } from './account.ts';

/** path → bytes; files of one size have one content. */
function listing(files: Readonly<Record<string, number>>): Listing {
  return new Map(Object.entries(files).map(([path, bytes]) => [path, { cid: cidNumber(bytes % 250), bytes }]));
}

function judged(line: string, after: Listing, before?: Listing): BudgetLine | undefined {
  const budget = parseSizeBudget(line);
  if (budget === undefined) return undefined;
  const nothing = { files: 0, bytes: 0 };
  const diff = before === undefined ? undefined : diffTrees({ before, after, shared: nothing }, { stripHash: [] });
  return judgeSizeBudget([budget], { listing: after, diff })[0];
}

describe('lines of size-budget', () => {
  it.each([
    ['total=5MB', undefined, { kind: 'size', bytes: 5_000_000 }],
    ['total=500kB', undefined, { kind: 'size', bytes: 500_000 }],
    ['total=1000B', undefined, { kind: 'size', bytes: 1000 }],
    ['total=+50kB', undefined, { kind: 'growth', bytes: 50_000 }],
    ['total=+2.5%', undefined, { kind: 'growth-percent', percent: 2.5 }],
    ['**/*.js=1.5GiB', '**/*.js', { kind: 'size', bytes: 1_610_612_736 }],
    ['**/*.{js,css}=+50kB', '**/*.{js,css}', { kind: 'growth', bytes: 50_000 }],
    ['a=b/*=10 MiB', 'a=b/*', { kind: 'size', bytes: 10_485_760 }],
    ['**/*.map=0B', '**/*.map', { kind: 'size', bytes: 0 }],
    ['./total=1kb', './total', { kind: 'size', bytes: 1000 }],
  ])('%s is understood', (line, glob, limit) => {
    expect(parseSizeBudget(` ${line}\t`)).toEqual({ text: line, glob, limit });
  });

  it.each([
    '',
    'total',
    'total=',
    '=5MB',
    'total=5',
    'total=5%',
    'total=-5MB',
    'total=+-5MB',
    'total=5XB',
    'total=5MBit',
    'total=1e3B',
    'total=NaNB',
    'total=9999999999TB',
    '!a=5MB',
    '/a=5MB',
    '../a=5MB',
    '{a=5MB',
    '[z-a]=5MB',
    `${'a'.repeat(1000)}=5MB`,
  ])('%j is refused', (line) => {
    expect(parseSizeBudget(line)).toBeUndefined();
  });

  it('any text is answered', () => {
    const text = fc.string({ unit: fc.constantFrom(...'total=+5%MB*/[](){}!\\.,', '**', 'kB'), maxLength: 30 });
    fc.assert(
      fc.property(text, (line) => {
        const budget = parseSizeBudget(line);
        if (budget !== undefined) judgeSizeBudget([budget], { listing: listing({ 'a/b.js': 1 }), diff: undefined });
      }),
    );
  });
});

describe('a build against its size budget', () => {
  const after = listing({ 'app.js': 600, 'lib/x.js': 400, 'lib/.hidden.js': 50, 'style.css': 100 });
  const before = listing({ 'app.js': 500, 'lib/x.js': 400, 'old.js': 20, 'style.css': 300 });

  it.each([
    ['total=1150B', 1150, 1150, 'within'],
    ['total=1149B', 1149, 1150, 'over'],
    ['**/*.js=1050B', 1050, 1050, 'within'],
    ['**/*.js=1049B', 1049, 1050, 'over'],
    ['*.js=600B', 600, 600, 'within'],
    ['lib/**=449B', 449, 450, 'over'],
    ['none/**=0B', 0, 0, 'within'],
    ['total=+0B', 0, -70, 'within'],
    ['**/*.js=+130B', 130, 130, 'within'],
    ['**/*.js=+129B', 129, 130, 'over'],
    ['old.js=+0B', 0, -20, 'within'],
    ['*.js=+15%', 78, 80, 'over'],
    ['*.js=+16%', 83, 80, 'within'],
    ['lib/.*=+100%', 0, 50, 'over'],
    ['total=+1%', 12, -70, 'within'],
  ])('%s allows %i bytes, and %i are %s', (line, limit, actual, state) => {
    expect(judged(line, after, before)).toMatchObject({ text: line, limit, actual, state });
  });

  it('says how much of the limit is used, from nothing on', () => {
    expect(judged('total=2300B', after, before)?.used).toBe(0.5);
    expect(judged('total=+100B', after, before)?.used).toBe(0);
    expect(judged('**/*.js=+65B', after, before)?.used).toBe(2);
    expect(judged('none/**=0B', after, before)?.used).toBeUndefined();
  });

  it('growth without anything to compare with is unknown, a size is not', () => {
    expect(judged('total=+1B', after)).toEqual({
      text: 'total=+1B',
      kind: 'growth',
      limit: 1,
      actual: undefined,
      used: undefined,
      state: 'unknown',
    });
    expect(judged('**/*.js=+1%', after)).toMatchObject({ limit: undefined, state: 'unknown' });
    expect(judged('total=1B', after)).toMatchObject({ state: 'over' });
  });

  it('a file that moves out of a glob takes its bytes along, and into it too', () => {
    const old = listing({ 'a/index-B1x9.js': 70, 'b/y.js': 30 });
    const now = listing({ 'b/index-B1x9.js': 70, 'b/y.js': 30 });
    expect(judged('a/**=+0B', now, old)).toMatchObject({ actual: -70, state: 'within' });
    expect(judged('b/**=+69B', now, old)).toMatchObject({ actual: 70, state: 'over' });
    expect(judged('b/**=+100%', now, old)).toMatchObject({ limit: 30, actual: 70, state: 'over' });
    expect(judged('total=+0B', now, old)).toMatchObject({ actual: 0, state: 'within' });
  });

  it('growth is the difference of the sums of what matches on both sides', () => {
    const files = fc.dictionary(
      fc.constantFrom('a.js', 'b.js', 'c/a.js', 'c/d.css', 'x-B1x9.js', 'x-Ck3d.js'),
      fc.nat(9),
    );
    const globs = { '**/*.js': /\.js$/, '*.js': /^[^/]*\.js$/, 'c/*': /^c\//, total: /^/ };
    const sum = (side: Readonly<Record<string, number>>, matches: RegExp): number =>
      Object.entries(side).reduce((total, [path, bytes]) => total + (matches.test(path) ? bytes : 0), 0);
    fc.assert(
      fc.property(files, files, fc.constantFrom(...Object.entries(globs)), (old, now, [glob, matches]) => {
        const had = sum(old, matches);
        expect(judged(`${glob}=1B`, listing(now), listing(old))?.actual).toBe(sum(now, matches));
        expect(judged(`${glob}=+300%`, listing(now), listing(old))).toMatchObject({
          limit: 3 * had,
          actual: sum(now, matches) - had,
          state: sum(now, matches) > 4 * had ? 'over' : 'within',
        });
      }),
    );
  });
});
