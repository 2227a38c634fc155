import { PinataSDK } from 'pinata';
import { describe, expect, it } from 'vitest';
import { emulatorFor } from '../support/emulator-inside.ts';
import { emulatorForFile } from '../support/file-emulator.ts';
import { type PinataAccess, upload } from '../support/pinata-calls.ts';

const pinata = await emulatorForFile();

interface Answered {
  readonly status: number;
  readonly body: unknown;
}

/** Pins a text and answers its CID; no two are alike. */
async function pin(to: PinataAccess, text = `swapped ${Math.random()}`): Promise<string> {
  const { row } = await upload(to, { files: [new File([text], 'text.txt')], fields: { network: 'public' } });
  return row?.cid ?? '';
}

async function call(to: PinataAccess, method: string, path: string, body?: unknown): Promise<Answered> {
  const response = await fetch(`${to.apiUrl}${path}`, {
    method,
    headers: { Authorization: `Bearer ${to.jwt}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: await response.json() };
}

const swapPath = (cid: string, network = 'public'): string => `/v3/files/${network}/swap/${cid}`;
const historyPath = (cid: string): string => `${swapPath(cid)}?domain=site.example`;

async function unpin(to: PinataAccess, cid: string): Promise<void> {
  const listed = await call(to, 'GET', `/v3/files/public?cid=${cid}`);
  const { data } = listed.body as { data: { files: readonly { id: string }[] } };
  for (const { id } of data.files) await call(to, 'DELETE', `/v3/files/public/${id}`);
}

describe('a hot swap', () => {
  it('is answered with its time, and the history has the newest first, removals too', async () => {
    const [cid, first, second] = [await pin(pinata), await pin(pinata), await pin(pinata)];
    expect(await call(pinata, 'PUT', swapPath(cid), { swapCid: first })).toEqual({
      status: 200,
      body: { data: { mapped_cid: first, created_at: expect.stringMatching(/^\d{4}-.+Z$/) as string } },
    });
    await call(pinata, 'PUT', swapPath(cid), { swapCid: second });
    expect(await call(pinata, 'DELETE', swapPath(cid))).toEqual({ status: 200, body: { data: null } });
    const { status, body } = await call(pinata, 'GET', historyPath(cid));
    const { data } = body as { data: readonly { mapped_cid: string | null; created_at: string }[] };
    expect([status, data.map((swap) => swap.mapped_cid)]).toEqual([200, [null, second, first]]);
    expect(data.map((swap) => swap.created_at)).toEqual(
      data
        .map((swap) => swap.created_at)
        .toSorted()
        .toReversed(),
    );
  });

  it('wants a pinned CID, and a history one that was swapped', async () => {
    const cid = await pin(pinata);
    const foreign = 'bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354';
    expect((await call(pinata, 'PUT', swapPath(foreign), { swapCid: cid })).status).toBe(404);
    expect((await call(pinata, 'PUT', swapPath(cid, 'private'), { swapCid: cid })).status).toBe(404);
    expect((await call(pinata, 'GET', historyPath(cid))).status).toBe(404);
    expect((await call(pinata, 'DELETE', swapPath(cid))).status).toBe(404);
    await call(pinata, 'PUT', swapPath(cid), { swapCid: foreign });
    await unpin(pinata, cid);
    expect((await call(pinata, 'GET', historyPath(cid))).status).toBe(404);
  });

  it('refuses what is no CID, a missing one, and a history without a domain', async () => {
    const cid = await pin(pinata);
    const message = (answer: Answered): unknown => (answer.body as { error: { message: string } }).error.message;
    expect(message(await call(pinata, 'PUT', swapPath('site'), { swapCid: cid }))).toBe('Invalid CID');
    expect(message(await call(pinata, 'PUT', swapPath(cid), { swapCid: 'site' }))).toBe('Invalid CID');
    expect(message(await call(pinata, 'PUT', swapPath(cid), {}))).toBe('swapCid is required');
    expect(message(await call(pinata, 'GET', swapPath(cid)))).toBe('domain is required');
  });

  it('needs the scopes of files', async () => {
    const cid = await pin(pinata);
    const reader = { ...pinata, jwt: await pinata.addKey({ scopes: ['org:files:read'] }) };
    const stranger = { ...pinata, jwt: await pinata.addKey({ scopes: ['org:groups:write'] }) };
    expect((await call(reader, 'PUT', swapPath(cid), { swapCid: cid })).status).toBe(403);
    expect((await call(reader, 'DELETE', swapPath(cid))).status).toBe(403);
    expect((await call(stranger, 'GET', historyPath(cid))).status).toBe(403);
    await call(pinata, 'PUT', swapPath(cid), { swapCid: cid });
    expect((await call(reader, 'GET', historyPath(cid))).status).toBe(200);
  });

  it('leaves a record alone that would be asked for as swap', async () => {
    expect(await call(pinata, 'GET', '/v3/files/public/swap')).toMatchObject({
      status: 404,
      body: { error: { message: 'File not found' } },
    });
  });

  it('is there after a restart', async () => {
    const [cid, mapped] = [await pin(pinata), await pin(pinata)];
    await call(pinata, 'PUT', swapPath(cid), { swapCid: mapped });
    await pinata.restart({ signal: 'SIGKILL' });
    expect((await call(pinata, 'GET', historyPath(cid))).body).toMatchObject({ data: [{ mapped_cid: mapped }] });
    expect((await pinata.state()).swaps).toContainEqual({
      id: `public/${cid}`,
      swaps: [{ mappedCid: mapped, createdAt: expect.any(Number) as number }],
    });
  });

  it('takes the spelling of its new CID that the knob says, and by default that of the SDK too', async () => {
    const cid = await pin(pinata);
    const { apiUrl, jwt } = pinata;
    const sdk = new PinataSDK({ pinataJwt: jwt, endpointUrl: `${apiUrl}/v3` });
    expect(await sdk.files.public.addSwap({ cid, swapCid: cid })).toMatchObject({ mapped_cid: cid });
    expect(await sdk.files.public.getSwapHistory({ cid, domain: 'site.example' })).toHaveLength(1);
    for (const [swapBody, right, wrong] of [
      ['documented', 'swapCid', 'swap_cid'],
      ['sdk', 'swap_cid', 'swapCid'],
    ] as const) {
      const emulator = await emulatorFor({ swapBody });
      const own = await pin(emulator);
      expect((await call(emulator, 'PUT', swapPath(own), { [wrong]: own })).status).toBe(400);
      expect((await call(emulator, 'PUT', swapPath(own), { [right]: own })).status).toBe(200);
    }
  });
});

describe('the gateway', () => {
  it('answers a swapped root with the other content, and a tag that names it', async () => {
    const [cid, mapped] = [await pin(pinata, 'the old one'), await pin(pinata, 'the new one')];
    const read = (): Promise<Response> => fetch(`${pinata.gatewayUrl}/ipfs/${cid}`);
    expect(await (await read()).text()).toBe('the old one');
    await call(pinata, 'PUT', swapPath(cid), { swapCid: mapped });
    const swapped = await read();
    expect([await swapped.text(), swapped.headers.get('etag')]).toEqual(['the new one', `"${mapped}"`]);
    await call(pinata, 'DELETE', swapPath(cid));
    expect(await (await read()).text()).toBe('the old one');
  });

  it('answers paths below a swapped folder from the other one, under the tag of its root', async () => {
    const pinFolder = async (text: string): Promise<string> => {
      const files = ['index.html', 'a/style.css'].map((name) => new File([`${text} ${name}`], `site/${name}`));
      return (await upload(pinata, { files, fields: { network: 'public' } })).row?.cid ?? '';
    };
    const [cid, mapped] = [await pinFolder('old'), await pinFolder('new')];
    await call(pinata, 'PUT', swapPath(cid), { swapCid: mapped });
    const style = await fetch(`${pinata.gatewayUrl}/ipfs/${cid}/a/style.css`);
    expect([await style.text(), style.headers.get('etag')]).toEqual(['new a/style.css', `"${mapped}"`]);
    expect(style.headers.get('cache-control')).toBe('no-cache');
    const own = await fetch(`${pinata.gatewayUrl}/ipfs/${mapped}/a/style.css`);
    expect(own.headers.get('etag')).not.toBe(`"${mapped}"`);
  });

  it('refuses a root that was swapped for content nobody keeps', async () => {
    const [cid, mapped] = [await pin(pinata), await pin(pinata)];
    await call(pinata, 'PUT', swapPath(cid), { swapCid: mapped });
    await unpin(pinata, mapped);
    expect((await fetch(`${pinata.gatewayUrl}/ipfs/${cid}`)).status).toBe(403);
  });

  it('of other people knows no swaps', async () => {
    const emulator = await emulatorFor({ gatewayMode: 'public' });
    const [cid, mapped] = [await pin(emulator, 'the old one'), await pin(emulator, 'the new one')];
    await call(emulator, 'PUT', swapPath(cid), { swapCid: mapped });
    expect(await (await fetch(`${emulator.gatewayUrl}/ipfs/${cid}`)).text()).toBe('the old one');
  });
});
