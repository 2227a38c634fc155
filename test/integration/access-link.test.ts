import { describe, expect, it } from 'vitest';
import { openSigned } from '../../src/adapters/gateway/signed-opening.ts';
import { createTraffic } from '../../src/adapters/http/traffic.ts';
import { type CreateAccessLink, createAccessLink } from '../../src/adapters/pinata/access-link.ts';
import { explainPinata } from '../../src/adapters/pinata/errors.ts';
import { type Cid, parseCid } from '../../src/domain/cid.ts';
import type { Sample } from '../../src/domain/link.ts';
import { emulatorFor } from '../support/emulator-inside.ts';
import { emulatorForFile } from '../support/file-emulator.ts';
import { answer, cut, scriptedServer } from '../support/http-server.ts';
import { oracleCid } from '../support/oracle-cid.ts';
import { upload } from '../support/pinata-calls.ts';
import { refusal } from '../support/refusal.ts';

const emulator = await emulatorForFile({ plan: 'enterprise' });

interface Access {
  readonly apiUrl: string;
  readonly gatewayUrl: string;
  readonly jwt: string;
}

function linksAt({ apiUrl, gatewayUrl, jwt }: Access, date = () => new Date()): CreateAccessLink {
  const traffic = createTraffic({
    service: 'Pinata',
    requestsPerMinute: 6000,
    concurrency: 4,
    firstDelayMs: 10,
    deadline: AbortSignal.timeout(25_000),
    onRetry: () => {},
    explain: explainPinata,
  });
  return createAccessLink({ jwt, apiUrl, network: 'private', traffic }, { gatewayUrl, date });
}

function cidOf(text: string | undefined): Cid {
  const cid = parseCid(text ?? '');
  if (cid === undefined) throw new Error(`${text} is no CID.`);
  return cid;
}

async function pinPrivately(to: Parameters<typeof upload>[0], ...files: readonly File[]): Promise<Cid> {
  return cidOf((await upload(to, { files, fields: { network: 'private' } })).row?.cid);
}

/** The whole file as a sample. */
async function sampleOf(text: string): Promise<Sample> {
  const cid = cidOf(await oracleCid(Buffer.from(text)));
  return { path: '', cid, bytes: Buffer.byteLength(text) };
}

const HOUR_MS = 3_600_000;
const ROOT = 'bafkreibm6jg3ux5qumhcn2b3flc3tyu6dmlb4xa7u5bf44yegnrjhc4yeq';

describe('an access link', () => {
  it('opens one file of private content, and says when it ends', async () => {
    const root = await pinPrivately(emulator, new File(['hush'], 's/a b#?.txt'), new File(['b'], 's/b.txt'));
    const now = new Date();
    const link = await linksAt(emulator, () => now)({ root, path: 'a b#?.txt' }, HOUR_MS);
    expect(await (await fetch(link.url)).text()).toBe('hush');
    expect(link.expiresAt.getTime()).toBe((Math.floor(now.getTime() / 1000) + 3600) * 1000);
    expect(link.url).toContain(link.signature);
  });

  it('is asked for under the older path where the newer is not there', async () => {
    const older = await emulatorFor({ plan: 'enterprise', accessLinkPath: 'older' });
    const root = await pinPrivately(older, new File(['hush'], 'a.txt'));
    const { url } = await linksAt(older)({ root, path: '' }, HOUR_MS);
    expect(await (await fetch(url)).text()).toBe('hush');
    const asked = await older.requests({ path: 'download_link' });
    expect(asked.map(({ status }) => status)).toEqual([404, 200]);
  });

  it('ends when the service says, where that is sooner', async () => {
    await using server = await scriptedServer((response) => {
      const gateway = `http://gateway.test/files/${ROOT}`;
      answer(200, JSON.stringify({ data: `${gateway}?X-Date=1000&X-Expires=60&X-Signature=s` }))(response);
    });
    const at = { apiUrl: server.url, gatewayUrl: 'http://gateway.test', jwt: 'key' };
    const link = await linksAt(at, () => new Date(1_000_000))({ root: cidOf(ROOT), path: '' }, HOUR_MS);
    expect(link.expiresAt).toEqual(new Date(1_060_000));
  });

  it.each([
    ['another host', `https://elsewhere.test/files/${ROOT}?X-Signature=stolen`],
    ['another file', 'http://gateway.test/files/other?X-Signature=stolen'],
    ['a name in the address', `http://me@gateway.test/files/${ROOT}?X-Signature=stolen`],
    ['another protocol', `ftp://gateway.test/files/${ROOT}?X-Signature=stolen`],
    ['no signature', `http://gateway.test/files/${ROOT}?stolen`],
    ['no address', 'stolen'],
    ['nothing', undefined],
  ])('is refused with %s, and is in no message', async (_name, data) => {
    await using server = await scriptedServer(answer(200, JSON.stringify({ data })));
    const at = { apiUrl: server.url, gatewayUrl: 'http://gateway.test', jwt: 'key' };
    const said = await refusal(linksAt(at)({ root: cidOf(ROOT), path: '' }, HOUR_MS));
    expect(said).toBe('network: Pinata answered with something that is no signed link to gateway.test.');
  });

  it('of content that is not private there is none', async () => {
    const { row } = await upload(emulator, { files: [new File(['known'], 'a.txt')], fields: { network: 'public' } });
    const said = await refusal(linksAt(emulator)({ root: cidOf(row?.cid), path: '' }, HOUR_MS));
    expect(said).toMatch(/^conflict: Pinata knows no private content bafk\w+ on the gateway 127\.0\.0\.1:\d+\.$/);
  });

  it('needs an Enterprise account, and a key that may read', async () => {
    const paid = await emulatorFor({ plan: 'paid' });
    expect(await refusal(linksAt(paid)({ root: cidOf(ROOT), path: '' }, HOUR_MS))).toMatch(
      /^quota: .*has no private files.*Enterprise accounts only/,
    );
    const jwt = await emulator.addKey({ scopes: ['org:groups:read'] });
    await expect(linksAt({ ...emulator, jwt })({ root: cidOf(ROOT), path: '' }, HOUR_MS)).rejects.toMatchObject({
      kind: 'credentials',
      message: expect.stringContaining('is not allowed to make an access link') as string,
      hint: expect.stringMatching(/"Files: Read" ticked.*Enterprise accounts only/) as string,
    });
  });
});

describe('opening an access link', () => {
  const root = cidOf(ROOT);

  it('compares the bytes', async () => {
    const sample = await sampleOf('hush');
    await using right = await scriptedServer(answer(200, 'hush'));
    expect(await openSigned({ url: right.url, root, sample }, 0)).toMatchObject({ state: 'live', note: 'bytes match' });
    await using wrong = await scriptedServer(answer(200, 'rush'));
    expect(await openSigned({ url: wrong.url, root, sample }, 0)).toMatchObject({
      state: 'down',
      note: 'answered with other bytes',
    });
  });

  it('takes any answer that is no error where nobody knows the bytes', async () => {
    await using page = await scriptedServer(answer(200, '<!doctype html><title>Site</title>'));
    expect((await openSigned({ url: page.url, root, sample: undefined }, 0)).state).toBe('live');
    await using refused = await scriptedServer(answer(403, 'expired'));
    expect(await openSigned({ url: refused.url, root, sample: undefined }, 0)).toMatchObject({
      state: 'down',
      note: 'refuses it (403)',
    });
  });

  it('waits for content that is on its way, and not for what stays as it is', async () => {
    const sample = await sampleOf('hush');
    await using late = await scriptedServer(answer(404), answer(200, 'hush'));
    expect((await openSigned({ url: late.url, root, sample }, 5000)).state).toBe('live');
    await using never = await scriptedServer(answer(403, 'No HTML - ERR_ID:00023'));
    const began = performance.now();
    const { note } = await openSigned({ url: never.url, root, sample }, 5000);
    expect(note).toBe('serves HTML only through a custom domain');
    expect(performance.now() - began).toBeLessThan(900);
  });

  it('says what went wrong without the link or what the page is called', async () => {
    const sample = await sampleOf('hush');
    await using cutting = await scriptedServer(cut);
    await using login = await scriptedServer(answer(200, '<!doctype html><title>Secret login of stolen</title>'));
    for (const { url } of [cutting, login]) {
      const { state, note } = await openSigned({ url: `${url}/?X-Signature=stolen`, root, sample }, 0);
      expect(state).toBe('down');
      expect(note).not.toMatch(/stolen|Secret|127/);
    }
  });
});
