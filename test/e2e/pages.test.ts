import { describe, expect, it } from 'vitest';
import type { Knobs } from '../../emulator/knobs.ts';
import { emulatorFor } from '../support/emulator-inside.ts';
import { projectKey } from '../support/oracle-cid.ts';
import { fine, retentionOf, runsOf } from '../support/project-runs.ts';
import { type AnyEmulator, cidOfText, pairsOf, seedPins } from '../support/seed-pins.ts';

const PROJECT = 'acme/large';
const KEY = projectKey(PROJECT);
const OURS = 40;
const FOREIGN = 1210;

type Seeds = Parameters<typeof seedPins>[1];

/** 30 old versions, the newest ten of which stay, of which one is adopted, and 10 previews, 5 of them of closed ones. */
async function oursAt(count: number): Promise<Seeds[number]> {
  const name = `ours ${count}`;
  const cid = await cidOfText(name);
  if (count >= 30) return { cid, name, keyvalues: pairsOf(PROJECT, { previews: { [count]: 2 } }) };
  const marks = pairsOf(PROJECT, { tags: { production: 100 + count } });
  return { cid, name, keyvalues: count === 25 ? { ...marks, 'pd1.adopted': '1' } : marks };
}

/** What else is in an account, some of it with a content of ours. */
async function foreignAt(count: number): Promise<Seeds[number]> {
  const name = `foreign ${count}`;
  const cid = await cidOfText(name);
  switch (count % 6) {
    case 0:
      return { cid, name };
    case 1:
      return { cid, name, keyvalues: { app: 'shop', [`${KEY}.production`]: '1000000000 1234567' } };
    case 2:
      return { cid, name, keyvalues: pairsOf('acme/other', { tags: { production: 900 } }) };
    case 3:
      // Our key, and everything a stale pin of ours would have.
      return {
        cid,
        name,
        keyvalues: { ...pairsOf(PROJECT, { tags: { production: 900 }, released: 800 }), [KEY]: 'evil/twin' },
      };
    case 4:
      return { cid, name, keyvalues: { 'pd1.adopted': '1', [`${KEY}.released`]: '1000000000' } };
    default:
      return count < 30
        ? { cid: await cidOfText('ours 20'), name }
        : { cid, name, keyvalues: { [`${KEY}0`]: PROJECT, [KEY.slice(0, -1)]: PROJECT } };
  }
}

async function seedAccount(pinata: AnyEmulator): Promise<void> {
  const ours = await Promise.all(Array.from({ length: OURS }, (_value, count) => oursAt(count)));
  const foreign = await Promise.all(Array.from({ length: FOREIGN }, (_value, count) => foreignAt(count)));
  // In turn, so that ours are on every page.
  const mixed = foreign.flatMap((seed, index) => [
    seed,
    ...(index % 30 === 0 ? ours.slice(index / 30, index / 30 + 1) : []),
  ]);
  const rest = ours.slice(Math.ceil(FOREIGN / 30));
  await seedPins(pinata, [...mixed, ...rest]);
  await pinata.github({
    repository: 'acme/large',
    pullRequests: Array.from({ length: 10 }, (_value, index) => ({
      number: 30 + index,
      state: index < 5 ? 'CLOSED' : 'OPEN',
    })),
  });
}

async function everything(pinata: AnyEmulator, isOurs: boolean): Promise<readonly string[]> {
  const { records } = await pinata.state();
  return records
    .filter(({ name }) => name.startsWith('ours') === isOurs && !name.includes('@'))
    .map(({ id, name, keyvalues, cid }) => JSON.stringify([name, id, cid, keyvalues]))
    .toSorted();
}

const range = (from: number, to: number): readonly string[] =>
  Array.from({ length: to - from }, (_value, index) => `ours ${from + index}`);

const ACCOUNTS: readonly (readonly [string, Partial<Knobs>])[] = [
  ['whose service filters', {}],
  ['whose service ignores all filters', { ignoreFilters: true }],
  ['whose last page repeats its token for ever', { repeatToken: true }],
  [
    'whose service does both, oldest first, in pages of 50 at most',
    { ignoreFilters: true, repeatToken: true, listCap: 50, listOrder: 'ASC' },
  ],
];

describe.each(ACCOUNTS)('an account with 1,250 pins %s', { timeout: 90_000 }, (_title, knobs) => {
  it('loses what is stale of ours by a deploy and a sweep, and nothing else', async () => {
    const pinata = await emulatorFor(knobs);
    await seedAccount(pinata);
    expect((await pinata.state()).records).toHaveLength(OURS + FOREIGN);
    const foreign = await everything(pinata, false);
    const runs = runsOf(pinata, PROJECT, { 'keep-last': '11', 'max-removals': '30' });
    const deployed = fine(await runs.deploy('the newest of many', { env: { GITHUB_REPOSITORY: 'acme/large' } }));
    expect(deployed.annotations).toEqual([]);
    // Ours 10 to 29 are older than the newest eleven; 20 is pinned by others too and 25 was adopted.
    expect(deployed.outputs['unpinned-count']).toBe('18');
    expect(await everything(pinata, false)).toEqual(foreign);
    const swept = fine(await runs.clean({ env: { GITHUB_REPOSITORY: 'acme/large' } }));
    expect(swept.outputs['unpinned-count']).toBe('5');
    expect(await everything(pinata, false)).toEqual(foreign);
    const left = (await everything(pinata, true)).map((text) => (JSON.parse(text) as readonly [string])[0]);
    expect(left.toSorted()).toEqual([...range(0, 10), 'ours 20', 'ours 25', ...range(35, 40)].toSorted());
    const shown = retentionOf(swept).revisions.map(({ verdict }) => verdict);
    expect(shown.filter((verdict) => verdict === 'stale')).toHaveLength(5);
    const again = fine(await runs.clean({ env: { GITHUB_REPOSITORY: 'acme/large' } }));
    expect(again.outputs['unpinned-count']).toBe('0');
  });
});
