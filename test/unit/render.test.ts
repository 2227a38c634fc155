import fc from 'fast-check';
import MarkdownIt from 'markdown-it';
import { describe, expect, it } from 'vitest';
import type { Cid } from '../../src/domain/cid.ts';
import type { Comparison } from '../../src/domain/comparison.ts';
import { diffTrees } from '../../src/domain/diff.ts';
import { ActionError } from '../../src/domain/errors.ts';
import type { ListedFile } from '../../src/domain/listing.ts';
import type { Outcome, Presence, Probe, Retention, TagHealth } from '../../src/domain/outcome.ts';
import type { Finding } from '../../src/domain/preflight/finding.ts';
import { type GivenUp, judgeRevisions } from '../../src/domain/retention.ts';
import type { Revision } from '../../src/domain/revision.ts';
import { judgeSizeBudget, parseSizeBudget } from '../../src/domain/size-budget.ts';
import { projectOf } from '../../src/domain/tag.ts';
import { code, escapeText, link, table } from '../../src/render/markdown.ts';
import { failedOutputs, OUTPUT_NAMES, renderOutputs } from '../../src/render/outputs.ts';
import { renderPlan } from '../../src/render/plan.ts';
import { renderReport } from '../../src/render/report.ts';
import { renderFailure, renderSummary } from '../../src/render/summary.ts';
import { renderBytes, renderCount, renderMs, shortCid } from '../../src/render/units.ts';
import { buildOf, cidNumber, pinOf } from './account.ts';

const context = {
  project: 'acme/app#web',
  commit: '4f2c9a1'.padEnd(40, '0'),
  runUrl: 'https://github.com/acme/app/actions/runs/7',
};
const [OLD, NEW] = [cidNumber(1), cidNumber(2)];
const build = buildOf(NEW);
const plan = {
  cid: NEW,
  source: { kind: 'upload', reason: 'the account does not pin this CID' },
  sameCid: [],
  previous: OLD,
  base: { kind: 'none', reason: 'diff-base is none' },
  changed: true,
  tags: ['production', 'v1.2.0'],
  at: 1_800_000_000,
  superseded: new Set<string>(),
  retention: [],
  policy: {
    project: projectOf('acme/app#web'),
    keepLast: 5,
    keepWithinMs: 7 * 86_400_000,
    protectTags: ['v*'],
    protectCids: new Set<Cid>(),
    inUse: new Map<Cid, string>(),
    givenUp: new Map<string, GivenUp>(),
    scope: 'all',
  },
} as const;
const now = new Date(1_800_000_000_000);
const project = projectOf('acme/app#web');
const marked = (id: string, number: number, marks: Record<string, string>): Revision => ({
  cid: cidNumber(number),
  pins: [
    {
      ...pinOf(id, cidNumber(number), {
        [project.key]: project.name,
        ...Object.fromEntries(Object.entries(marks).map(([tag, value]) => [`${project.key}.${tag}`, value])),
      }),
      bytes: 4_700_000 + number,
    },
  ],
  others: [],
});
const rows = judgeRevisions(
  [
    marked('pin-1', 2, { production: '1799999990 4f2c9a1', 'v1.8.0': '1799999990 4f2c9a1' }),
    marked('pin-2', 1, { production: '1799827200 1111111' }),
    marked('pin-3', 3, { previews: '121@1799222400' }),
    marked('pin-4', 4, { previews: '119@1799308800', 'v1.7.0': '1790000000 1111111' }),
    marked('pin-5', 5, {}),
  ],
  {
    ...plan.policy,
    givenUp: new Map([
      ['pr-121', { why: 'pull request closed', at: 1_800_000_000 }],
      ['pr-119', { why: 'pull request closed', at: 1_800_000_000 }],
    ]),
  },
  now,
);
const retention: Retention = {
  rows,
  judgedAt: now,
  notApplied: undefined,
  unpinned: rows.filter(({ fate }) => fate === 'unpin').slice(0, 1),
  spared: [],
  failed: rows
    .filter(({ fate }) => fate === 'unpin')
    .slice(1)
    .map((row) => ({ row, reason: 'Pinata failed to unpin. (Pinata said: 500)' })),
};
const nothing: Retention = { ...retention, rows: rows.slice(0, 1), unpinned: [], failed: [] };
const probes: readonly Probe[] = [
  {
    link: `https://app.example.com/ipfs/${NEW}/`,
    host: 'app.example.com',
    state: 'live',
    note: 'bytes match',
    final: true,
    status: 200,
    firstByteMs: 41,
    bytes: 7043,
  },
  {
    link: `https://${NEW}.ipfs.dweb.link/`,
    host: `${NEW}.ipfs.dweb.link`,
    state: 'down',
    note: 'has not found it yet (504)',
    final: false,
    status: 504,
    firstByteMs: 15_000,
    bytes: 0,
  },
];
const presence: Presence = { probes, blocks: [], names: [], mirrors: [] };
const file = (number: number, bytes: number): ListedFile => ({ cid: cidNumber(number), bytes });
const comparison = {
  kind: 'compared',
  base: { cid: OLD, label: 'production', commit: '1111111' },
  diff: diffTrees(
    {
      before: new Map([['assets/index-Ck3d.js', file(11, 90_000)]]),
      after: new Map([
        ['assets/index-B1x9.js', file(12, 100_000)],
        ['new.html', file(13, 500)],
      ]),
      shared: { files: 7, bytes: 4_000_000 },
    },
    { stripHash: [] },
  ),
  encoding: undefined,
  rebuild: undefined,
  effort: { requests: 2, cached: 0, bytes: 900, ms: 41 },
} satisfies Comparison;
const budget = judgeSizeBudget(
  [parseSizeBudget('total=+1kB')].filter((line) => line !== undefined),
  {
    listing: new Map(),
    diff: comparison.diff,
  },
);
const deployed = {
  kind: 'deployed',
  comparison,
  preflight: undefined,
  budget,
  plan,
  build,
  pin: pinOf('pin-1', NEW),
  uploadedBytes: 100,
  ...presence,
  accessLink: undefined,
  expiresAt: undefined,
  retention: nothing,
} as const;
const leak: Finding = {
  rule: 'secrets',
  severity: 'error',
  kind: 'own-key',
  message: 'The value of `pinata-jwt`, with which this run works, is in the build.',
  advice: 'Remove it from the build, and revoke it.',
  path: 'assets/app.js',
  line: 12,
  times: 1,
  files: 1,
};
const rooted: Finding = {
  ...leak,
  rule: 'absolute-paths',
  kind: 'subdomain-only',
  message: '`/assets/app.js` is loaded by an absolute path, which works on subdomain gateways only',
  advice: "Set `base: './'` in vite.config.",
  path: 'index.html',
  line: undefined,
  times: 9,
  files: 4,
};
const promoted = {
  kind: 'promoted',
  rollback: false,
  dryRun: false,
  plan: {
    cid: NEW,
    label: 'pr-12',
    relative: false,
    redone: false,
    toTag: 'production',
    pins: [pinOf('pin-1', NEW)],
    previous: OLD,
    changed: true,
    at: 1_800_000_000,
    commit: '4f2c9a1',
    superseded: new Set<string>(),
    move: undefined,
  },
  comparison,
  pin: pinOf('pin-1', NEW),
  ...presence,
  names: [
    {
      name: { kind: 'dnslink', domain: 'app.example.com', tag: 'production' },
      state: 'moved',
      previous: { path: `/ipfs/${OLD}`, cid: OLD },
      note: 'seen by dns.google and cloudflare-dns.com',
      written: true as const,
    },
    {
      name: { kind: 'hot-swap', cid: cidNumber(9), tag: 'production' },
      state: 'unchanged',
      previous: undefined,
      note: 'points there already',
    },
  ],
  mirrors: [{ mirror: 'second', cid: NEW, state: 'pending', note: 'queued' }],
  accessLink: undefined,
} satisfies Outcome;
const healthy: TagHealth = {
  tag: 'production',
  cid: NEW,
  since: now,
  pinned: true,
  probes,
  blocks: [
    {
      host: 'app.example.com',
      state: 'whole',
      blocks: 9,
      bytes: 7043,
      totalBytes: 7043,
      note: 'all are right',
      ms: 41,
    },
  ],
  names: promoted.names
    .slice(0, 1)
    .map(({ name, note }) => ({ name, note, state: 'unchanged' as const, previous: undefined })),
  mirrors: [],
  problems: [],
  remarks: [],
};
const unhealthy: readonly TagHealth[] = [
  healthy,
  {
    ...healthy,
    tag: 'staging',
    pinned: false,
    probes: probes.slice(1),
    blocks: [],
    names: [],
    mirrors: promoted.mirrors,
    problems: ['its content is not pinned any more', 'no gateway serves it (a|b.example: <b>504</b>\n# x)'],
    remarks: ['mirror second: queued'],
  },
  {
    ...healthy,
    tag: 'branch-next',
    cid: undefined,
    pinned: false,
    probes: [],
    blocks: [],
    names: [],
    problems: ['nothing that is pinned has this tag'],
  },
];
const outcomes: Readonly<Record<string, Outcome>> = {
  promoted,
  'rolled-back': {
    ...promoted,
    rollback: true,
    names: [],
    mirrors: [],
    plan: { ...promoted.plan, label: 'production~1', relative: true, commit: '0000000' },
  },
  'promoted-not-followed': {
    ...promoted,
    names: promoted.names.map((state) => ({ ...state, state: 'failed' as const, note: 'Cloudflare refused (403).' })),
  },
  'promoted-already': { ...promoted, plan: { ...promoted.plan, label: NEW, previous: NEW, changed: false }, names: [] },
  'promotion-planned': { ...promoted, dryRun: true, pin: undefined, names: [], mirrors: [] },
  verified: { kind: 'verified', tags: [healthy], checkedAt: now },
  unhealthy: { kind: 'verified', tags: unhealthy, checkedAt: now },
  'nothing-to-verify': { kind: 'verified', tags: [], checkedAt: now },
  deployed,
  unchanged: { ...deployed, kind: 'unchanged', uploadedBytes: 0, plan: { ...plan, previous: NEW, changed: false } },
  unserved: { ...deployed, probes: probes.slice(1) },
  planned: {
    kind: 'planned',
    comparison: { kind: 'none', reason: 'this is the first deploy' },
    preflight: undefined,
    budget: [],
    plan: { ...plan, previous: undefined },
    build,
    retention: { ...retention, notApplied: 'dry-run is true', unpinned: [], failed: [] },
    names: [],
    mirrors: [],
  },
  fork: {
    kind: 'compared',
    build,
    comparison,
    preflight: undefined,
    budget: [],
    reason: 'there is no pinata-jwt; runs for forks get no secrets',
  },
  compared: {
    kind: 'compared',
    build,
    comparison: { kind: 'unavailable', base: comparison.base, reason: 'gateway.example answered 504' },
    preflight: undefined,
    budget: [],
    reason: undefined,
  },
  refused: {
    kind: 'refused',
    build,
    plan,
    comparison,
    preflight: { findings: [leak, rooted], counts: { error: 2, warn: 0, note: 0 } },
    budget: [],
  },
  warned: {
    ...deployed,
    preflight: { findings: [{ ...rooted, severity: 'warn' }], counts: { error: 0, warn: 2, note: 0 } },
  },
  clean: { ...deployed, preflight: { findings: [], counts: { error: 0, warn: 0, note: 0 } } },
  'over-budget': { kind: 'over-budget', build, plan, comparison, preflight: undefined, budget },
  cleaned: { kind: 'cleaned', tags: ['pr-121'], dryRun: false, retention, mirrors: [] },
  swept: { kind: 'cleaned', tags: [], dryRun: false, retention: nothing, mirrors: [] },
  listed: {
    kind: 'listed',
    retention: { ...retention, notApplied: 'mode is list', unpinned: [], failed: [] },
    usage: { pins: 212, bytes: 734_000_000 },
  },
  skipped: { kind: 'skipped', reason: 'mode "auto" has nothing to do on schedule.' },
};

describe('the summary', () => {
  it.each(Object.entries(outcomes))('of a run that is %s reads as it should', async (name, outcome) => {
    await expect(renderSummary(outcome, context)).toMatchFileSnapshot(`../fixtures/summary/${name}.md`);
  });

  it('of a failure says what happened and what to do', async () => {
    const error = new ActionError('quota', 'Pinata refused\n- one', {
      hint: 'Use a <larger> plan.',
      step: 'uploading',
    });
    await expect(renderFailure(error, context)).toMatchFileSnapshot('../fixtures/summary/failed.md');
  });
});

describe('outputs', () => {
  it.each(Object.entries(outcomes))('are all set when a run is %s', (_name, outcome) => {
    const outputs = renderOutputs(outcome, {
      carPath: '',
      reportPath: '/tmp/report.json',
      commentUrl: '',
      deploymentId: '',
    });
    expect(Object.keys(outputs)).toEqual([...OUTPUT_NAMES]);
    expect(Object.values(outputs).every((value) => typeof value === 'string')).toBe(true);
  });

  it('tell what was deployed', () => {
    expect(
      renderOutputs(deployed, {
        carPath: 'x.car',
        reportPath: 'r.json',
        commentUrl: 'https://github.com/c',
        deploymentId: '7',
      }),
    ).toMatchObject({
      result: 'deployed',
      cid: NEW,
      uri: `ipfs://${NEW}`,
      hash: NEW,
      url: probes[0]?.link,
      'previous-cid': OLD,
      changed: 'true',
      'pin-id': 'pin-1',
      verified: 'gateway',
      tags: 'production\nv1.2.0',
      'car-path': 'x.car',
    });
    expect(
      renderOutputs(outcomes.unserved ?? deployed, { carPath: '', reportPath: '', commentUrl: '', deploymentId: '' }),
    ).toMatchObject({
      url: '',
      verified: 'pin',
    });
  });

  it('tell what was promoted, and not what was not looked at', () => {
    const paths = { carPath: '', reportPath: '', commentUrl: '', deploymentId: '7' };
    expect(renderOutputs(promoted, paths)).toMatchObject({
      result: 'promoted',
      cid: NEW,
      'previous-cid': OLD,
      changed: 'true',
      tags: 'production',
      'pin-id': 'pin-1',
      'deployment-id': '7',
      verified: 'gateway',
      'uploaded-bytes': '',
      unpinned: '',
    });
    expect(JSON.parse(renderOutputs(promoted, paths).names)).toMatchObject([
      { name: 'app.example.com', state: 'moved', previous: `/ipfs/${OLD}` },
      { name: cidNumber(9), state: 'unchanged', previous: null },
    ]);
    expect(renderOutputs({ ...promoted, dryRun: true, pin: undefined }, paths).result).toBe('planned');
  });

  it('tell of a verification whether all is well; the CIDs are in the report', () => {
    const paths = { carPath: '', reportPath: '', commentUrl: '', deploymentId: '' };
    const bad: Outcome = { kind: 'verified', tags: unhealthy, checkedAt: now };
    expect(renderOutputs(bad, paths)).toMatchObject({
      result: 'failed',
      verified: 'false',
      tags: 'production\nstaging\nbranch-next',
      cid: '',
    });
    expect(renderOutputs({ ...bad, tags: [healthy] }, paths)).toMatchObject({ result: 'verified', verified: 'true' });
    expect(JSON.parse(renderReport(bad))).toMatchObject({
      healthy: false,
      tags: [{ cid: NEW, problems: [] }, { pinned: false }, { cid: null }],
    });
  });

  it('of a failure are empty but for the result', () => {
    expect(failedOutputs()).toMatchObject({ result: 'failed', cid: '', url: '' });
  });

  it('have a report with a schema version', () => {
    expect(JSON.parse(renderReport(deployed))).toMatchObject({
      schema: 1,
      result: 'deployed',
      cid: NEW,
      previousCid: OLD,
      pinId: 'pin-1',
      files: { 'index.html': { bytes: 12 } },
    });
    expect(JSON.parse(renderReport(outcomes.skipped ?? deployed))).toMatchObject({ schema: 1, result: 'skipped' });
  });
});

describe('Markdown', () => {
  const markdown = new MarkdownIt({ html: true });
  const anything = fc.string({ unit: 'binary', maxLength: 60 });
  const nasty = fc.oneof(
    anything,
    fc.constantFrom(
      'a|b',
      '`',
      '``x``',
      '<img src=x onerror=1>',
      '@octocat',
      '#12',
      '[x](javascript:1)',
      '</code></td>',
      '\n# h',
      '**b**',
      '\u202Egpj.exe',
      '&lt;',
      'https://x.y',
      ':tada:',
      '\\|',
    ),
  );

  /** The shape of rendered HTML: its tags but for the places where a line may break. */
  function tags(html: string): string {
    return [...html.matchAll(/<\/?([a-z0-9]+)/g)]
      .map((match) => match[0])
      .filter((tag) => tag !== '<wbr')
      .join('');
  }

  it('keeps the same structure whatever a name holds', () => {
    const shape = tags(markdown.render(table(['File', 'Size'], [[code('plain'), escapeText('plain')]])));
    fc.assert(
      fc.property(nasty, nasty, (name, note) => {
        const text = table(['File', 'Size'], [[code(name), escapeText(note)]]);
        expect(text.split('\n')).toHaveLength(3);
        expect(tags(markdown.render(text))).toBe(shape);
      }),
    );
  });

  it('makes no mention and no reference out of a name', () => {
    expect(code('@octocat #12')).toBe('<code>&#64;octocat &#35;12</code>');
  });

  it('breaks in text what GitHub would link though it is escaped', () => {
    expect(escapeText('@octocat #12 acme/app#3 GH-4 4f2c9a1')).toBe(
      '&#64;<wbr>octocat &#35;<wbr>12 acme/app&#35;<wbr>3 GH-<wbr>4 4f2c9a<wbr>1',
    );
    expect(escapeText('a@b.example www.example.com :tada: 2.5 #')).toBe(
      'a&#64;<wbr>b.example www<wbr>.example.com &#58;<wbr>tada&#58; 2.5 &#35;',
    );
    expect(
      escapeText('0'.repeat(40))
        .split('<wbr>')
        .every((digits) => digits.length < 7),
    ).toBe(true);
  });

  it('breaks in code only what looks like an address', () => {
    expect(code('icon@2x.png www.example.com')).toBe('<code>icon&#64;<wbr>2x.png www<wbr>.example.com</code>');
  });

  it('shows characters that nobody sees', () => {
    expect(escapeText('a\u202Eb\u0007\nc')).toBe('a⟨U+202E⟩b⟨U+0007⟩␊c');
  });

  it('links only what the web can open', () => {
    expect(link('x', 'javascript:alert(1)')).toBe('x');
    expect(link('x', 'https://a.example/<b>|c')).toBe('[x](<https://a.example/%3Cb%3E%7Cc>)');
  });
});

describe('the plan', () => {
  it('reads as lines', () => {
    expect(renderPlan(plan, build)).toEqual([
      `CID       ${NEW} (unixfs-v1-2025)`,
      'Content   1 file, 12 B, 2 blocks',
      'Pin       upload 100 B (the account does not pin this CID)',
      'Tags      production, v1.2.0',
      `Before    ${OLD}`,
    ]);
  });
});

describe('units', () => {
  it('are decimal, short and in words', () => {
    expect([renderBytes(0), renderBytes(999), renderBytes(4_811_234)]).toEqual(['0 B', '999 B', '4.81 MB']);
    expect([renderMs(240), renderMs(3140), renderMs(125_000), renderMs(119_900)]).toEqual([
      '240 ms',
      '3.1 s',
      '2 min 5 s',
      '2 min 0 s',
    ]);
    expect([renderCount(1, 'file'), renderCount(12_345, 'file')]).toEqual(['1 file', '12,345 files']);
    expect(shortCid(NEW)).toMatch(/^bafybeia…[a-z2-7]{3}$/);
  });
});
