import { expect, it } from 'vitest';
import { emulatorFor } from '../support/emulator-inside.ts';
import { cidOfText, seedPins } from '../support/seed-pins.ts';

it('makes records without content in the order given, as if they had been there all the time', async () => {
  const pinata = await emulatorFor({});
  const [one, two] = [await cidOfText('one'), await cidOfText('two')];
  const ids = await seedPins(pinata, [
    { cid: one, name: 'first', size: 7, keyvalues: { team: 'web' }, createdAt: '2026-01-02T03:04:05Z' },
    { cid: two },
  ]);
  const response = await fetch(`${pinata.apiUrl}/v3/files/public?order=ASC`, {
    headers: { authorization: `Bearer ${pinata.jwt}` },
  });
  const { data } = (await response.json()) as { data: { files: readonly Record<string, unknown>[] } };
  expect(data.files).toMatchObject([
    {
      id: ids[0],
      cid: one,
      name: 'first',
      size: 7,
      keyvalues: { team: 'web' },
      created_at: '2026-01-02T03:04:05.000000Z',
    },
    { id: ids[1], cid: two, name: 'record', keyvalues: null },
  ]);
});

it('lets a record expire when its time is over', async () => {
  const pinata = await emulatorFor({});
  const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
  await seedPins(pinata, [{ cid: await cidOfText('short'), expiresAt }]);
  expect((await pinata.state()).records).toHaveLength(1);
  await pinata.clock({ advanceMs: 3_601_000 });
  expect((await pinata.state()).records).toEqual([]);
});

it('refuses what is no CID', async () => {
  const pinata = await emulatorFor({});
  await expect(seedPins(pinata, [{ cid: 'bafyNot' }])).rejects.toThrow('records.0.cid: Not a CID');
});
