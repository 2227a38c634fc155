import fc from 'fast-check';
import MarkdownIt from 'markdown-it';
import { describe, expect, it } from 'vitest';
import { cidFromDigest, RAW_CODEC } from '../../src/domain/cid.ts';
import type { Comparison } from '../../src/domain/comparison.ts';
import { type Diff, diffTrees } from '../../src/domain/diff.ts';
import type { ListedFile, Listing } from '../../src/domain/listing.ts';
import { judgeSizeBudget, parseSizeBudget } from '../../src/domain/size-budget.ts';
import { renderDiffSection } from '../../src/render/diff.ts';
import { renderDiffLine, renderDiffLines } from '../../src/render/diff-lines.ts';
import { diffOutputs, reportComparison } from '../../src/render/diff-report.ts';
import { renderDelta, renderShare } from '../../src/render/units.ts';
import { cidNumber } from './account.ts';

type Compared = Extract<Comparison, { kind: 'compared' }>;

const base = { cid: cidNumber(1), label: 'production', commit: '1111111' } as const;
const effort = { requests: 12, cached: 18, bytes: 48_213, ms: 210 } as const;
const WHOLE = 900 * 1024;

/** A file whose CID is told by a number. */
function file(bytes: number, content: number): ListedFile {
  const digest = new Uint8Array(32);
  new DataView(digest.buffer).setUint32(0, content);
  return { cid: cidFromDigest(RAW_CODEC, digest), bytes };
}

function listing(files: Readonly<Record<string, ListedFile>>): Listing {
  return new Map(Object.entries(files));
}

function diffOf(before: Listing, after: Listing): Diff {
  return diffTrees({ before, after, shared: { files: 160, bytes: 3_600_000 } }, { stripHash: [] });
}

function compared(diff: Diff, rest: Partial<Compared> = {}): Compared {
  return { kind: 'compared', base, diff, encoding: undefined, rebuild: undefined, effort, ...rest };
}

const viteBefore = listing({
  'assets/index-Ck3dXq2P.js': file(780_600, 1),
  'assets/index-Da8sLw01.css': file(42_000, 2),
  'assets/vendor-9f1c2b3a.js': file(310_000, 3),
  'assets/inter-latin-400-normal-Kq2Xz81b.woff2': file(24_000, 4),
  'index.html': file(2_112, 5),
  'old/legacy.css': file(18_000, 6),
  'docs/guide/getting-started/installation-on-windows-with-a-proxy.html': file(9_000, 7),
  'robots.txt': file(64, 8),
});
const viteAfter = listing({
  'assets/index-B1x9Rt7k.js': file(812_012, 11),
  'assets/index-Da9fPm44.css': file(42_900, 12),
  'assets/vendor-77ab01cd.js': file(310_000, 3),
  'assets/inter-latin-400-normal-Zt7Yb34c.woff2': file(24_000, 4),
  'img/hero.avif': file(96_000, 13),
  'index.html': file(2_100, 14),
  'docs/guide/getting-started/installation-on-windows-with-a-proxy.html': file(9_345, 15),
  'robots.txt': file(64, 16),
});
const vite = compared(diffOf(viteBefore, viteAfter));
const same = compared(diffOf(viteBefore, viteBefore));
const first: Comparison = { kind: 'none', reason: 'first deploy of this tag' };
const unavailable: Comparison = { kind: 'unavailable', base, reason: 'no gateway served a block in 20 s' };
const encodingOnly = compared(diffOf(viteBefore, viteBefore), {
  encoding: 'production follows unixfs-v0-2015, this build unixfs-v1-2025, and every file was compared by its bytes.',
});
const rebuilt = compared(
  diffOf(
    listing({ 'index.html': file(2_100, 1), 'b.js': file(10, 3) }),
    listing({ 'index.html': file(2_100, 2), 'b.js': file(12, 4) }),
  ),
  {
    rebuild: {
      evidence: 'both commits have the tree 4b825dc',
      files: [
        { path: 'index.html', cause: 'it has the time of the build: 2026-11-21T13:35:02Z' },
        { path: 'b.js', cause: 'it has an absolute path: /home/runner/work' },
      ],
    },
  },
);
const budgetOf = (lines: readonly string[], diff: Diff | undefined) =>
  judgeSizeBudget(
    lines.map(parseSizeBudget).filter((line) => line !== undefined),
    { listing: viteAfter, diff },
  );
const budget = budgetOf(['total=1.2MB', '**/*.js=+50kB', 'img/**=+5%'], vite.diff);
const many = compared(
  diffOf(
    listing({}),
    listing(
      Object.fromEntries(
        Array.from({ length: 10_000 }, (_, index) => [
          `pages/${index % 300}/page-${index}/index.html`,
          file(1_000 + index, index),
        ]),
      ),
    ),
  ),
);
const NASTY = [
  'a|b',
  '`',
  '``x``',
  '<img src=x onerror=1>',
  '@octocat',
  '#12',
  '[x](javascript:1)',
  '</code></td>',
  '\n# h',
  '\n\n```\n',
  '**b**',
  '\u202Egpj.exe',
  '&lt;',
  'https://x.y',
  ':tada:',
  '\\|',
  '</details>',
  'x'.repeat(300),
  '😀'.repeat(100),
  '-'.repeat(300),
] as const;
const hostile = compared(
  diffOf(
    listing({
      ...Object.fromEntries(NASTY.slice(0, 8).map((name, index) => [`gone/${name}`, file(1_000 + index, index)])),
      ...Object.fromEntries(
        NASTY.slice(8, 12).map((name, index) => [`from/${name}`, file(2_000 + index, 100 + index)]),
      ),
    }),
    listing({
      ...Object.fromEntries(NASTY.map((name, index) => [name, file(3_000 + index, 200 + index)])),
      ...Object.fromEntries(NASTY.slice(8, 12).map((name, index) => [`to/${name}`, file(2_000 + index, 100 + index)])),
    }),
  ),
  {
    base: { ...base, label: 'a|`<b>', commit: '<i>' },
    encoding: '| `x` @octocat\n# h',
    rebuild: { evidence: '<b>\n\n# h', files: [{ path: '\n|', cause: '\n\n|' }] },
  },
);

describe('the section of the summary', () => {
  const sections: Readonly<Record<string, string>> = {
    typical: renderDiffSection(vite, { budget: [], maxBytes: WHOLE }),
    'first-deploy': renderDiffSection(first, {
      budget: budgetOf(['total=5MB', '**/*.js=+50kB'], undefined),
      maxBytes: WHOLE,
    }),
    unchanged: renderDiffSection(same, { budget: [], maxBytes: WHOLE }),
    unavailable: renderDiffSection(unavailable, { budget: [], maxBytes: WHOLE }),
    'encoding-only': renderDiffSection(encodingOnly, { budget: [], maxBytes: WHOLE }),
    rebuild: renderDiffSection(rebuilt, { budget: [], maxBytes: WHOLE }),
    'over-budget': renderDiffSection(vite, { budget, maxBytes: WHOLE }),
    'many-changes': renderDiffSection(many, { budget: [], maxBytes: 60_000 }),
    hostile: renderDiffSection(hostile, { budget: [], maxBytes: WHOLE }),
  };

  it.each(Object.entries(sections))('of a deploy that is %s reads as it should', async (name, section) => {
    await expect(section).toMatchFileSnapshot(`../fixtures/diff/${name}.md`);
  });

  it('has a row for each file whose bytes differ and each that moved', () => {
    const text = renderDiffSection(vite, { budget: [], maxBytes: WHOLE });
    expect(rowsAfter(text, '| File |')).toBe(vite.diff.changes.length - 2);
    expect(rowsAfter(text, '| From |')).toBe(2);
  });

  it('shows the largest difference first', () => {
    const [, top] = renderDiffSection(vite, { budget: [], maxBytes: WHOLE }).split('| --- | --- | --- |\n');
    expect(top?.split('\n').slice(0, 2).join()).toMatch(
      /^\| <code>img\/hero\.avif.*\| new \|,\| <code>assets\/index-&#42;\.js.*\| \+31\.41&nbsp;kB \(\+4&nbsp;%\) \|$/,
    );
  });

  it('has no chart where only one type changed its size', () => {
    expect(renderDiffSection(vite, { budget: [], maxBytes: WHOLE })).toContain('```mermaid');
    expect(renderDiffSection(many, { budget: [], maxBytes: WHOLE })).not.toContain('```mermaid');
  });
});

describe('a diff of which only the changes are known', () => {
  const partial = compared(diffTrees({ before: viteBefore, after: viteAfter, shared: undefined }, { stripHash: [] }));

  it('has no totals and no share of them in any text', () => {
    const section = renderDiffSection(partial, { budget: [], maxBytes: WHOLE });
    expect(section.split('\n')[2]).toMatch(/^Compared with .*\*\*.* moved.*\*\*\. \*\*\+\d+(\.\d+)?&nbsp;kB\*\*\.$/);
    expect(section.split('\n')[2]).not.toMatch(/files|→|%/);
    expect(renderDiffLine(partial)).toMatch(/^Compared with production .*, \+\d+(\.\d+)? kB; read /);
    expect(renderDiffLine(partial)).not.toContain('%');
  });

  it('differs from the whole diff in nothing but its first line', () => {
    const rows = (comparison: Comparison) =>
      renderDiffSection(comparison, { budget: [], maxBytes: WHOLE }).split('\n').toSpliced(2, 1);
    expect(rows(partial)).toEqual(rows(vite));
    expect(renderDiffLines(partial)).toEqual(renderDiffLines(vite));
    expect(diffOutputs(partial)).toEqual(diffOutputs(vite));
  });

  it('reports null for what is not known', () => {
    expect(reportComparison(partial)).toMatchObject({
      totals: { added: 1, before: null, after: null, unchanged: null, bytesDelta: 110_645 },
    });
  });
});

describe('a section that is too long', () => {
  const long = compared(
    diffOf(
      listing(
        Object.fromEntries(Array.from({ length: 400 }, (_, index) => [`a/${index}.js`, file(10 + index, index)])),
      ),
      listing({
        ...Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`b/${index}.js`, file(10 + index, index)])),
        ...Object.fromEntries(
          Array.from({ length: 300 }, (_, index) => [`c/${index}.css`, file(70 + index, 9_000 + index)]),
        ),
      }),
    ),
  );
  const section = (maxBytes: number) => renderDiffSection(long, { budget, maxBytes });
  const whole = new TextEncoder().encode(section(WHOLE)).length;

  it('never has more bytes than it may, and every table is complete', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: whole + 100 }), (maxBytes) => {
        const text = section(maxBytes);
        expect(new TextEncoder().encode(text).length).toBeLessThanOrEqual(maxBytes);
        expectComplete(text);
      }),
    );
  });

  it('counts bytes, not characters', () => {
    const wide = compared(
      diffOf(
        listing({}),
        listing(
          Object.fromEntries(
            Array.from({ length: 40 }, (_, index) => [`頁/${'頁'.repeat(30)}${index}`, file(index, index)]),
          ),
        ),
      ),
    );
    const text = renderDiffSection(wide, { budget: [], maxBytes: 5_000 });
    expect(new TextEncoder().encode(text).length).toBeLessThanOrEqual(5_000);
    expect(text).toContain('Left out here');
  });

  it('gives up the sums first, then what moved, then rows, and says so each time', () => {
    const parts = (text: string) => [
      text.includes('Sums by type'),
      text.includes('under another name'),
      rowsAfter(text, '| File |'),
    ];
    const steps = new Map<string, string>();
    let text = section(whole);
    for (let step = 0; step < 20 && text.includes('Compared with'); step += 1) {
      if (!steps.has(parts(text).join())) steps.set(parts(text).join(), text);
      text = section(new TextEncoder().encode(text).length - 1);
    }
    expect([...steps.keys()]).toEqual([
      'true,true,600',
      'false,true,600',
      'false,false,600',
      'false,false,500',
      'false,false,200',
      'false,false,50',
      'false,false,20',
      'false,false,5',
      'false,false,0',
    ]);
    const [full = '', ...shorter] = steps.values();
    expect(full).not.toContain('Left out');
    expect(shorter.slice(0, 3).map((text) => /^Left out here: .*$/m.exec(text)?.[0])).toEqual([
      'Left out here: the sums by type and by directory. The report file has all of it.',
      'Left out here: 100 moved files; the sums by type and by directory. The report file has all of it.',
      'Left out here: 100 further differences; 100 moved files; the sums by type and by directory. The report file has all of it.',
    ]);
    for (const text of shorter) expect(text).toContain('report file has all');
  });

  it('keeps the budget and the first line longest', () => {
    const text = section(900);
    expect(text).toContain('❌ over by');
    expect(text).toContain('Compared with');
    expect(text).not.toContain('| File |');
  });

  it('with no room at all is empty', () => {
    expect(section(10)).toBe('');
    expect(section(120)).toContain('the report file has all');
  });
});

describe('a file name', () => {
  const markdown = new MarkdownIt({ html: true });
  const anyName = fc.oneof(fc.string({ unit: 'binary', minLength: 1, maxLength: 60 }), fc.constantFrom(...NASTY));

  /** The shape of rendered HTML: its tags but for the places where a line may break. */
  function tags(text: string): string {
    return [...markdown.render(text).matchAll(/<\/?([a-z0-9]+)/g)]
      .map((match) => match[0])
      .filter((tag) => tag !== '<wbr')
      .join('');
  }

  function story(name: string, note: string): Comparison {
    const diff: Diff = {
      changes: [
        { kind: 'changed', path: `0${name}`, before: file(1, 1), after: file(9_000, 2) },
        { kind: 'moved', from: `1${name}`, path: `2${name}`, before: file(1, 5), after: file(8_000, 6) },
        { kind: 'added', path: `3${name}.js`, after: file(7_000, 3) },
        { kind: 'removed', path: `4${name}.css`, before: file(6_000, 4) },
        { kind: 'moved', from: `5${name}`, path: `6${name}`, before: file(5, 5), after: file(5, 5) },
      ],
      unchanged: { files: 1, bytes: 1 },
      before: { files: 5, bytes: 7_000 },
      after: { files: 5, bytes: 30_000 },
    };
    return compared(diff, { encoding: note, rebuild: { evidence: note, files: [{ path: name, cause: note }] } });
  }

  it('never changes the structure of the section', () => {
    const section = (name: string, note: string) =>
      renderDiffSection(story(name, note), { budget: [], maxBytes: WHOLE });
    const plain = (name: string) => section(name.replace(/[^/]/gsu, 'x'), 'plain');
    fc.assert(
      fc.property(anyName, anyName, (name, note) => {
        const text = section(name, `x${note}`);
        expect(tags(text.replace(/```mermaid.*?```/s, ''))).toBe(tags(plain(name).replace(/```mermaid.*?```/s, '')));
      }),
    );
  });

  it('never starts a line of the log', () => {
    fc.assert(
      fc.property(anyName, anyName, (name, note) => {
        const lines = [renderDiffLine(story(name, note)), ...renderDiffLines(story(name, note))];
        for (const line of lines) expect(line).not.toMatch(/[\r\n\u2028\u2029]/);
      }),
    );
  });

  it('is never cut inside a character', () => {
    for (const start of ['', 'x']) {
      const diff = diffOf(listing({}), listing({ [`${start}${'😀'.repeat(100)}`]: file(1, 1) }));
      const texts = [
        renderDiffSection(compared(diff), { budget: [], maxBytes: WHOLE }),
        ...renderDiffLines(compared(diff)),
      ];
      for (const text of texts) expect(text.isWellFormed()).toBe(true);
    }
  });

  it('is never in a chart', () => {
    const chart = /```mermaid(.*?)```/s.exec(renderDiffSection(hostile, { budget: [], maxBytes: WHOLE }))?.[1] ?? '';
    expect(chart).not.toMatch(/octocat|onerror/);
  });
});

describe('the log', () => {
  it('has one line that says what changed', () => {
    expect([vite, first, unavailable, same, encodingOnly].map(renderDiffLine)).toEqual([
      'Compared with production (bafybeia…bae): 1 added, 3 changed, 1 removed, 4 moved (2 with other bytes), +110.64 kB (+2.3 %); read 48.21 kB in 210 ms (12 requests, 18 blocks from the cache).',
      'No diff: first deploy of this tag.',
      'No diff with production (bafybeia…bae): no gateway served a block in 20 s.',
      'The same files as production (bafybeia…bae).',
      'The same files as production (bafybeia…bae), encoded by other rules: production follows unixfs-v0-2015, this build unixfs-v1-2025, and every file was compared by its bytes.',
    ]);
  });

  it('calls a base that has no name by its CID', () => {
    expect(renderDiffLine({ ...same, base: { ...base, label: base.cid } })).toBe('The same files as bafybeia…bae.');
  });

  it('has a group with the details', () => {
    expect(renderDiffLines(vite)).toEqual([
      'added       +96 kB      96 kB  img/hero.avif',
      'moved    +31.41 kB  812.01 kB  assets/index-*.js  (index-Ck3dXq2P.js → index-B1x9Rt7k.js)',
      'removed     −18 kB          –  old/legacy.css',
      'moved       +900 B    42.9 kB  assets/index-*.css  (index-Da8sLw01.css → index-Da9fPm44.css)',
      'changed     +345 B    9.34 kB  docs/guide/getting-started/installation-on-windows-with-a-proxy.html',
      'changed      −12 B     2.1 kB  index.html',
      'changed       ±0 B       64 B  robots.txt',
      '2 files moved with the same bytes.',
      'By type:',
      '     +96 kB  Images  (1 added)',
      '  +31.41 kB  JavaScript  (2 moved)',
      '   −17.1 kB  CSS  (1 removed, 1 moved)',
      '     +333 B  HTML  (2 changed)',
      '       ±0 B  Data  (1 changed)',
      '       ±0 B  Fonts  (1 moved)',
      'By directory:',
      '     +96 kB  img  (1 added)',
      '  +32.31 kB  assets  (4 moved)',
      '     −18 kB  old  (1 removed)',
      '     +345 B  docs/guide/getting-started  (1 changed)',
      '      −12 B  .  (2 changed)',
    ]);
  });

  it('has no details where nothing is known or changed', () => {
    expect([first, unavailable, same].map(renderDiffLines)).toEqual([[], [], []]);
  });

  it('names the files of a build that is not reproducible', () => {
    expect(renderDiffLines(rebuilt).slice(-3)).toEqual([
      'The sources are the same, but the CID changed. They are known to be the same because both commits have the tree 4b825dc.',
      '  index.html: it has the time of the build: 2026-11-21T13:35:02Z',
      '  b.js: it has an absolute path: /home/runner/work',
    ]);
  });

  it('has at most 50 lines', () => {
    expect(renderDiffLines(many)).toHaveLength(50);
    expect(
      renderDiffLines({
        ...many,
        encoding: 'x',
        rebuild: { evidence: 'x', files: Array.from({ length: 99 }, () => ({ path: 'x', cause: 'y' })) },
      }),
    ).toHaveLength(50);
    expect(renderDiffLines(many).join('\n')).toMatch(/and [\d,]+ smaller differences: see the report file\./);
  });
});

describe('the report and the outputs', () => {
  it('hold every change', () => {
    const report: unknown = JSON.parse(JSON.stringify(reportComparison(vite)));
    expect(report).toMatchObject({
      kind: 'compared',
      base,
      totals: { added: 1, changed: 3, removed: 1, moved: 4, movedWithOtherContent: 2 },
      encoding: null,
      rebuild: null,
      effort,
    });
    expect(report).toHaveProperty('changes.length', vite.diff.changes.length);
    expect(report).toHaveProperty('changes.0', {
      kind: 'added',
      path: 'img/hero.avif',
      from: null,
      before: null,
      after: viteAfter.get('img/hero.avif'),
    });
    expect(reportComparison(rebuilt)).toHaveProperty('rebuild', rebuilt.rebuild);
  });

  it('tell why nothing is known', () => {
    expect(reportComparison(first)).toEqual({ kind: 'none', reason: 'first deploy of this tag' });
    expect(reportComparison({ ...unavailable, base: { ...base, commit: undefined } })).toEqual({
      kind: 'unavailable',
      base: { ...base, commit: null },
      reason: 'no gateway served a block in 20 s',
    });
  });

  it('count in plain numbers', () => {
    expect(diffOutputs(compared(diffOf(viteAfter, viteBefore)))).toEqual({
      'files-added': '1',
      'files-changed': '3',
      'files-removed': '1',
      'files-moved': '4',
      'size-delta': '-110645',
    });
    expect(new Set(Object.values(diffOutputs(same)))).toEqual(new Set(['0']));
    expect([first, unavailable].map((comparison) => Object.values(diffOutputs(comparison)).join(''))).toEqual(['', '']);
  });
});

describe('differences in bytes', () => {
  it('have a sign', () => {
    expect([31_400, -12, 0].map(renderDelta)).toEqual(['+31.4 kB', '−12 B', '±0 B']);
  });

  it('are a share of what was before', () => {
    expect(
      (
        [
          [8, 1_000],
          [-120, 1_000],
          [0, 5],
          [1, 1_000_000],
          [5, 0],
          [25_000, 1_000],
        ] as const
      ).map(([delta, before]) => renderShare(delta, before)),
    ).toEqual(['+0.8 %', '−12 %', '±0 %', 'under 0.1 %', '', '+2,500 %']);
  });
});

/** Rows below a head, without the line of dashes. */
function rowsAfter(text: string, head: string): number {
  const lines = text.split('\n');
  const start = lines.findIndex((line) => line.startsWith(head));
  if (start === -1) return 0;
  const end = lines.findIndex((line, index) => index > start && !line.startsWith('|'));
  return (end === -1 ? lines.length : end) - start - 2;
}

/** No construct is open at the end, and every row has the cells of its head. */
function expectComplete(text: string): void {
  expect(text.split('<details>')).toHaveLength(text.split('</details>').length);
  expect(text.split('```').length % 2).toBe(1);
  for (const block of text.split('\n\n').filter((part) => part.startsWith('|'))) {
    expect(new Set(block.split('\n').map((row) => row.split('|').length)).size).toBe(1);
  }
}
