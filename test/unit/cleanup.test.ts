import { describe, expect, it } from 'vitest';
import { ActionError } from '../../src/domain/errors.ts';
import type { Outcome } from '../../src/domain/outcome.ts';
import type { Pin } from '../../src/domain/pin.ts';
import { projectOf } from '../../src/domain/tag.ts';
import { type CleanupRun, cleanup } from '../../src/modes/cleanup.ts';
import { type Account, alone, cidNumber, createAccount, createClock, pinOf, quietGitHub } from './account.ts';

const project = projectOf('acme/app');
const NOW = new Date(1_800_000_000_000);

function production(number: number): Pin {
  const keyvalues = { [project.key]: project.name, [`${project.key}.production`]: `${1_700_000_000 + number} 1111111` };
  return pinOf(`pin-${number}`, cidNumber(number), keyvalues);
}

function runOf(more: Partial<CleanupRun> = {}): CleanupRun {
  return {
    policy: {
      project,
      keepLast: 1,
      keepWithinMs: 0,
      protectTags: [],
      protectCids: new Set(),
      inUse: new Map(),
      givenUp: new Map(),
      scope: 'all',
    },
    closing: false,
    now: NOW,
    unpin: true,
    maxRemovals: 20,
    dryRun: false,
    ...more,
  };
}

async function sweep(account: Account, run = runOf()): Promise<{ outcome: Outcome; said: readonly string[] }> {
  const said: string[] = [];
  const log = { line: () => {}, notice: () => {}, warn: (text: string) => said.push(text), group: () => {} };
  const outcome = await cleanup(run, {
    ...alone,
    pins: account,
    github: quietGitHub,
    clock: createClock(NOW),
    log: { ...log, progress: () => {} },
    showRetention: () => {},
  });
  return { outcome, said };
}

const idsOf = (account: Account): readonly string[] => [...account.pins.keys()].sort();
const four = (): readonly Pin[] => [1, 2, 3, 4].map(production);

describe('a sweep', () => {
  it('unpins what is stale and nothing else', async () => {
    const account = createAccount({ pins: four() });
    const { outcome } = await sweep(account);
    expect(idsOf(account)).toEqual(['pin-4']);
    expect(outcome).toMatchObject({ kind: 'cleaned', retention: { failed: [], spared: [] } });
  });

  it('keeps what its tag falls back to when the newer content is only in the list', async () => {
    const account = createAccount({ pins: four(), ghosts: ['pin-4'] });
    await sweep(account);
    expect(idsOf(account)).toContain('pin-3');
    expect(idsOf(account)).not.toContain('pin-2');
  });

  it('removes none when it would remove too many', async () => {
    const account = createAccount({ pins: four() });
    await expect(sweep(account, runOf({ maxRemovals: 2 }))).rejects.toThrow(
      'would unpin 3 revisions; max-removals is 2',
    );
    expect(idsOf(account)).toHaveLength(4);
    expect(account.calls).not.toContain('update');
  });

  it.each([{ unpin: false }, { dryRun: true }])('with %o only reads, and shows the whole plan', async (more) => {
    const account = createAccount({ pins: four() });
    const { outcome } = await sweep(account, runOf(more));
    expect(idsOf(account)).toHaveLength(4);
    expect(account.calls).not.toContain('update');
    expect(outcome.kind === 'cleaned' && outcome.retention.rows.filter(({ fate }) => fate === 'unpin')).toHaveLength(3);
  });

  it('goes on after a failure, says so, and leaves it to the next run', async () => {
    let failures = 1;
    const gate = (name: string, id: string): Promise<void> => {
      if (name !== 'unpin' || id !== 'pin-2' || failures === 0) return Promise.resolve();
      failures -= 1;
      return Promise.reject(new ActionError('network', 'Pinata failed to unpin.'));
    };
    const account = createAccount({ pins: four(), gate });
    const { outcome, said } = await sweep(account);
    expect(idsOf(account)).toEqual(['pin-2', 'pin-4']);
    expect(outcome).toMatchObject({ retention: { failed: [{ row: { revision: { cid: cidNumber(2) } } }] } });
    expect(said.join()).toMatch(/1 of 3 stale revisions could not be given up: Pinata failed to unpin/);
    await sweep(account);
    expect(idsOf(account)).toEqual(['pin-4']);
  });

  it('keeps content that a hot swap names, and content that somebody else pinned too', async () => {
    const foreign = pinOf('theirs', cidNumber(2), { team: 'art' });
    const swaps = new Map([[cidNumber(4), cidNumber(1)]]);
    const account = createAccount({ pins: [...four(), foreign], swaps });
    await sweep(account);
    expect(idsOf(account)).toEqual(['pin-1', 'pin-2', 'pin-4', 'theirs']);
    expect(account.pins.get('theirs')).toEqual(foreign);
  });
});
