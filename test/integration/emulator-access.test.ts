import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEmulator, type TestEmulator } from '../support/emulator.ts';
import { emulatorFor } from '../support/emulator-inside.ts';
import { type PinataAccess, upload } from '../support/pinata-calls.ts';

let pinata: TestEmulator;

beforeAll(async () => {
  pinata = await startEmulator();
});

afterAll(() => pinata.stop());

interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

async function get(to: PinataAccess, path: string, jwt: string = to.jwt): Promise<Answered> {
  const response = await fetch(`${to.apiUrl}${path}`, { headers: { Authorization: `Bearer ${jwt}` } });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

const oneFile = { files: [new File(['x'], 'x.txt')], fields: { network: 'public' } };

describe('a key', () => {
  it('looks like a JWT', () => {
    expect(pinata.jwt).toMatch(/^eyJ[\w-]+\.eyJ[\w-]+\.[\w-]+$/);
  });

  it('that nobody made is refused in the shape of the API that it was shown to', async () => {
    expect(await get(pinata, '/v3/files/public', 'a.b.c')).toMatchObject({
      status: 401,
      body: { error: { code: 401, message: 'Not Authorized' } },
    });
    expect(await get(pinata, '/data/testAuthentication', 'a.b.c')).toMatchObject({
      status: 401,
      body: { error: { reason: 'INVALID_CREDENTIALS', details: 'Invalid/expired credentials' } },
    });
  });

  it('without the scope may look but not write', async () => {
    const reader = await pinata.addKey({ scopes: ['org:files:read'] });
    expect((await get(pinata, '/v3/files/public', reader)).status).toBe(200);
    const refused = await upload({ ...pinata, jwt: reader }, oneFile);
    expect(refused.status).toBe(403);
    expect(refused.message).toContain('NO_SCOPES_FOUND');
  });

  it('with write scope may read too, but not touch groups', async () => {
    const writer = await pinata.addKey({ scopes: ['org:files:write'] });
    expect((await upload({ ...pinata, jwt: writer }, oneFile)).status).toBe(200);
    expect((await get(pinata, '/v3/files/public', writer)).status).toBe(200);
    expect((await get(pinata, '/v3/groups/public', writer)).status).toBe(403);
  });

  it('of today has no legacy scope, yet passes the authentication test', async () => {
    const modern = await pinata.addKey({ scopes: ['org:write'] });
    expect(await get(pinata, '/data/userPinnedDataTotal', modern)).toMatchObject({
      status: 403,
      body: { error: { reason: 'NO_SCOPES_FOUND' } },
    });
    const body = new FormData();
    body.append('file', new File(['x'], 'x'));
    const headers = { Authorization: `Bearer ${modern}` };
    const pinned = await fetch(`${pinata.legacyUrl}/pinning/pinFileToIPFS`, { method: 'POST', headers, body });
    expect(await pinned.json()).toMatchObject({ error: { reason: 'NO_SCOPES_FOUND' } });
    expect((await get(pinata, '/v3/data/testAuthentication', modern)).status).toBe(200);
  });

  it('that was revoked is refused', async () => {
    const revoked = await pinata.addKey({ scopes: ['admin'], legacyScopes: ['admin'], revoked: true });
    expect(await get(pinata, '/data/testAuthentication', revoked)).toMatchObject({
      status: 403,
      body: { error: { reason: 'API_KEY_REVOKED' } },
    });
  });

  it('is checked before its scope, the scope before the plan, the plan before the body', async () => {
    const emulator = await emulatorFor({ blocked: true, scopes: ['org:files:read'] });
    const writer = await emulator.addKey({ scopes: ['org:files:write'] });
    const post = async (jwt: string): Promise<string> => {
      const init = { method: 'POST', headers: { Authorization: `Bearer ${jwt}` }, body: 'not a form' };
      return (await fetch(`${emulator.uploadUrl}/v3/files`, init)).text();
    };
    expect(await post('nobody')).toContain('Not Authorized');
    expect(await post(emulator.jwt)).toContain('NO_SCOPES_FOUND');
    expect(await post(writer)).toContain('Account blocked due to plan usage limit');
    expect(await post(writer)).not.toContain('multipart');
  });
});

describe('the plan', () => {
  it('blocks uploads a quarter above its files, and nothing else', async () => {
    const emulator = await emulatorFor({ plan: 'free', maxFiles: 4 });
    const files = ['1', '2', '3', '4', '5'];
    for (const name of files) {
      const file = new File([name], name);
      expect((await upload(emulator, { files: [file], fields: { network: 'public' } })).status).toBe(200);
    }
    const refused = await upload(emulator, oneFile);
    expect(refused.status).toBe(403);
    expect(refused.message).toContain('Account blocked due to plan usage limit');
    expect((await get(emulator, '/v3/files/public')).status).toBe(200);
    expect((await get(emulator, '/data/testAuthentication')).status).toBe(200);
    const [record] = (await emulator.state()).records;
    const headers = { Authorization: `Bearer ${emulator.jwt}` };
    await fetch(`${emulator.apiUrl}/v3/files/public/${record?.id}`, { method: 'DELETE', headers });
    expect((await upload(emulator, oneFile)).status).toBe(200);
  });

  it('has private files on enterprise only', async () => {
    const emulator = await emulatorFor({ plan: 'enterprise' });
    const { row } = await upload(emulator, { files: [new File(['x'], 'x')], fields: {} });
    expect((await get(emulator, `/v3/files/private/${row?.id}`)).status).toBe(200);
    expect((await get(emulator, `/v3/files/public/${row?.id}`)).status).toBe(404);
    expect((await get(emulator, '/v3/files?network=public')).body).toMatchObject({
      data: { files: [{ id: row?.id }] },
    });
  });
});

it('counts requests per key and minute, and tells how long to wait', async () => {
  const emulator = await emulatorFor({ rpm: 3, retryAfter: 7 });
  const other = await emulator.addKey({ scopes: ['admin'], legacyScopes: ['admin'] });
  const legacy = await get(emulator, '/data/testAuthentication');
  expect(legacy.headers.get('x-ratelimit-limit')).toBe('3');
  expect(legacy.headers.get('x-ratelimit-remaining')).toBe('2');
  await get(emulator, '/v3/files/public');
  await get(emulator, '/v3/files/public');
  const limited = await get(emulator, '/v3/files/public');
  expect(limited).toMatchObject({ status: 429, body: { error: { code: 429, message: 'Too Many Requests' } } });
  expect(limited.headers.get('retry-after')).toBe('7');
  expect(limited.headers.get('x-ratelimit-limit')).toBeNull();
  expect((await get(emulator, '/v3/files/public', other)).status).toBe(200);
  await emulator.clock({ advanceMs: 60_000 });
  expect((await get(emulator, '/v3/files/public')).status).toBe(200);
});
