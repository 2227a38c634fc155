import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { CID } from 'multiformats/cid';
import { sha256 } from 'multiformats/hashes/sha2';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEmulator } from '../support/emulator.ts';
import { type PinataAccess, packCar, type UploadAnswer, upload } from '../support/pinata-calls.ts';

/*
 * What the client relies on, asked of the emulator and, when PINATA_CONTRACT_JWT holds a key, of the real service too.
 * Where this fails there, the emulator is wrong. It pins a few hundred bytes and takes everything away again; the key
 * needs the Files and Groups write permissions.
 */

interface Target extends PinataAccess {
  /** How long an upload may take to show in listings. */
  readonly patienceMs: number;
  close(): Promise<unknown>;
}

async function openEmulator(): Promise<Target> {
  const emulator = await startEmulator({ listLagMs: 150, carDelayMs: 100 });
  return { ...emulator, patienceMs: 2000, close: () => emulator.stop() };
}

const realJwt = process.env.PINATA_CONTRACT_JWT;

function openRealPinata(): Promise<Target> {
  return Promise.resolve({
    apiUrl: 'https://api.pinata.cloud',
    uploadUrl: 'https://uploads.pinata.cloud',
    jwt: realJwt ?? '',
    patienceMs: 120_000,
    close: () => Promise.resolve(),
  });
}

describe('the emulator', () => {
  keepsTheContract(openEmulator);
});

describe.skipIf(realJwt === undefined)(
  'the real service (skipped without PINATA_CONTRACT_JWT)',
  { timeout: 180_000 },
  () => {
    keepsTheContract(openRealPinata);
  },
);

interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

function keepsTheContract(open: () => Promise<Target>): void {
  const run = randomBytes(6).toString('hex');
  const pinned = new Set<string>();
  const groups = new Set<string>();
  let target: Target;

  beforeAll(async () => {
    target = await open();
  });

  afterAll(async () => {
    for (const id of pinned) await call('DELETE', `/v3/files/public/${id}`);
    for (const id of groups) await call('DELETE', `/v3/groups/public/${id}`);
    await target.close();
  }, 180_000);

  async function call(method: string, path: string, body?: unknown): Promise<Answered> {
    const headers = { Authorization: `Bearer ${target.jwt}`, 'Content-Type': 'application/json' };
    const init: RequestInit = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
    const response = await fetch(`${target.apiUrl}${path}`, init);
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: text.startsWith('{') ? JSON.parse(text) : text };
  }

  async function pin(name: string, content: string, more: Record<string, string> = {}): Promise<UploadAnswer> {
    const fields = { network: 'public', name, keyvalues: JSON.stringify({ run, name }), ...more };
    const answer = await upload(target, { files: [new File([content], `${name}.txt`)], fields });
    if (answer.row !== undefined) pinned.add(answer.row.id);
    return answer;
  }

  /** Lists until a row shows, as the client has to. */
  async function listed(query: string): Promise<readonly Record<string, unknown>[]> {
    const deadline = Date.now() + target.patienceMs;
    for (;;) {
      const { body } = await call('GET', `/v3/files/public?${query}`);
      const { files } = (body as { data: { files: readonly Record<string, unknown>[] } }).data;
      if (files.length > 0 || Date.now() > deadline) return files;
      await sleep(target.patienceMs / 40);
    }
  }

  const unique = (): string => `contract ${run} ${randomBytes(8).toString('hex')}`;

  it('pins a small file as the raw block of its bytes and lists it with its keyvalues', async () => {
    const content = unique();
    const cid = CID.createV1(0x55, await sha256.digest(Buffer.from(content))).toString();
    const { status, row } = await pin('small', content);
    expect([status, row?.cid]).toEqual([200, cid]);
    expect(await listed(`cid=${cid}`)).toMatchObject([
      { id: row?.id, cid, name: 'small', size: content.length, keyvalues: { run, name: 'small' } },
    ]);
  });

  it('tells the gateways with their custom domains, or refuses a key that may not read them', async () => {
    const { status, body } = await call('GET', '/v3/gateways');
    if (status === 401 || status === 403) return;
    const { rows } = (body as { data: { rows: readonly Record<string, unknown>[] } }).data;
    expect(status).toBe(200);
    for (const { domain, restrict, custom_domains: custom } of rows) {
      expect([typeof domain, typeof restrict]).toEqual(['string', 'boolean']);
      for (const each of (custom ?? []) as readonly Record<string, unknown>[]) {
        expect([typeof each.domain, typeof each.domain_validation_status]).toEqual(['string', 'string']);
      }
    }
  });

  it('answers the same CID for the same bytes again', async () => {
    const content = unique();
    const first = await pin('twice', content);
    const second = await pin('twice', content);
    expect([second.status, second.row?.cid]).toEqual([200, first.row?.cid]);
  });

  it('filters by all keyvalues given, and ignores filters it does not know', async () => {
    const { row } = await pin('filtered', unique());
    const filter = (key: string, value: string): string => `${encodeURIComponent(`keyvalues[${key}]`)}=${value}`;
    expect(await listed(`${filter('run', run)}&${filter('name', 'filtered')}`)).toMatchObject([{ id: row?.id }]);
    const contradiction = await call('GET', `/v3/files/public?${filter('run', run)}&${filter('name', 'nobody')}`);
    expect(contradiction.body).toMatchObject({ data: { files: [] } });
    const misspelt = await call('GET', '/v3/files/public?metadata%5Brun%5D=nobody&limit=1');
    expect(misspelt.body).toMatchObject({ data: { files: [{ id: expect.anything() as unknown }] } });
  });

  it('pages by limit and token', async () => {
    await pin('page one', unique());
    await pin('page two', unique());
    await listed(`${encodeURIComponent('keyvalues[name]')}=page+two`);
    const page = async (token: string): Promise<{ files: { id: string }[]; next_page_token: string }> => {
      const { body } = await call('GET', `/v3/files/public?limit=1&order=DESC${token}`);
      return (body as { data: { files: { id: string }[]; next_page_token: string } }).data;
    };
    const first = await page('');
    const second = await page(`&pageToken=${encodeURIComponent(first.next_page_token)}`);
    expect([first.files.length, second.files.length]).toEqual([1, 1]);
    expect(second.files[0]?.id).not.toBe(first.files[0]?.id);
  });

  it('merges keyvalues on update and removes those set to null', async () => {
    const { row } = await pin('merged', unique());
    const path = `/v3/files/public/${row?.id}`;
    expect((await call('PUT', path, { keyvalues: { added: '1', name: null } })).status).toBe(200);
    const { body } = await call('GET', path);
    expect((body as { data: { keyvalues: unknown } }).data.keyvalues).toEqual({ run, added: '1' });
  });

  it('takes an expiry on upload and on update', async () => {
    const inAnHour = Math.floor(Date.now() / 1000) + 3600;
    const { status, row } = await pin('expiring', unique(), { expires_at: String(inAnHour) });
    expect(status).toBe(200);
    const later = await call('PUT', `/v3/files/public/${row?.id}`, { expires_at: inAnHour + 3600 });
    expect(later.status).toBe(200);
  });

  it('forgets a deleted record', async () => {
    const { row } = await pin('deleted', unique());
    await listed(`cid=${row?.cid}`);
    const path = `/v3/files/public/${row?.id}`;
    expect(await call('DELETE', path)).toMatchObject({ status: 200, body: { data: null } });
    expect((await call('GET', path)).status).toBe(404);
    pinned.delete(row?.id ?? '');
  });

  it('puts files into groups', async () => {
    const created = await call('POST', '/v3/groups/public', { name: `contract ${run}` });
    const group = (created.body as { data: { id: string } }).data.id;
    groups.add(group);
    const { row } = await pin('grouped', unique(), { group_id: group });
    expect(await listed(`group=${group}`)).toMatchObject([{ id: row?.id, group_id: group }]);
  });

  it('pins a folder through a presigned URL, once', async () => {
    const response = await fetch(`${target.uploadUrl}/v3/files/sign`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${target.jwt}` },
      body: JSON.stringify({
        date: Math.floor(Date.now() / 1000),
        expires: 300,
        network: 'public',
        filename: `folder ${run}`,
        keyvalues: { run, name: 'folder' },
        allow_mime_types: ['directory'],
      }),
    });
    const { data: url } = (await response.json()) as { data: string };
    const files = ['a.txt', 'b/c.txt'].map((name) => new File([unique()], `site/${name}`));
    const { status, row } = await upload(target, { url, files, fields: {} });
    if (row !== undefined) pinned.add(row.id);
    expect([status, row]).toMatchObject([200, { mime_type: 'directory', number_of_files: 2 }]);
    expect((await upload(target, { url, files, fields: {} })).status).toBe(409);
  });

  it('keeps the root of a CAR, or says that the plan has no CARs', async () => {
    const { root, bytes } = await packCar([new File([unique()], 'index.html'), new File(['x'], 'a/b.txt')]);
    const fields = { network: 'public', car: 'true', name: 'car', keyvalues: JSON.stringify({ run, name: 'car' }) };
    const { status, row, message } = await upload(target, { files: [new File([bytes], 'site.car')], fields });
    if (row === undefined) {
      expect([status, message?.includes('CAR')]).toEqual([403, true]);
      return;
    }
    pinned.add(row.id);
    expect(row.cid).toBe(root);
    expect(await listed(`cid=${root}`)).toMatchObject([{ cid: root, mime_type: 'directory' }]);
  });

  it('takes a resumable upload in two pieces and tells the CID at the end', async () => {
    const content = Buffer.from(unique());
    const pairs = Object.entries({ filename: 'resumed.txt', network: 'public', keyvalues: JSON.stringify({ run }) });
    const started = await fetch(`${target.uploadUrl}/v3/files`, {
      method: 'POST',
      headers: {
        Authorization: `Bearer ${target.jwt}`,
        'Upload-Length': String(content.length),
        'Upload-Metadata': pairs.map(([key, value]) => `${key} ${Buffer.from(value).toString('base64')}`).join(','),
      },
    });
    const location = started.headers.get('location') ?? '';
    expect([started.status, new URL(location).origin]).toEqual([201, target.uploadUrl]);
    const patch = (offset: number, end: number): Promise<Response> =>
      fetch(location, {
        method: 'PATCH',
        headers: {
          Authorization: `Bearer ${target.jwt}`,
          'Tus-Resumable': '1.0.0',
          'Content-Type': 'application/offset+octet-stream',
          'Upload-Offset': String(offset),
        },
        body: content.subarray(offset, end),
      });
    expect((await patch(0, 10)).headers.get('upload-offset')).toBe('10');
    const last = await patch(10, content.length);
    const cid = CID.createV1(0x55, await sha256.digest(content)).toString();
    expect([last.status, last.headers.get('upload-cid')]).toEqual([204, cid]);
    for (const { id } of await listed(`cid=${cid}`)) pinned.add(String(id));
  });

  it('refuses a wrong key in the shape of each API', async () => {
    const read = async (path: string): Promise<Answered> => {
      const response = await fetch(`${target.apiUrl}${path}`, { headers: { Authorization: 'Bearer a.b.c' } });
      return { status: response.status, headers: response.headers, body: await response.json() };
    };
    expect(await read('/v3/files/public')).toMatchObject({ status: 401, body: { error: { code: 401 } } });
    expect(await read('/data/testAuthentication')).toMatchObject({
      status: 401,
      body: { error: { reason: 'INVALID_CREDENTIALS' } },
    });
  });

  it('tells the upload limits, and that the key is known', async () => {
    const response = await fetch(`${target.uploadUrl}/v3/files/limits`, {
      headers: { Authorization: `Bearer ${target.jwt}` },
    });
    expect(await response.json()).toMatchObject({ data: { folder_max_files: expect.any(Number) as unknown } });
    expect((await call('GET', '/data/testAuthentication')).status).toBe(200);
  });
}
