import { describe, expect, it } from 'vitest';
import type { AccessLink, Outcome, Retention } from '../../src/domain/outcome.ts';
import type { RunContext } from '../../src/domain/run.ts';
import { projectOf } from '../../src/domain/tag.ts';
import { renderOutputs } from '../../src/render/outputs.ts';
import { renderReport } from '../../src/render/report.ts';
import { renderSummary } from '../../src/render/summary.ts';
import { renderSpan } from '../../src/render/units.ts';
import { type Audience, tellingOf } from '../../src/tellings.ts';
import { buildOf, cidNumber, pinOf } from './account.ts';

const [OLD, NEW] = [cidNumber(1), cidNumber(2)];
const SIGNATURE = 'c0ffee'.repeat(8);
const link: AccessLink = {
  url: `https://acme.mypinata.cloud/files/${NEW}/index.html?X-Expires=3600&X-Signature=${SIGNATURE}`,
  expiresAt: new Date('2026-07-04T09:31:20Z'),
  opened: true,
};
const now = new Date('2026-07-04T08:31:20Z');
const retention: Retention = {
  rows: [],
  judgedAt: now,
  notApplied: undefined,
  unpinned: [],
  spared: [],
  failed: [],
};
const comparison = { kind: 'none', reason: 'diff-base is none' } as const;
const presence = { probes: [], blocks: [], names: [], mirrors: [] } as const;

const deployed: Extract<Outcome, { kind: 'deployed' | 'unchanged' }> = {
  kind: 'deployed',
  comparison,
  preflight: undefined,
  budget: [],
  plan: {
    cid: NEW,
    source: { kind: 'upload', reason: 'the account does not pin this CID' },
    sameCid: [],
    previous: OLD,
    base: comparison,
    changed: true,
    tags: ['pr-7'],
    at: 1_800_000_000,
    superseded: new Set(),
    retention: [],
    policy: {
      project: projectOf('acme/app'),
      keepLast: 5,
      keepWithinMs: 0,
      protectTags: [],
      protectCids: new Set(),
      inUse: new Map(),
      givenUp: new Map(),
      scope: 'all',
    },
  },
  build: buildOf(NEW),
  pin: pinOf('pin-1', NEW),
  uploadedBytes: 100,
  ...presence,
  accessLink: link,
  expiresAt: undefined,
  retention,
};

const pullRequest: RunContext = {
  event: 'pull_request',
  activity: 'opened',
  repository: 'acme/app',
  commit: '4f2c9a1000000000000000000000000000000000',
  ref: 'refs/pull/7/merge',
  defaultBranch: 'main',
  pullRequest: 7,
  releaseTag: '',
  closed: undefined,
  withoutSecrets: false,
  workflowRun: undefined,
  provenance: undefined,
  refDeleted: false,
  runUrl: '',
  runId: '',
  privateRepository: true,
};

const audience: Audience = {
  project: 'acme/app',
  token: 'token',
  comment: 'true',
  deployment: 'true',
  commitStatus: true,
  healthIssue: true,
  network: 'private',
  isGuest: false,
  context: pullRequest,
  now,
};

/** All that is told on GitHub, as one text. */
function told(more: Partial<Audience>, outcome: Outcome = deployed): string {
  const { comment, ...rest } = tellingOf({ kind: 'outcome', outcome }, { ...audience, ...more });
  return `${comment?.render(undefined) ?? ''}${JSON.stringify(rest)}`;
}

const paths = { carPath: '', reportPath: '', commentUrl: '', deploymentId: '' };

describe('the link to private content', () => {
  it('is the output url, with its end, and a proof when it was opened', () => {
    expect(renderOutputs(deployed, paths)).toMatchObject({
      url: link.url,
      urls: '[]',
      'access-expires-at': '2026-07-04T09:31:20.000Z',
      verified: 'gateway',
    });
    const unopened = { ...deployed, accessLink: { ...link, opened: false } };
    expect(renderOutputs(unopened, paths).verified).toBe('pin');
    expect(renderOutputs({ ...deployed, accessLink: undefined }, paths)).toMatchObject({
      url: '',
      'access-expires-at': '',
      verified: 'pin',
    });
  });

  it('is in no other output, in no report and in no summary', () => {
    const { url: _url, ...others } = renderOutputs(deployed, paths);
    const summary = renderSummary(deployed, { project: 'acme/app', commit: '', runUrl: '', maxBytes: 900_000 });
    for (const text of [JSON.stringify(others), renderReport(deployed), summary]) {
      expect(text).not.toContain(SIGNATURE);
      expect(text).not.toContain('/files/');
    }
  });

  it('is in the comment that a private repository asks for, with its end', () => {
    const text = told({});
    expect(text).toContain(SIGNATURE);
    expect(text).toContain('works until 4 Jul 2026 09:31 UTC');
  });

  it.each<[string, Partial<Audience>]>([
    ['in a public repository', { context: { ...pullRequest, privateRepository: false } }],
    ['where nobody asked for a comment', { comment: 'auto' }],
    ['where comments are off', { comment: 'false' }],
    ['without a pull request', { context: { ...pullRequest, pullRequest: undefined } }],
    ['without a token', { token: '' }],
    ['of public content that nobody asked for', { comment: 'auto', network: 'public' }],
  ])('is told nowhere %s', (_name, more) => {
    expect(told(more)).not.toContain(SIGNATURE);
  });

  it('is not what a comment remembers as the last good preview', () => {
    const [hidden] = told({}).split('###');
    expect(hidden).not.toContain(SIGNATURE);
  });
});

describe('renderSpan', () => {
  it.each([
    [3_600_000, '1h'],
    [36 * 3_600_000, '36h'],
    [7 * 86_400_000, '7d'],
    [5_400_000, '90m'],
  ])('of %d ms is %s, as a workflow says it', (ms, text) => {
    expect(renderSpan(ms)).toBe(text);
  });
});
