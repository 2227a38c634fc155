import { describe, expect, it } from 'vitest';
import type { LastGood } from '../../src/domain/comment.ts';
import type { Comparison } from '../../src/domain/comparison.ts';
import { diffTrees } from '../../src/domain/diff.ts';
import { ActionError } from '../../src/domain/errors.ts';
import type { ListedFile, Listing } from '../../src/domain/listing.ts';
import type { Probe, Retention } from '../../src/domain/outcome.ts';
import { judgeRevisions } from '../../src/domain/retention.ts';
import type { Revision } from '../../src/domain/revision.ts';
import { judgeSizeBudget, parseSizeBudget } from '../../src/domain/size-budget.ts';
import { projectOf } from '../../src/domain/tag.ts';
import { renderComment } from '../../src/render/comment.ts';
import type { CommentContext, CommentStory, PreviewOutcome } from '../../src/render/comment-story.ts';
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
  ms: 41,
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
  budget: budgetOf('total=1.5MB', '**/*.js=+50kB'),
  plan,
  build,
  pin: pinOf('pin-1', NEW),
  uploadedBytes: 1_204_321,
  probes,
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
      }),
    },
    remembering,
  ),
  fork: renderComment(
    outcome({
      kind: 'compared',
      build,
      comparison,
      budget: [],
      reason: 'there is no pinata-jwt; runs for forks get no secrets',
    }),
    context,
  ),
  'dry-run': renderComment(outcome({ kind: 'planned', plan, build, comparison, budget: [], retention }), context),
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
