import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { emulatorFor } from '../support/emulator-inside.ts';
import { type PinataAccess, packCar, upload } from '../support/pinata-calls.ts';

const page = '<!DOCTYPE html><p>hello';
const style = `p { color: red } /* ${randomBytes(300_000).toString('base64')} */`;

/** Pins a small site and answers its root and record. */
async function pinSite(to: PinataAccess): Promise<{ cid: string; id: string }> {
  const { bytes } = await packCar([new File([page], 'index.html'), new File([style], 'css/style.css')]);
  const { row } = await upload(to, {
    files: [new File([bytes], 'site.car')],
    fields: { network: 'public', car: 'true' },
  });
  return { cid: row?.cid ?? '', id: row?.id ?? '' };
}

describe('the gateway', () => {
  it('serves the bytes that were uploaded while they are pinned', async () => {
    const pinata = await emulatorFor({});
    const { cid, id } = await pinSite(pinata);
    const index = await fetch(`${pinata.gatewayUrl}/ipfs/${cid}/`);
    expect([index.status, await index.text()]).toEqual([200, page]);
    expect(await (await fetch(`${pinata.gatewayUrl}/ipfs/${cid}/css/style.css`)).text()).toBe(style);
    const headers = { Authorization: `Bearer ${pinata.jwt}` };
    await fetch(`${pinata.apiUrl}/v3/files/public/${id}`, { method: 'DELETE', headers });
    const refused = await fetch(`${pinata.gatewayUrl}/ipfs/${cid}/css/style.css`);
    expect([refused.status, (await refused.text()).includes('ERR_ID:00006')]).toEqual([403, true]);
  });

  it('knows content that is still being imported, or expired, as little as any other', async () => {
    const pinata = await emulatorFor({ carDelayMs: 1000, gatewayLagMs: 2000 });
    const { cid } = await pinSite(pinata);
    const status = async (): Promise<number> => (await fetch(`${pinata.gatewayUrl}/ipfs/${cid}/css/style.css`)).status;
    expect(await status()).toBe(403);
    await pinata.clock({ advanceMs: 1500 });
    expect(await status()).toBe(403);
    await pinata.clock({ advanceMs: 1500 });
    expect(await status()).toBe(200);
  });

  it('lies when a fault says so, once', async () => {
    const pinata = await emulatorFor({});
    const { cid } = await pinSite(pinata);
    const read = async (): Promise<string> => (await fetch(`${pinata.gatewayUrl}/ipfs/${cid}/css/style.css`)).text();
    await pinata.fault({ match: { host: 'gateway' }, action: { wrongCid: true } });
    const flipped = await read();
    expect(flipped).not.toBe(style);
    await pinata.fault({ match: { host: 'gateway' }, action: { cut: 'after' } });
    await expect(read()).rejects.toThrow();
    expect(await read()).toBe(style);
    const [first] = await pinata.requests({ host: 'gateway' });
    expect(first).toMatchObject({ method: 'GET', path: `/ipfs/${cid}/css/style.css`, status: 200 });
  });
});
