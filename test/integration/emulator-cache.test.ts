import { describe, expect, it } from 'vitest';
import { emulatorForFile } from '../support/file-emulator.ts';

const emulator = await emulatorForFile();

interface Told {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

type MethodName = 'GetCacheEntryDownloadURL' | 'CreateCacheEntry' | 'FinalizeCacheEntryUpload';

async function call(method: MethodName, fields: object, token = emulator.cacheToken): Promise<Told> {
  const response = await fetch(`${emulator.cacheUrl}/twirp/github.actions.results.api.v1.CacheService/${method}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ version: 'v1', ...fields }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

function put(url: unknown, body: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(String(url), { method: 'PUT', headers: { 'x-ms-blob-type': 'BlockBlob', ...headers }, body });
}

/** All three steps of an upload. */
async function save(key: string, text: string, token?: string): Promise<Told> {
  const { body } = await call('CreateCacheEntry', { key }, token);
  await put(body.signed_upload_url, text);
  return await call('FinalizeCacheEntryUpload', { key, size_bytes: String(text.length) }, token);
}

async function find(key: string, more: object = {}, token?: string): Promise<Told['body']> {
  return (await call('GetCacheEntryDownloadURL', { key, ...more }, token)).body;
}

async function load(key: string, more: object = {}, token?: string): Promise<string | undefined> {
  const found = await find(key, more, token);
  return found.ok === true ? await (await fetch(String(found.signed_download_url))).text() : undefined;
}

describe('an entry', () => {
  it('is what was sent once its upload is finished, and not before', async () => {
    const reserved = await call('CreateCacheEntry', { key: 'steps' });
    const upload = reserved.body.signed_upload_url;
    expect(reserved).toEqual({
      status: 200,
      body: {
        ok: true,
        message: '',
        signed_upload_url: expect.stringContaining(`${emulator.cacheUrl}/blob/`) as string,
      },
    });
    const sent = await put(upload, 'content');
    expect([sent.status, await sent.text()]).toEqual([201, '']);
    expect(await find('steps')).toEqual({ ok: false, signed_download_url: '', matched_key: '' });
    const finished = await call('FinalizeCacheEntryUpload', { key: 'steps', size_bytes: '7' });
    expect(finished.body).toEqual({ ok: true, entry_id: expect.stringMatching(/^\d+$/) as string, message: '' });
    expect(await find('steps')).toMatchObject({ ok: true, matched_key: 'steps' });
    expect(await load('steps')).toBe('content');
  });

  it('takes fields in camel case too, and sizes as numbers', async () => {
    const { body } = await call('CreateCacheEntry', { key: 'camel' });
    await put(body.signed_upload_url, 'abc');
    expect((await call('FinalizeCacheEntryUpload', { key: 'camel', sizeBytes: 3 })).body.ok).toBe(true);
    expect(await load('nothing', { restoreKeys: ['cam'] })).toBe('abc');
  });

  it('never changes: its key is taken from the reservation on, for its version and scope', async () => {
    await call('CreateCacheEntry', { key: 'taken' });
    const again = await call('CreateCacheEntry', { key: 'taken' });
    expect(again).toEqual({
      status: 409,
      body: { code: 'already_exists', msg: 'cache entry with the same key, version, and scope already exists' },
    });
    expect((await call('CreateCacheEntry', { key: 'taken', version: 'v2' })).status).toBe(200);
    const token = await emulator.addCacheToken({ scope: 'refs/heads/other', write: true });
    expect((await call('CreateCacheEntry', { key: 'taken' }, token)).status).toBe(200);
  });

  it('is found by its key first, then by the newest key that starts like it', async () => {
    for (const key of ['npm-1', 'npm-2', 'npm-']) await save(key, key);
    expect(await load('npm-1')).toBe('npm-1');
    expect(await load('npm-')).toBe('npm-');
    expect(await load('np')).toBe('npm-');
    expect(await load('other', { restore_keys: ['none', 'npm-2'] })).toBe('npm-2');
    expect(await load('npm-1', { version: 'v2' })).toBeUndefined();
  });

  it('of the default branch is found by all, one of another branch only there', async () => {
    const token = await emulator.addCacheToken({ scope: 'refs/heads/feature', write: true });
    await save('shared', 'of main');
    expect(await load('shared', {}, token)).toBe('of main');
    await save('shared', 'of feature', token);
    await save('own', 'of feature', token);
    expect(await load('shared', {}, token)).toBe('of feature');
    expect([await load('shared'), await load('own')]).toEqual(['of main', undefined]);
  });

  it('is not finished with another size, or without a reservation', async () => {
    const { body } = await call('CreateCacheEntry', { key: 'short' });
    expect((await call('FinalizeCacheEntryUpload', { key: 'short', size_bytes: '3' })).body.ok).toBe(false);
    await put(body.signed_upload_url, 'ab');
    expect((await call('FinalizeCacheEntryUpload', { key: 'short', size_bytes: '3' })).body.ok).toBe(false);
    expect(await load('short')).toBeUndefined();
    const unknown = await call('FinalizeCacheEntryUpload', { key: 'nobody', size_bytes: '3' });
    expect([unknown.status, unknown.body.code]).toEqual([404, 'not_found']);
  });
});

describe('a request is refused', () => {
  it('without a token of the cache', async () => {
    for (const token of ['nobody', emulator.jwt, emulator.githubToken]) {
      const { status, body } = await call('CreateCacheEntry', { key: 'k' }, token);
      expect([status, body.code]).toEqual([401, 'unauthenticated']);
    }
  });

  it('for writing with a token that may only read', async () => {
    await save('readable', 'text');
    const token = await emulator.addCacheToken();
    const refused = {
      status: 403,
      body: { code: 'permission_denied', msg: expect.stringMatching(/^cache write denied:/) as string },
    };
    expect(await call('CreateCacheEntry', { key: 'k' }, token)).toEqual(refused);
    expect(await call('FinalizeCacheEntryUpload', { key: 'k', size_bytes: '1' }, token)).toEqual(refused);
    expect(await load('readable', {}, token)).toBe('text');
  });

  it.each([{}, { key: '' }, { key: 'a,b' }, { key: 'a'.repeat(513) }, { key: 1 }, { key: 'k', version: '' }])(
    'with fields that make no sense: %j',
    async (fields) => {
      const { status, body } = await call('CreateCacheEntry', fields);
      expect([status, body.code]).toEqual([400, 'malformed']);
    },
  );

  it('for what the service does not have', async () => {
    const headers = { authorization: `Bearer ${emulator.cacheToken}`, 'content-type': 'application/json' };
    const path = '/twirp/github.actions.results.api.v1.CacheService/';
    const asked: readonly [string, RequestInit][] = [
      [`${path}DeleteCacheEntry`, { method: 'POST', headers, body: '{}' }],
      [`${path}CreateCacheEntry`, { headers }],
      [`${path}CreateCacheEntry`, { method: 'POST', headers: { authorization: headers.authorization }, body: '{}' }],
      ['/_apis/artifactcache/cache?keys=a', { headers }],
    ];
    for (const [target, init] of asked) {
      const response = await fetch(`${emulator.cacheUrl}${target}`, init);
      expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([404, 'bad_route']);
    }
  });
});

describe('the blob storage', () => {
  const codeOf = async (response: Response): Promise<string | undefined> =>
    /<Code>(\w+)<\/Code>/.exec(await response.text())?.[1];

  it('takes only what was signed, for a while, and no other authorization', async () => {
    const { body } = await call('CreateCacheEntry', { key: 'signed' });
    const upload = String(body.signed_upload_url);
    await save('downloaded', 'text');
    const download = String((await find('downloaded')).signed_download_url);
    const refused: readonly [Promise<Response>, number, string][] = [
      [put(upload.replace(/sig=../, 'sig=xx'), 'x'), 403, 'AuthenticationFailed'],
      [put(upload.replace('sp=cw', 'sp=r'), 'x'), 403, 'AuthenticationFailed'],
      [put(download, 'x'), 403, 'AuthenticationFailed'],
      [fetch(upload), 403, 'AuthenticationFailed'],
      [put(upload, 'x', { authorization: `Bearer ${emulator.cacheToken}` }), 400, 'InvalidAuthenticationInfo'],
      [put(upload, 'x', { 'x-ms-blob-type': 'PageBlob' }), 400, 'MissingRequiredHeader'],
    ];
    for (const [response, status, code] of refused) {
      expect([(await response).status, await codeOf(await response)]).toEqual([status, code]);
    }
    expect((await put(upload, 'x')).status).toBe(201);
    await emulator.clock({ advanceMs: 11 * 60_000 });
    expect((await put(upload, 'x')).status).toBe(403);
    expect((await fetch(download)).status).toBe(403);
  });

  it('can lose, poison and replace what it has', async () => {
    await save('damaged', 'aaaaa');
    await emulator.cache({ poison: 'damaged' });
    expect(await load('damaged')).toBe('aa`aa');
    await emulator.cache({ poison: 'damaged', at: 0 });
    expect(await load('damaged')).toBe('`a`aa');
    await emulator.cache({ replace: 'damaged', base64: Buffer.from('other').toString('base64') });
    expect(await load('damaged')).toBe('other');
    await emulator.cache({ lose: 'damaged' });
    const { signed_download_url: url } = await find('damaged');
    const gone = await fetch(String(url));
    expect([gone.status, await codeOf(gone)]).toEqual([404, 'BlobNotFound']);
    await emulator.cache({ evict: 'damaged' });
    expect((await find('damaged')).ok).toBe(false);
    await expect(emulator.cache({ evict: 'damaged' })).rejects.toThrow('damaged');
    await expect(emulator.cache({ spoil: 'x' } as object as { evict: string })).rejects.toThrow('evict');
  });

  it('can stall, and fail', async () => {
    await save('slow', 'text');
    await emulator.fault({ match: { host: 'cache', path: '/blob/' }, action: { delayMs: 400 } });
    const began = performance.now();
    expect(await load('slow')).toBe('text');
    expect(performance.now() - began).toBeGreaterThan(350);
    await emulator.fault({ match: { host: 'cache', path: 'GetCacheEntry' }, action: { status: 503, body: '{}' } });
    expect((await call('GetCacheEntryDownloadURL', { key: 'slow' })).status).toBe(503);
  });
});

it('is logged without its token', async () => {
  await call('GetCacheEntryDownloadURL', { key: 'logged' });
  const [request] = await emulator.requests({ host: 'cache' });
  expect(request).toMatchObject({ host: 'cache', method: 'POST', status: 200 });
  expect(request?.headers.authorization).toBe('<key: cache>');
  expect(JSON.stringify(request)).not.toContain(emulator.cacheToken);
});

it('is the same after a restart', async () => {
  await save('kept', 'text');
  const limited = await emulator.addCacheToken();
  await emulator.restart({ signal: 'SIGKILL' });
  expect(await load('kept')).toBe('text');
  expect(await load('kept', {}, limited)).toBe('text');
  const { cache } = await emulator.state();
  expect(cache.find(({ key }) => key === 'kept')).toMatchObject({
    scope: 'refs/heads/main',
    version: 'v1',
    sizeBytes: 4,
  });
});
