import { describe, expect, it } from 'vitest';
import type { Cid } from '../../src/domain/cid.ts';
import { renderPayload } from '../../src/domain/github-deployment.ts';
import type { Outcome, Probe } from '../../src/domain/outcome.ts';
import type { Pin } from '../../src/domain/pin.ts';
import { currentCid } from '../../src/domain/revision.ts';
import { type Keyvalues, projectOf } from '../../src/domain/tag.ts';
import type { BlockCheck } from '../../src/domain/verification.ts';
import { type PromoteRun, promote } from '../../src/modes/promote.ts';
import type { GitHub } from '../../src/ports.ts';
import { type Account, cidNumber, createAccount, createClock, pinOf, quietGitHub, unfollowed } from './account.ts';
import { type Promotion, promoteNow } from './runs.ts';

const project = projectOf('acme/app');
const [OLD, NEW] = [cidNumber(1), cidNumber(2)];
const live: Probe = {
  link: 'https://gateway.example/',
  host: 'gateway.example',
  state: 'live',
  note: 'bytes match',
  final: true,
  status: 200,
  firstByteMs: 1,
  bytes: 12,
};
const down: Probe = { ...live, state: 'down', note: 'has not found it yet (504)' };
const rollback: Promotion = {
  from: { kind: 'tag', ref: { tag: 'production', back: 1 } },
  toTag: 'production',
  run: '7',
};

function pin(id: string, cid: Cid, own: Keyvalues): Pin {
  const pairs = Object.entries(own).map(([name, value]) => [`${project.key}.${name}`, value] as const);
  return pinOf(id, cid, { [project.key]: project.name, ...Object.fromEntries(pairs) });
}

const two = (): readonly Pin[] => [
  pin('old', OLD, { production: '1700000000 1111111' }),
  pin('new', NEW, { production: '1750000000 2222222' }),
];

interface Setting {
  readonly what?: Promotion;
  readonly more?: Partial<PromoteRun>;
  readonly probes?: readonly Probe[];
  readonly blocks?: readonly BlockCheck[];
  readonly github?: GitHub;
}

async function run(
  account: Account,
  { what = rollback, more, probes = [live], blocks = [], github }: Setting = {},
): Promise<Outcome> {
  const clock = createClock();
  return await promote(
    { ...promoteNow({ project, keepLast: 5, keepWithinMs: 0 }, what, clock), ...more },
    {
      ...unfollowed,
      pins: account,
      github: github ?? quietGitHub,
      clock,
      log: { line: () => {}, notice: () => {}, warn: () => {}, group: () => {}, progress: () => {} },
      gateways: { probe: () => Promise.resolve(probes), checkBlocks: () => Promise.resolve(blocks) },
      comparePublished: () =>
        Promise.resolve({
          reading: { kind: 'unreadable', reason: 'nobody serves it' },
          effort: { requests: 0, cached: 0, bytes: 0, ms: 0 },
        }),
      showComparison: () => {},
      showPromotion: () => {},
    },
  );
}

function production(account: Account): Cid | undefined {
  return currentCid([...account.pins.values()], 'production', project);
}

describe('promote', () => {
  it('moves the tag back, uploads nothing and unpins nothing', async () => {
    const account = createAccount({ pins: two() });
    const outcome = await run(account);
    expect(outcome).toMatchObject({ kind: 'promoted', rollback: true, pin: { id: 'old' }, plan: { previous: NEW } });
    expect(production(account)).toBe(OLD);
    expect(account.calls).toEqual(['listByProject', 'update', 'read']);
    expect(account.pins.get('new')).toEqual(two()[1]);
  });

  it('moves nothing while nobody serves the content', async () => {
    const account = createAccount({ pins: two() });
    await expect(run(account, { probes: [down] })).rejects.toThrow(/production~1 \(baf.*has not found it yet/);
    expect(account.calls).toEqual(['listByProject']);
  });

  it('moves nothing while its blocks are not right, where it was asked to look', async () => {
    const account = createAccount({ pins: two() });
    const broken = {
      host: 'a.example',
      state: 'broken',
      blocks: 1,
      bytes: 1,
      totalBytes: 2,
      note: 'one is wrong',
      ms: 1,
    } as const;
    const more = { verify: 'blocks' } as const;
    await expect(run(account, { more, blocks: [broken] })).rejects.toThrow(/a\.example: one is wrong/);
    await expect(run(account, { more })).rejects.toThrow(/No gateway is configured/);
    expect(account.calls).not.toContain('update');
    await run(account, { more, blocks: [{ ...broken, state: 'whole' }] });
    expect(production(account)).toBe(OLD);
  });

  it('takes another pin of the content where the first is gone, and says so where all are', async () => {
    const twice = [...two(), pin('twin', OLD, { staging: '1700000000 1111111' })];
    const account = createAccount({ pins: twice, ghosts: ['old'] });
    expect(await run(account)).toMatchObject({ pin: { id: 'twin' } });
    const none = createAccount({ pins: twice, ghosts: ['old', 'twin'] });
    await expect(run(none)).rejects.toThrow(/was unpinned while this run was at work/);
  });

  it('writes nothing in a dry run', async () => {
    const account = createAccount({ pins: two() });
    const outcome = await run(account, { more: { dryRun: true } });
    expect(outcome).toMatchObject({ kind: 'promoted', dryRun: true, pin: undefined, plan: { cid: OLD } });
    expect(account.calls).toEqual(['listByProject']);
  });

  it('finds the commit of a preview where GitHub still has its deployment', async () => {
    const commit = 'abcdef0123'.padEnd(40, '4');
    const payload = JSON.stringify(renderPayload({ project: project.name, tag: 'pr-12', cid: OLD, commit }));
    const github: GitHub = {
      ...quietGitHub,
      recentDeployments: () =>
        Promise.resolve({ kind: 'known', value: [{ environment: 'ipfs-preview', texts: ['x', payload] }] }),
    };
    const pins = [pin('preview', OLD, { previews: '12@1700000000' })];
    const what: Promotion = { from: { kind: 'tag', ref: { tag: 'pr-12', back: 0 } }, toTag: 'production', run: '7' };
    const account = createAccount({ pins });
    expect(await run(account, { what, github })).toMatchObject({ plan: { commit: 'abcdef0' } });
    expect(account.pins.get('preview')?.keyvalues[`${project.key}.production`]).toBe('1800000000 abcdef0');
    expect(await run(createAccount({ pins }), { what })).toMatchObject({ plan: { commit: '0000000' } });
  });
});
