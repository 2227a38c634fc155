import { describe, expect, it } from 'vitest';
import type { Pin } from '../../src/domain/pin.ts';
import { currentCid } from '../../src/domain/revision.ts';
import { type Keyvalues, projectOf } from '../../src/domain/tag.ts';
import { promote } from '../../src/modes/promote.ts';
import { type Account, cidNumber, createAccount, createClock, pinOf, quietGitHub, unfollowed } from './account.ts';
import { promoteNow } from './runs.ts';

const project = projectOf('acme/app');
const [GOOD, BROKEN] = [cidNumber(1), cidNumber(2)];
const merged = { [`${project.key}.merged`]: '12@90' };

/** Two versions; on the pin of the older one is more. */
function accountWith(more: Keyvalues): Account {
  const version = (id: string, number: number, own: Keyvalues): Pin =>
    pinOf(id, cidNumber(number), {
      [project.key]: project.name,
      [`${project.key}.production`]: `${number * 100} 1111111`,
      ...own,
    });
  return createAccount({ pins: [version('good', 1, more), version('broken', 2, {})] });
}

const others = (count: number): Keyvalues =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [`own-${at}`, 'x']));

/** Rolls back in one workflow run; answers the warnings. */
async function rollBack(account: Account): Promise<readonly string[]> {
  const warnings: string[] = [];
  const clock = createClock();
  const what = {
    from: { kind: 'tag', ref: { tag: 'production', back: 1 } },
    toTag: 'production',
    run: '7',
  } as const;
  await promote(
    { ...promoteNow({ project, keepLast: 5, keepWithinMs: 0 }, what, clock), verify: 'none' },
    {
      ...unfollowed,
      pins: account,
      github: quietGitHub,
      clock,
      log: {
        line: () => {},
        notice: () => {},
        warn: (text) => warnings.push(text),
        group: () => {},
        progress: () => {},
      },
      gateways: { probe: () => Promise.resolve([]), checkBlocks: () => Promise.resolve([]) },
      comparePublished: () =>
        Promise.resolve({
          reading: { kind: 'unreadable', reason: 'nobody serves it' },
          effort: { requests: 0, cached: 0, bytes: 0, ms: 0 },
        }),
      showComparison: () => {},
      showPromotion: () => {},
    },
  );
  return warnings;
}

const current = (account: Account): unknown => currentCid([...account.pins.values()], 'production', project);

describe('that a run has counted back', () => {
  it('is noted in the place of what was merged, so that it can be run again', async () => {
    const account = accountWith({ ...merged, ...others(5) });
    expect(await rollBack(account)).toEqual([]);
    expect(await rollBack(account)).toEqual([]);
    expect(current(account)).toBe(GOOD);
    expect(account.pins.get('good')?.keyvalues[`${project.key}.merged`]).toBeUndefined();
  });

  it('is noted beside what was merged where there is room', async () => {
    const account = accountWith(merged);
    await rollBack(account);
    expect(account.pins.get('good')?.keyvalues).toMatchObject(merged);
  });

  it('is told where there is no room for it: run again, it would go forward', async () => {
    const account = accountWith(others(7));
    const [warning] = await rollBack(account);
    expect(warning).toMatch(/^The pin good has no room to note that production~1 was counted back by this run/);
    expect(current(account)).toBe(GOOD);
    expect(await rollBack(account)).toEqual([]);
    expect(current(account)).toBe(BROKEN);
  });
});
