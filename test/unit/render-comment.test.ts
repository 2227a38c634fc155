import fc from 'fast-check';
import MarkdownIt from 'markdown-it';
import { describe, expect, it } from 'vitest';
import { type LastGood, parseLastGood, renderMarker } from '../../src/domain/comment.ts';
import type { Comparison } from '../../src/domain/comparison.ts';
import { type Diff, diffTrees } from '../../src/domain/diff.ts';
import { ActionError } from '../../src/domain/errors.ts';
import type { ListedFile, Listing } from '../../src/domain/listing.ts';
import type { Probe, Retention } from '../../src/domain/outcome.ts';
import type { Finding, Preflight, Severity } from '../../src/domain/preflight/finding.ts';
import { quote } from '../../src/domain/preflight/quote.ts';
import { judgeRevisions } from '../../src/domain/retention.ts';
import type { Revision } from '../../src/domain/revision.ts';
import { judgeSizeBudget, parseSizeBudget } from '../../src/domain/size-budget.ts';
import { projectOf } from '../../src/domain/tag.ts';
import { renderComment } from '../../src/render/comment.ts';
import type { CommentContext, CommentStory, PreviewOutcome } from '../../src/render/comment-story.ts';
import { parseCharts } from '../support/mermaid.ts';
import { buildOf, cidNumber, pinOf } from './account.ts';

const project = projectOf('acme/app#web');
const [OLD, NEW, BEFORE] = [cidNumber(1), cidNumber(2), cidNumber(3)];
const now = new Date('2026-07-14T09:31:20Z');
const lastGood: LastGood = { cid: BEFORE, url: `https://${BEFORE}.ipfs.dweb.link/`, commit: '9a8b7c6' };
const context: CommentContext = {
  key: { project, pullRequest: 128 },
  commit: '4f2c9a1',
  runUrl: 'https://github.com/acme/app/actions/runs/7',
  now,
  lastGood: undefined,
};
const remembering: CommentContext = { ...context, lastGood };

function file(bytes: number, content: number): ListedFile {
  return { cid: cidNumber(content % 250), bytes };
}

function listing(files: Readonly<Record<string, ListedFile>>): Listing {
  return new Map(Object.entries(files));
}

const before = listing({
  'assets/index-Ck3dXq2P.js': file(780_600, 11),
  'assets/index-Da8sLw01.css': file(42_000, 12),
  'assets/vendor-9f1c2b3a.js': file(310_000, 13),
  'assets/inter-latin-400-normal-Kq2Xz81b.woff2': file(24_000, 14),
  'index.html': file(2_112, 15),
  'old/legacy.css': file(18_000, 16),
  'docs/guide/getting-started/installation-on-windows-with-a-proxy.html': file(9_000, 17),
});
const after = listing({
  'assets/index-B1x9Rt7k.js': file(812_012, 21),
  'assets/index-Da9fPm44.css': file(42_900, 22),
  'assets/vendor-77ab01cd.js': file(310_000, 13),
  'assets/inter-latin-400-normal-Zt7Yb34c.woff2': file(24_000, 14),
  'img/hero.avif': file(96_000, 23),
  'index.html': file(2_100, 24),
  'docs/guide/getting-started/installation-on-windows-with-a-proxy.html': file(9_345, 25),
});
const build = {
  ...buildOf(NEW),
  listing: after,
  bytes: [...after.values()].reduce((sum, { bytes }) => sum + bytes, 0),
};
const diff = diffTrees({ before, after, shared: { files: 0, bytes: 0 } }, { stripHash: [] });
const comparison = {
  kind: 'compared',
  base: { cid: OLD, label: 'production', commit: '1111111' },
  diff,
  encoding: undefined,
  rebuild: undefined,
  effort: { requests: 2, cached: 0, bytes: 900, ms: 41 },
} satisfies Comparison;
/** What a preflight finds; `text` is foreign, and wherever a file says what. */
function preflightOf(severity: Severity, text = 'assets/app-B1x9.js'): Preflight {
  const finding = (kind: string, message: string): Finding => ({
    rule: 'absolute-paths',
    severity,
    kind,
    message,
    advice: "Set `base: './'` in vite.config.",
    path: text,
    line: 5,
    times: 3,
    files: 3,
  });
  return {
    findings: [
      {
        ...finding('key', `The value of ${quote(text)} is in the build.`),
        rule: 'secrets',
        advice: 'Revoke it.',
        files: 1,
      },
      finding('absolute', `${quote(`/${text}`)} is loaded by an absolute path, which works on subdomain gateways only`),
      finding(
        'absolute',
        `${quote(`/2/${text}`)} is loaded by an absolute path, which works on subdomain gateways only`,
      ),
      { ...finding('external', 'Something comes from another host'), severity: 'note', path: '', advice: '' },
    ],
    counts: { error: 0, warn: 0, note: 1, [severity]: 5 },
  };
}

const budgetOf = (...lines: readonly string[]) =>
  judgeSizeBudget(
    lines.map(parseSizeBudget).filter((line) => line !== undefined),
    { listing: after, diff },
  );
const probe = (link: string, rest: Partial<Probe>): Probe => ({
  link,
  host: new URL(link).host,
  state: 'live',
  note: 'bytes match',
  final: true,
  status: 200,
  firstByteMs: 41,
  bytes: 7043,
  ...rest,
});
const probes = [
  probe(`https://${NEW}.ipfs.inbrowser.link/`, {
    state: 'opens',
    note: 'loads and checks the content in the browser',
  }),
  probe(`https://app.example.com/ipfs/${NEW}/`, {}),
  probe(`https://${NEW}.ipfs.dweb.link/`, { state: 'down', note: 'has not found it yet (504)', final: false }),
  probe(`https://acme.mypinata.cloud/ipfs/${NEW}/`, {
    state: 'down',
    note: 'serves HTML only through a custom domain',
  }),
];
const unfollowed = { blocks: [], names: [], mirrors: [] } as const;
const retention: Retention = {
  rows: [],
  judgedAt: now,
  notApplied: undefined,
  unpinned: [],
  spared: [],
  failed: [],
};
const policy = {
  project,
  keepLast: 5,
  keepWithinMs: 7 * 86_400_000,
  protectTags: [],
  protectCids: new Set([cidNumber(42)]),
  inUse: new Map(),
  givenUp: new Map([['pr-128', { why: 'pull request closed', at: now.getTime() / 1000 }]]),
  scope: 'all',
} as const;
const plan = {
  cid: NEW,
  source: { kind: 'upload', reason: 'the account does not pin this CID' },
  sameCid: [],
  previous: OLD,
  base: { kind: 'none', reason: 'diff-base is none' },
  changed: true,
  tags: ['pr-128'],
  at: 1_800_000_000,
  superseded: new Set<string>(),
  retention: [],
  policy,
} as const;
const deployed = {
  kind: 'deployed',
  comparison,
  preflight: undefined,
  budget: budgetOf('total=1.5MB', '**/*.js=+50kB'),
  plan,
  build,
  pin: pinOf('pin-1', NEW),
  uploadedBytes: 1_204_321,
  probes,
  ...unfollowed,
  accessLink: undefined,
  expiresAt: new Date('2026-08-17T00:00:00Z'),
  retention,
} as const;

const preview = (number: number, marks: Readonly<Record<string, string>>): Revision => ({
  cid: cidNumber(number),
  pins: [
    {
      ...pinOf(`pin-${number}`, cidNumber(number), {
        [project.key]: project.name,
        ...Object.fromEntries(Object.entries(marks).map(([tag, value]) => [`${project.key}.${tag}`, value])),
      }),
      bytes: 4_700_000 + number,
    },
  ],
  others: [],
});
const minutesAgo = (minutes: number) => String(now.getTime() / 1000 - minutes * 60);
const rows = judgeRevisions(
  [
    preview(2, { previews: `128@${minutesAgo(60)}` }),
    preview(3, { previews: `128@${minutesAgo(90)}` }),
    preview(4, { previews: `128@${minutesAgo(120)}`, production: `${minutesAgo(10)} 4f2c9a1` }),
    preview(5, { previews: `99@${minutesAgo(20)}` }),
  ],
  policy,
  now,
);
const stale = rows.filter(({ fate }) => fate === 'unpin');
const cleaned = {
  kind: 'cleaned',
  tags: ['pr-128'],
  dryRun: false,
  mirrors: [],
  retention: { ...retention, rows, unpinned: stale },
} as const;
const closed = { merged: false, at: new Date('2026-07-15T08:00:00Z') } as const;
const outcome = (of: PreviewOutcome): CommentStory => ({ kind: 'outcome', outcome: of });

const comments: Readonly<Record<string, string>> = {
  deployed: renderComment(outcome(deployed), remembering),
  unserved: renderComment(outcome({ ...deployed, probes: probes.slice(2) }), remembering),
  unopened: renderComment(
    outcome({ ...deployed, probes: probes.map((entry) => ({ ...entry, state: 'unopened', note: 'not opened' })) }),
    context,
  ),
  'first-deploy': renderComment(
    outcome({
      ...deployed,
      comparison: { kind: 'none', reason: 'this is the first deploy' },
      expiresAt: undefined,
      preflight: undefined,
      budget: judgeSizeBudget(
        [parseSizeBudget('total=+5%')].filter((line) => line !== undefined),
        { listing: after, diff: undefined },
      ),
    }),
    context,
  ),
  'base-unreadable': renderComment(
    outcome({
      ...deployed,
      preflight: undefined,
      budget: [],
      comparison: { kind: 'unavailable', base: comparison.base, reason: 'no gateway served a block in 20 s' },
    }),
    context,
  ),
  redeployed: renderComment(outcome({ ...deployed, kind: 'unchanged', uploadedBytes: 0 }), context),
  'same-as-production': renderComment(
    outcome({
      ...deployed,
      uploadedBytes: 0,
      comparison: {
        ...comparison,
        base: { ...comparison.base, cid: NEW },
        diff: diffTrees({ before: after, after, shared: { files: 0, bytes: 0 } }, { stripHash: [] }),
      },
    }),
    context,
  ),
  rebuilt: renderComment(
    outcome({
      ...deployed,
      comparison: {
        ...comparison,
        rebuild: {
          evidence: 'both commits have the tree 4b825dc',
          files: [{ path: 'index.html', cause: 'it has the time of the build: 2026-11-21T13:35:02Z' }],
        },
      },
    }),
    context,
  ),
  'over-budget': renderComment(
    outcome({
      kind: 'over-budget',
      build,
      plan: undefined,
      comparison,
      preflight: undefined,
      budget: budgetOf('total=5MB', '**/*.js=+20kB', 'img/**=+5%'),
    }),
    remembering,
  ),
  failed: renderComment(
    {
      kind: 'failed',
      undertaking: 'Deploy',
      error: new ActionError('credentials', 'Pinata refused to upload (403).', {
        hint: 'Give pinata-jwt a key with the Files read and write permissions.',
        step: 'uploading',
      }),
    },
    remembering,
  ),
  fork: renderComment(
    outcome({
      kind: 'compared',
      build,
      comparison,
      preflight: undefined,
      budget: [],
      reason: 'there is no pinata-jwt; runs for forks get no secrets',
    }),
    context,
  ),
  warned: renderComment(outcome({ ...deployed, preflight: preflightOf('warn') }), context),
  refused: renderComment(
    outcome({ kind: 'refused', build, plan: undefined, comparison, preflight: preflightOf('error'), budget: [] }),
    remembering,
  ),
  'dry-run': renderComment(
    outcome({
      kind: 'planned',
      plan,
      build,
      comparison,
      preflight: undefined,
      budget: [],
      retention,
      names: [],
      mirrors: [],
    }),
    context,
  ),
  removed: renderComment(
    {
      kind: 'gone',
      closed,
      outcome: { ...cleaned, retention: { ...cleaned.retention, rows: rows.filter((row) => row.fate !== 'untag') } },
      production: undefined,
    },
    remembering,
  ),
  merged: renderComment(
    {
      kind: 'gone',
      closed: { ...closed, merged: true },
      outcome: cleaned,
      production: { cid: cidNumber(4), url: 'https://app.example.com/' },
    },
    remembering,
  ),
  protected: renderComment(
    {
      kind: 'gone',
      closed,
      outcome: { ...cleaned, retention: { ...retention, rows: rows.filter((row) => row.fate === 'untag') } },
      production: undefined,
    },
    remembering,
  ),
  'not-removed': renderComment(
    {
      kind: 'gone',
      closed,
      outcome: {
        ...cleaned,
        retention: {
          ...retention,
          rows,
          unpinned: stale.slice(1),
          failed: stale.slice(0, 1).map((row) => ({ row, reason: 'Pinata failed to unpin. (Pinata said: 500)' })),
        },
      },
      production: undefined,
    },
    remembering,
  ),
};

describe('the comment', () => {
  it.each(Object.entries(comments))('on a pull request that is %s reads as it should', async (name, comment) => {
    await expect(comment).toMatchFileSnapshot(`../fixtures/comment/${name}.md`);
  });
});

describe('what the comment remembers', () => {
  it('is told by its first line', () => {
    for (const text of Object.values(comments)) expect(text.split('\n')[0]).toBe(renderMarker(context.key));
  });

  it('is the link of this preview where one opened, and the one before where none did', () => {
    expect(parseLastGood(comments.deployed ?? '')).toEqual({
      cid: NEW,
      url: `https://app.example.com/ipfs/${NEW}/`,
      commit: '4f2c9a1',
    });
    for (const name of ['unserved', 'over-budget', 'refused', 'failed']) {
      expect(parseLastGood(comments[name] ?? '')).toEqual(lastGood);
      expect(comments[name]).toContain(`**[Open the last good preview](<${lastGood.url}>)** · of commit`);
    }
    for (const name of ['unopened', 'removed', 'merged', 'fork']) {
      expect(parseLastGood(comments[name] ?? '')).toBeUndefined();
    }
  });
});

describe('a link in the comment', () => {
  it('leads only to what was opened', () => {
    const opened = [probes[0]?.link ?? '', probes[1]?.link ?? '', context.runUrl];
    const links = [...(comments.deployed ?? '').matchAll(/\]\(<([^>]*)>\)/g)].map(([, link = '']) => link);
    expect(links.length).toBeGreaterThan(5);
    expect(links.filter((link) => !opened.some((root) => link.startsWith(root)))).toEqual([]);
    expect((comments.unopened ?? '').match(/\]\(<([^>]*)>\)/g)).toEqual([`](<${context.runUrl}>)`]);
  });

  it('leads to a file below the preview, but not to one that is gone', () => {
    expect(comments.deployed).toContain(`(<https://app.example.com/ipfs/${NEW}/img/hero.avif>)`);
    expect(comments.deployed).toContain('| <code>old/legacy.css</code> |');
  });

  it('is not made of a name that no address can hold', () => {
    for (const name of ['/../x', '/./x', '\ud800', `/${'頁'.repeat(200)}`]) {
      expect(renderComment(outcome(withNames(name, 'x')), context)).not.toMatch(/\[<code>/);
    }
  });

  it('to a file never leaves the preview, whatever its name is', () => {
    fc.assert(
      fc.property(anyName, (name) => {
        const root = `https://app.example.com/ipfs/${NEW}/`;
        const text = renderComment(outcome(withNames(name, 'x')), context);
        const links = [...text.matchAll(/\]\(<([^>]*)>\)/g)].map(([, link = '']) => link);
        for (const link of links.filter((link) => link.startsWith('https://app.'))) {
          expect(new URL(link).href.startsWith(root)).toBe(true);
          expect(new URL(link).search + new URL(link).hash).toBe('');
        }
      }),
    );
  });
});

describe('a comment that is too long', () => {
  const paths = (count: number, nameOf: (index: number) => string, version: number): Listing =>
    new Map(
      Array.from({ length: count }, (_, index) => [nameOf(index), file(1_000 + index * version, index + version)]),
    );
  const story = (
    pair: { readonly before: Listing; readonly after: Listing },
    rest: Partial<Pick<PreviewOutcome, 'budget'>> = {},
    rebuilt = 0,
  ) =>
    outcome({
      ...deployed,
      ...rest,
      comparison: {
        ...comparison,
        rebuild:
          rebuilt === 0
            ? undefined
            : {
                evidence: 'x',
                files: Array.from({ length: rebuilt }, () => ({ path: '"'.repeat(120), cause: '"'.repeat(250) })),
              },
        diff: diffTrees({ ...pair, shared: { files: 0, bytes: 0 } }, { stripHash: [] }),
      },
    });
  const fits = (text: string): boolean => text.length <= 60_000 && new TextEncoder().encode(text).length <= 240_000;

  it.each([
    ['added', new Map<string, ListedFile>(), paths(10_000, (index) => `pages/${index % 300}/page-${index}.html`, 1)],
    [
      'changed',
      paths(10_000, (index) => `p/${'x'.repeat(200)}${index}.js`, 1),
      paths(10_000, (index) => `p/${'x'.repeat(200)}${index}.js`, 2),
    ],
    ['wide', new Map<string, ListedFile>(), paths(10_000, (index) => `${'頁'.repeat(80)}${index}.css`, 1)],
    ['escaped', new Map<string, ListedFile>(), paths(10_000, (index) => `${'"@#&'.repeat(60)}${index}`, 1)],
  ] as const)('of 10,000 files %s stays within what GitHub takes, and complete', (_kind, before, after) => {
    const text = renderComment(story({ before, after }), context);
    expect(fits(text)).toBe(true);
    expectComplete(text);
    expect(text).toContain('✅ Preview is live on IPFS');
    expect(text).toMatch(/^Left out here: .* The \[job summary\]\(<.*>\) has all of it\.$/m);
  });

  it('never loses its head, whatever is in it', () => {
    const long = 'x"@'.repeat(3_000);
    const worst = Array.from({ length: 500 }, (_, index) =>
      probe(`https://g${index}.example/ipfs/${NEW}/`, { note: long }),
    );
    const lines = Array.from({ length: 100 }, () => `${'*'.repeat(900)}x=1B`);
    for (const links of [worst, worst.map((entry) => ({ ...entry, state: 'down' as const }))]) {
      const text = renderComment(outcome({ ...deployed, probes: links, budget: budgetOf(...lines) }), context);
      expect(fits(text)).toBe(true);
      expectComplete(text);
    }
    const over = budgetOf(...lines).map((line) => ({ ...line, state: 'over' as const }));
    const refused = renderComment(
      outcome({ kind: 'over-budget', build, plan: undefined, comparison, preflight: undefined, budget: over }),
      {
        ...context,
        lastGood: { ...lastGood, url: `https://x.example/${'"'.repeat(2_000)}` },
      },
    );
    expect(fits(refused)).toBe(true);
    expectComplete(refused);
    const error = new ActionError('bug', `${long}\n`.repeat(1_000), { hint: long });
    const failed = renderComment({ kind: 'failed', error, undertaking: 'Diff' }, remembering);
    expect(fits(failed)).toBe(true);
    expect(failed).toContain(`(<${context.runUrl}>)`);
  });

  it('gives up the chart first, then what moved, then rows, then the details', () => {
    const parts = (text: string): string =>
      [text.includes('```mermaid'), text.includes('same bytes'), rowsAfter(text, '| File |')].join();
    const cases = [
      { letter: 'x', length: 14, moved: 45 },
      { letter: 'x', length: 14, moved: 145 },
      { letter: 'x', length: 20, moved: 40 },
      { letter: 'x', length: 70, moved: 40 },
      { letter: '"', length: 250, moved: 40 },
      { letter: '"', length: 250, moved: 40, lines: 50 },
      { letter: '"', length: 250, moved: 40, lines: 50, rebuilt: 20 },
    ];
    const seen = cases.map(({ letter, length, moved, lines = 0, rebuilt = 0 }) => {
      const name = (index: number): string => `${letter.repeat(length)}${index}.${index % 2 === 0 ? 'js' : 'css'}`;
      const pair = {
        before: paths(300, (index) => `was/${name(index)}`, 1),
        after: new Map([
          ...paths(moved, (index) => `moved/${name(index)}`, 1),
          ...paths(900, (index) => `new/${name(index)}`, 7_777),
        ]),
      };
      const budget = budgetOf(...Array.from({ length: lines }, () => `${'*'.repeat(118)}=5MB`));
      const text = renderComment(story(pair, { budget }, rebuilt), context);
      return [parts(text), rowsAfter(text, '| Size budget |'), rowsAfter(text, '> | File |')].join();
    });
    expect(seen).toEqual([
      'true,true,200,0,0',
      'false,true,200,0,0',
      'false,false,200,0,0',
      'false,false,50,0,0',
      'false,false,20,0,0',
      'false,false,5,50,0',
      'false,false,5,0,0',
    ]);
  });
});

const NASTY = [
  'a|b',
  '`',
  '``x``',
  '<img src=x onerror=1>',
  '<!-- ',
  '-->',
  '@octocat',
  '@acme/team',
  'mail@example.com',
  'mailto:mail@example.com',
  '#1',
  'GH-1',
  'acme/x#1',
  'https://github.com/acme/x/issues/1',
  'www.example.com',
  '4f2c9a14f2c9a14f2c9a14f2c9a14f2c9a14f2c9',
  '[x](javascript:1)',
  '![x](https://x.y/z.png)',
  '</code></td></details>',
  '\n# h',
  '\r\n\r\n- x',
  '**b** ~~c~~ _d_',
  '\u202Egpj.exe',
  '\u061c\u00ad\u{e0041}\u0000\u001b[31m',
  '&lt;&#64;',
  ':tada:',
  '\\|',
  '../../x',
  '?a=b#c',
  'x'.repeat(300),
  '😀'.repeat(150),
  '\ud800',
] as const;
const anyName = fc.oneof(fc.string({ unit: 'binary', minLength: 1, maxLength: 60 }), fc.constantFrom(...NASTY));

/** A deploy with one foreign text as every file name, and one as every reason. */
function withNames(name: string, note: string): PreviewOutcome & { readonly kind: 'deployed' } {
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
  return {
    ...deployed,
    comparison: {
      ...comparison,
      base: { cid: OLD, label: `x ${note}`, commit: note },
      diff,
      encoding: `x ${note}`,
      rebuild: { evidence: `x ${note}`, files: [{ path: name, cause: `x ${note}` }] },
    },
    preflight: preflightOf('warn', name),
    budget: [{ text: `x ${note}`, kind: 'size', limit: 1, actual: 2, used: 2, state: 'over' }],
    probes: probes.map((entry) => ({ ...entry, note: `x ${note}` })),
  };
}

describe('foreign text', () => {
  const markdown = new MarkdownIt({ html: true });

  /** The shape of rendered HTML: its tags but for the places where a line may break. */
  function tags(text: string): string {
    return [...markdown.render(text.replace(/```mermaid.*?```/gs, '')).matchAll(/<\/?([a-z0-9]+)|<!--/g)]
      .map((match) => match[0])
      .filter((tag) => tag !== '<wbr')
      .join('');
  }

  const retentionOf = (note: string) => ({
    ...cleaned.retention,
    failed: stale.slice(0, 1).map((row) => ({ row, reason: `x ${note}` })),
    spared: stale.slice(1).map((row) => ({ row, reason: `x ${note}` })),
  });
  /** Every kind of comment with `note` wherever somebody else's words go. */
  function all(name: string, note: string): readonly string[] {
    const named = { ...context, key: { ...context.key, project: { ...project, name: `acme/app#x ${note}` } } };
    const whole = withNames(name, note);
    const { build, comparison, budget } = whole;
    const stories: readonly CommentStory[] = [
      outcome(whole),
      outcome({ ...whole, comparison: { kind: 'none', reason: `x ${note}` } }),
      outcome({
        ...whole,
        comparison: {
          kind: 'unavailable',
          base: comparison.kind === 'none' ? { cid: OLD, label: '', commit: '' } : comparison.base,
          reason: `x ${note}`,
        },
      }),
      outcome({ kind: 'compared', build, comparison, preflight: undefined, budget, reason: `x ${note}` }),
      outcome({ kind: 'over-budget', build, comparison, preflight: undefined, budget, plan: undefined }),
      outcome({ kind: 'refused', build, comparison, preflight: preflightOf('error', name), budget, plan: undefined }),
      outcome({
        kind: 'planned',
        build,
        comparison,
        preflight: undefined,
        budget,
        names: [],
        mirrors: [],
        plan: { ...plan, source: { kind: 'upload', reason: `x ${note}` } },
        retention,
      }),
      {
        kind: 'failed',
        undertaking: 'Deploy',
        error: new ActionError('bug', `x ${note}`.replaceAll('\n', ' '), { hint: `x ${note}`.replaceAll('\n', ' ') }),
      },
      { kind: 'gone', closed, outcome: { ...cleaned, retention: retentionOf(note) }, production: undefined },
    ];
    return stories.map((story) => renderComment(story, named));
  }

  it('never changes the structure of a comment', () => {
    // Names without a link are tested above.
    const linked = anyName.filter(
      (name) => name.isWellFormed() && !/\.\.?\//.test(name) && encodeURIComponent(name).length < 800,
    );
    fc.assert(
      fc.property(linked, anyName, (name, note) => {
        const plain = all(name.replace(/[^/]/gsu, 'x'), 'x').map(tags);
        expect(all(name, note).map(tags)).toEqual(plain);
      }),
      { numRuns: 150 },
    );
  });

  it('is never a mention, a reference, an address, a commit or an emoji outside of code', () => {
    fc.assert(
      fc.property(fc.constantFrom(...NASTY), fc.constantFrom(...NASTY), (name, note) => {
        for (const text of all(name, note)) {
          const words = markdown
            .render(text.replace(/```mermaid.*?```/gs, ''))
            .replace(/<code>.*?<\/code>|<a .*?<\/a>|<!--.*?-->/gs, '')
            // GitHub looks at each text between two tags.
            .split(/<[^>]*>/);
          for (const word of words) {
            expect(word).not.toMatch(/@\w|#\d|\bGH-\d|www\.|\b[0-9a-f]{7,40}\b|:[\w+-]+:/i);
          }
        }
      }),
    );
  });

  it('is never visible without its invisible characters', () => {
    const text = all('\u202Ea', '\u061cb').join('');
    expect(text).not.toMatch(/[\u202e\u061c]/);
    expect(text).toContain('⟨U+202E⟩');
    expect(text).toContain('⟨U+061C⟩');
  });
});

describe('the charts of a comment', () => {
  it('are read by Mermaid', async () => {
    const kinds = await Promise.all(Object.values(comments).map(parseCharts));
    expect(new Set(kinds.flat())).toEqual(new Set(['xychart']));
    expect(await parseCharts(comments.deployed ?? '')).toHaveLength(1);
  });
});

/** Rows below a head, without the line of dashes. */
function rowsAfter(text: string, head: string): number {
  const lines = text.split('\n');
  const start = lines.findIndex((line) => line.startsWith(head));
  if (start === -1) return 0;
  const end = lines.findIndex((line, index) => index > start && !line.includes('| '));
  return (end === -1 ? lines.length : end) - start - 2;
}

/** No construct is open at the end, and every row has the cells of its head. */
function expectComplete(text: string): void {
  expect(text.match(/<details/g)?.length ?? 0).toBe(text.match(/<\/details>/g)?.length ?? 0);
  expect(text.split('```').length % 2).toBe(1);
  expect(text.endsWith('</sub>\n')).toBe(true);
  for (const block of text.split('\n\n').filter((part) => part.startsWith('|'))) {
    expect(new Set(block.split('\n').map((row) => row.split('|').length)).size).toBe(1);
  }
}
