import { PinataSDK } from 'pinata';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startEmulator, type TestEmulator } from '../support/emulator.ts';
import { emulatorFor } from '../support/emulator-inside.ts';
import { type PinataAccess, packCar, upload } from '../support/pinata-calls.ts';

let pinata: TestEmulator;
let sdk: PinataSDK;

beforeAll(async () => {
  pinata = await startEmulator();
  sdk = sdkFor(pinata);
});

afterAll(() => pinata.stop());

function sdkFor({ apiUrl, uploadUrl, jwt }: PinataAccess): PinataSDK {
  return new PinataSDK({
    pinataJwt: jwt,
    endpointUrl: `${apiUrl}/v3`,
    uploadUrl: `${uploadUrl}/v3`,
    legacyUploadUrl: `${apiUrl}/pinning/pinFileToIPFS`,
  });
}

/** Pins a few bytes and answers the record's id. */
async function pin(to: PinataAccess, name: string, fields: Record<string, string> = {}): Promise<string> {
  const { row } = await upload(to, { files: [new File([name], name)], fields: { network: 'public', ...fields } });
  return row?.id ?? '';
}

async function call(
  to: PinataAccess,
  path: string,
  init: RequestInit = {},
): Promise<{ status: number; body: unknown }> {
  const headers = { Authorization: `Bearer ${to.jwt}` };
  const response = await fetch(`${to.apiUrl}${path}`, { headers, ...init });
  const text = await response.text();
  return { status: response.status, body: text.startsWith('{') ? JSON.parse(text) : text };
}

describe('a listing', () => {
  const ids: string[] = [];

  beforeAll(async () => {
    for (let index = 0; index < 12; index += 1) {
      const keyvalues = { set: 'twelve', parity: index % 2 === 0 ? 'even' : 'odd' };
      ids.push(await pin(pinata, `listed-${index}`, { keyvalues: JSON.stringify(keyvalues) }));
    }
  });

  it('has ten rows unless asked for more, newest first', async () => {
    const page = await sdk.files.public.list();
    expect(page.files.map(({ id }) => id)).toEqual(ids.toReversed().slice(0, 10));
    expect(page.next_page_token).toBe(Buffer.from(ids[2] ?? '').toString('base64'));
  });

  it('comes in pages, in both orders, without gaps or repeats', async () => {
    const collect = async (order: 'ASC' | 'DESC'): Promise<string[]> => {
      const rows: string[] = [];
      for await (const { id } of sdk.files.public.list().order(order).limit(5)) rows.push(id);
      return rows;
    };
    expect(await collect('ASC')).toEqual(ids);
    expect(await collect('DESC')).toEqual(ids.toReversed());
  });

  it('wants all keyvalues of the filter to be equal', async () => {
    const odd = await sdk.files.public.list().keyvalues({ set: 'twelve', parity: 'odd' }).limit(100).all();
    expect(odd.map(({ name }) => name)).toEqual([
      'listed-11',
      'listed-9',
      'listed-7',
      'listed-5',
      'listed-3',
      'listed-1',
    ]);
    const none = await sdk.files.public.list().keyvalues({ set: 'twelve', parity: 'other' }).all();
    expect(none).toEqual([]);
  });

  it('ignores parameters it does not know, also a misspelt filter', async () => {
    const { body } = await call(pinata, '/v3/files/public?metadata[set]=nothing&limit=100&pageLimit=1');
    expect(body).toMatchObject({ data: { files: { length: 12 } } });
  });

  it('never has a page longer than the cap', async () => {
    const capped = await emulatorFor({ listCap: 2 });
    for (const name of ['a', 'b', 'c']) await pin(capped, name);
    expect((await call(capped, '/v3/files/public?limit=100')).body).toMatchObject({ data: { files: { length: 2 } } });
  });

  it('filters by name, CID and type', async () => {
    const query = async (text: string): Promise<unknown> => (await call(pinata, `/v3/files/public?${text}`)).body;
    expect(await query('name=listed-11')).toMatchObject({ data: { files: [{ name: 'listed-11' }] } });
    expect(await query('name=sted-1&limit=50')).toMatchObject({ data: { files: { length: 3 } } });
    expect(await query('mimeType=image/png')).toMatchObject({ data: { files: [] } });
    expect(await query('cid=bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354')).toMatchObject({
      data: { files: [] },
    });
  });

  it('shows a new record after the lag, a deleted one until its lag is over', async () => {
    const lagging = await emulatorFor({ listLagMs: 1500, deleteLagMs: 2000 });
    const id = await pin(lagging, 'late');
    const listed = async (): Promise<unknown> => (await call(lagging, '/v3/files/public')).body;
    expect(await listed()).toMatchObject({ data: { files: [] } });
    expect((await call(lagging, `/v3/files/public/${id}`)).status).toBe(200);
    await lagging.clock({ advanceMs: 1500 });
    expect(await listed()).toMatchObject({ data: { files: [{ id }] } });
    await call(lagging, `/v3/files/public/${id}`, { method: 'DELETE', headers: auth(lagging) });
    expect(await listed()).toMatchObject({ data: { files: [{ id }] } });
    expect((await call(lagging, `/v3/files/public/${id}`)).status).toBe(404);
    await lagging.clock({ advanceMs: 2000 });
    expect(await listed()).toMatchObject({ data: { files: [] } });
  });
});

function auth({ jwt }: PinataAccess): Record<string, string> {
  return { Authorization: `Bearer ${jwt}` };
}

describe('a record', () => {
  let id: string;

  beforeEach(async () => {
    id = await pin(pinata, `record-${Math.random()}`, { keyvalues: '{"env":"dev","old":"1"}' });
  });

  const update = (body: unknown): Promise<{ status: number; body: unknown }> =>
    call(pinata, `/v3/files/public/${id}`, { method: 'PUT', headers: auth(pinata), body: JSON.stringify(body) });

  it('merges new keyvalues, keeps the others and loses those set to null', async () => {
    expect((await update({ keyvalues: { env: 'live', fresh: '2', old: null } })).body).toMatchObject({
      data: { id, keyvalues: { env: 'live', fresh: '2' } },
    });
    const { keyvalues } = await sdk.files.public.get(id);
    expect(keyvalues).toEqual({ env: 'live', fresh: '2' });
  });

  it('takes a new name from the SDK', async () => {
    await sdk.files.public.update({ id, name: 'renamed', keyvalues: { env: 'live' } });
    expect(await sdk.files.public.get(id)).toMatchObject({ name: 'renamed', keyvalues: { env: 'live', old: '1' } });
  });

  it('holds ten keyvalues and no eleventh', async () => {
    const eight = Object.fromEntries(Array.from({ length: 8 }, (_, index) => [`k${index}`, 'v']));
    expect((await update({ keyvalues: eight })).status).toBe(200);
    expect((await update({ keyvalues: { more: 'v' } })).status).toBe(400);
    expect((await update({ keyvalues: { more: 'v', old: null } })).status).toBe(200);
  });

  it('does not lose keys of two updates at once', async () => {
    await Promise.all(['a', 'b', 'c', 'd'].map((key) => update({ keyvalues: { [key]: '1' } })));
    expect(await sdk.files.public.get(id)).toMatchObject({ keyvalues: { a: '1', b: '1', c: '1', d: '1', env: 'dev' } });
  });

  it('is gone after DELETE, and a second DELETE says 404', async () => {
    const remove = (): Promise<{ status: number; body: unknown }> =>
      call(pinata, `/v3/files/public/${id}`, { method: 'DELETE', headers: auth(pinata) });
    expect(await remove()).toEqual({ status: 200, body: { data: null } });
    expect((await remove()).status).toBe(404);
    expect((await pinata.state()).records.map((record) => record.id)).not.toContain(id);
  });

  it('vanishes when its time has come, and the time can be set later', async () => {
    const emulator = await emulatorFor({});
    const nowSeconds = Math.floor(Date.now() / 1000);
    const expiring = await pin(emulator, 'brief', { expires_at: String(nowSeconds + 3600) });
    const renewed = await pin(emulator, 'renewed', { expires_at: String(nowSeconds + 3600) });
    const renewal = { method: 'PUT', headers: auth(emulator), body: JSON.stringify({ expires_at: nowSeconds + 9000 }) };
    expect((await call(emulator, `/v3/files/public/${renewed}`, renewal)).status).toBe(200);
    await emulator.clock({ advanceMs: 3_700_000 });
    expect((await call(emulator, `/v3/files/public/${expiring}`)).status).toBe(404);
    expect((await emulator.state()).records.map((record) => record.id)).toEqual([renewed]);
  });

  it('cannot be deleted before it has settled', async () => {
    const emulator = await emulatorFor({ settleMs: 5000 });
    const young = await pin(emulator, 'young');
    const remove = async (): Promise<number> =>
      (await call(emulator, `/v3/files/public/${young}`, { method: 'DELETE', headers: auth(emulator) })).status;
    expect(await remove()).toBe(500);
    await emulator.clock({ advanceMs: 5000 });
    expect(await remove()).toBe(200);
  });
});

describe('the SDK', () => {
  it('uploads a CAR with keyvalues and finds it by them', async () => {
    const { root, bytes } = await packCar([new File(['<p>hi'], 'index.html'), new File(['b'], 'b/b.txt')]);
    const pinned = await sdk.upload.public
      .file(new File([bytes], 'site.car'))
      .name('site')
      .keyvalues({ project: 'docs' })
      .car();
    expect(pinned).toMatchObject({ cid: root, name: 'site', network: 'public' });
    const [found] = await sdk.files.public.list().keyvalues({ project: 'docs' }).all();
    expect(found).toMatchObject({ id: pinned.id, cid: root, keyvalues: { project: 'docs' } });
  });

  it('uploads a folder through a presigned URL once, with the metadata that was signed', async () => {
    const url = await sdk.upload.public.createSignedURL({
      expires: 300,
      name: 'signed site',
      keyvalues: { signed: 'yes' },
      forDirectory: true,
    });
    const files = ['index.html', 'style.css'].map((name) => new File([`signed ${name}`], name));
    const pinned = await sdk.upload.public.fileArray(files).url(url).keyvalues({ ignored: 'yes' });
    expect(pinned).toMatchObject({ mime_type: 'directory', number_of_files: 2, name: 'signed site' });
    expect(pinned.keyvalues).toEqual({ signed: 'yes' });
    await expect(sdk.upload.public.fileArray(files).url(url)).rejects.toMatchObject({ statusCode: 409 });
  });

  it('uploads a folder to the legacy endpoint', async () => {
    const files = ['a.txt', 'b.txt'].map((name) => new File([`legacy ${name}`], name));
    const pinned = await sdk.upload.public.fileArray(files).name('older').keyvalues({ via: 'legacy' });
    expect(pinned).toMatchObject({ name: 'older', number_of_files: 2, keyvalues: { via: 'legacy' } });
    expect(await sdk.files.public.get(pinned.id)).toMatchObject({ cid: pinned.cid, keyvalues: { via: 'legacy' } });
  });

  it('creates, finds, fills, renames and deletes groups', async () => {
    const group = await sdk.groups.public.create({ name: 'previews' });
    const id = await pin(pinata, 'grouped');
    await sdk.groups.public.addFiles({ groupId: group.id, files: [id] });
    const grouped = await sdk.files.public.list().group(group.id).all();
    expect(grouped.map((file) => file.id)).toEqual([id]);
    const direct = await sdk.upload.public.file(new File(['direct'], 'direct')).group(group.id);
    expect(direct.group_id).toBe(group.id);
    await sdk.groups.public.update({ groupId: group.id, name: 'old previews' });
    expect(await sdk.groups.public.list().name('old')).toMatchObject({ groups: [{ id: group.id }] });
    await sdk.groups.public.delete({ groupId: group.id });
    await expect(sdk.groups.public.get({ groupId: group.id })).rejects.toThrow();
    expect(await sdk.files.public.get(id)).toMatchObject({ id, group_id: null });
  });
});

describe('a presigned URL', () => {
  const sign = (body: object): Promise<string> =>
    fetch(`${pinata.uploadUrl}/v3/files/sign`, {
      method: 'POST',
      headers: auth(pinata),
      body: JSON.stringify({ network: 'public', expires: 60, ...body }),
    })
      .then((response) => response.json())
      .then((answer) => (answer as { data: string }).data);
  const folder = [new File(['1'], 's/1'), new File(['2'], 's/2')];

  it('refuses a folder that it was not signed for', async () => {
    const url = await sign({ allow_mime_types: ['image/*', '*/*'] });
    const { status, message } = await upload(pinata, { url, files: folder, fields: {} });
    expect([status, message]).toEqual([
      400,
      'Presigned URL does not grant permissions to upload detected MIME type: directory',
    ]);
  });

  it('refuses more bytes than it was signed for', async () => {
    const url = await sign({ max_file_size: 2 });
    expect((await upload(pinata, { url, files: folder, fields: {} })).status).toBe(413);
  });

  it('is refused after its time, and with another signature', async () => {
    const date = Math.floor(Date.now() / 1000) - 61;
    expect((await upload(pinata, { url: await sign({ date }), files: folder, fields: {} })).status).toBe(403);
    const forged = (await sign({})).replace(/X-Expires=\d+/, 'X-Expires=99999');
    expect((await upload(pinata, { url: forged, files: folder, fields: {} })).status).toBe(403);
  });
});

describe('the legacy API', () => {
  const post = async (files: readonly File[], options?: object): Promise<{ status: number; body: unknown }> => {
    const body = new FormData();
    for (const file of files) body.append('file', file, file.name);
    if (options !== undefined) body.append('pinataOptions', JSON.stringify(options));
    return call(pinata, '/pinning/pinFileToIPFS', { method: 'POST', headers: auth(pinata), body });
  };

  it('answers CIDv0 in PascalCase unless asked for v1', async () => {
    const files = [new File(['hello world\n'], 'hello.txt')];
    expect((await post(files)).body).toMatchObject({
      IpfsHash: 'QmT78zSuBmuS4z925WZfrqQ1qHaJ56DQaTfyMUF7F8ff5o',
      Name: 'hello.txt',
      NumberOfFiles: 1,
    });
    expect((await post(files)).body).toMatchObject({ isDuplicate: true });
    const one = (await post(files, { cidVersion: 1 })).body;
    expect(one).toMatchObject({ IpfsHash: 'bafkreifjjcie6lypi6ny7amxnfftagclbuxndqonfipmb64f2km2devei4' });
  });

  it('refuses two folders with its own error shape', async () => {
    expect(await post([new File(['a'], 'a/a'), new File(['b'], 'b/b')])).toEqual({
      status: 400,
      body: { error: 'More than one file and/or directory was provided for pinning.' },
    });
  });

  it('unpins by CID, and says so when there is nothing to unpin', async () => {
    const { body } = await post([new File(['to be unpinned'], 'x.txt')]);
    const cid = (body as { IpfsHash: string }).IpfsHash;
    const unpin = (): Promise<unknown> =>
      call(pinata, `/pinning/unpin/${cid}`, { method: 'DELETE', headers: auth(pinata) });
    expect(await unpin()).toEqual({ status: 200, body: 'OK' });
    const error = {
      reason: 'CURRENT_USER_HAS_NOT_PINNED_CID',
      details: `The current user has not pinned the cid: ${cid}`,
    };
    expect(await unpin()).toEqual({ status: 400, body: { error } });
  });
});

it('tells limits, gateways and usage', async () => {
  expect((await call(pinata, '/v3/files/limits')).body).toEqual({ data: { folder_max_files: 30_000 } });
  expect((await call(pinata, '/v3/ipfs/gateways')).body).toEqual((await call(pinata, '/v3/gateways')).body);
  const { records } = await pinata.state();
  expect((await call(pinata, '/data/userPinnedDataTotal')).body).toMatchObject({ pin_count: records.length });
});

it.each([
  ['custom-domain', [{ domain: 'emulator', custom: ['GATEWAY'] }]],
  ['dedicated', [{ domain: 'GATEWAY', custom: [] }]],
  ['shared', []],
  ['public', []],
] as const)('tells the gateways of an account whose own is played in the mode %s', async (gatewayMode, expected) => {
  const account = await emulatorFor({ gatewayMode });
  const { host } = new URL(account.gatewayUrl);
  const active = { domain_validation_status: 'active', ssl_validation_status: 'active' };
  const { data } = (await call(account, '/v3/gateways')).body as { data: unknown };
  expect(data).toMatchObject({
    count: expected.length,
    rows: expected.map(({ domain, custom }) => ({
      domain: domain.replace('GATEWAY', host),
      restrict: true,
      custom_domains: custom.map((name) => ({ domain: name.replace('GATEWAY', host), ...active })),
    })),
  });
});
