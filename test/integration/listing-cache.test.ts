import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { CID } from 'multiformats/cid';
import { create } from 'multiformats/hashes/digest';
import { afterEach, describe, expect, it } from 'vitest';
import { createListingCache, readCacheService } from '../../src/adapters/github/listing-cache.ts';
import { createTraffic, type TrafficPolicy } from '../../src/adapters/http/traffic.ts';
import { type Cid, cidOf } from '../../src/domain/cid.ts';
import { ActionError } from '../../src/domain/errors.ts';
import type { ListingCache } from '../../src/ports.ts';
import type { FaultRequest } from '../support/emulator.ts';
import { emulatorForFile } from '../support/file-emulator.ts';
import { answer, closedUrl, cut, scriptedServer, type TestServer } from '../support/http-server.ts';

const emulator = await emulatorForFile();
const MIB = 1024 * 1024;

interface Asking extends Partial<TrafficPolicy> {
  readonly resultsUrl?: string;
  readonly token?: string;
}

function cacheOf({
  resultsUrl = emulator.cacheUrl,
  token = emulator.cacheToken,
  ...policy
}: Asking = {}): ListingCache {
  return createListingCache({
    resultsUrl,
    token,
    traffic: (deadline) =>
      createTraffic({
        service: 'The cache',
        requestsPerMinute: 6000,
        concurrency: 4,
        firstDelayMs: 5,
        deadline,
        explain: () => new ActionError('network', 'The cache did not answer.'),
        onRetry: () => {},
        ...policy,
      }),
  });
}

/** Any bytes, by the CID that they have as a block; from another implementation. */
function cidOfBytes(bytes: Uint8Array): Cid {
  return cidOf(CID.createV1(0x70, create(0x12, createHash('sha256').update(bytes).digest())));
}

function bytesOf(text: string, length = 100): Uint8Array {
  return Buffer.alloc(length, text);
}

let made = 0;
/** A root that no other test has. */
function newRoot(): Cid {
  made += 1;
  return cidOfBytes(Buffer.from(`root ${made}`));
}

/** A cache service that always answers the same. */
function serviceOf(fields: object): Promise<TestServer> {
  return scriptedServer(answer(200, JSON.stringify({ ok: true, ...fields })));
}

const keyOf = (root: Cid): string => `pinata-deploy-${root}`;

async function loaded(root: Cid, cache = cacheOf()): Promise<readonly (readonly [Cid, string])[]> {
  return [...(await cache.load(root))].map(([cid, bytes]) => [cid, Buffer.from(bytes).toString('latin1')]);
}

const entry = (bytes: Uint8Array): readonly [Cid, string] => [cidOfBytes(bytes), Buffer.from(bytes).toString('latin1')];

it('is not asked where the runner offers none', async () => {
  for (const none of [{ resultsUrl: '' }, { token: '' }]) {
    expect(await loaded(newRoot(), cacheOf(none))).toEqual([]);
    expect(await cacheOf(none).save(newRoot(), [bytesOf('x')])).toBe('unavailable');
  }
  expect(await emulator.requests()).toEqual([]);
});

describe('what was saved', () => {
  it('is loaded by its root, each block by its CID', async () => {
    const root = newRoot();
    const blocks = [bytesOf('a', 1), bytesOf('b', 127), bytesOf('c', 128), bytesOf('d', 70_000)];
    expect(await cacheOf().save(root, blocks)).toBe('saved');
    expect(await loaded(root)).toEqual(blocks.map(entry));
    expect(await loaded(newRoot())).toEqual([]);
  });

  it('is whatever the blocks are', async () => {
    const block = fc.uint8Array({ minLength: 1, maxLength: 300 });
    await fc.assert(
      fc.asyncProperty(fc.array(block, { minLength: 1, maxLength: 20 }), async (blocks) => {
        const root = newRoot();
        await cacheOf().save(root, blocks);
        expect(new Map(await loaded(root))).toEqual(new Map(blocks.map(entry)));
      }),
      { numRuns: 20 },
    );
  });

  it('is present from then on, and stays what it is', async () => {
    const root = newRoot();
    await cacheOf().save(root, [bytesOf('first')]);
    await emulator.clearRequests();
    expect(await cacheOf().save(root, [bytesOf('second')])).toBe('present');
    expect(await emulator.requests({ host: 'cache' })).toHaveLength(1);
    expect(await loaded(root)).toEqual([entry(bytesOf('first'))]);
  });

  it('is there for the runs of other branches, which may not be allowed to write', async () => {
    const root = newRoot();
    await cacheOf().save(root, [bytesOf('main')]);
    const token = await emulator.addCacheToken({ scope: 'refs/pull/7/merge' });
    const fork = cacheOf({ token });
    expect(await loaded(root, fork)).toEqual([entry(bytesOf('main'))]);
    await emulator.clearRequests();
    expect(await fork.save(newRoot(), [bytesOf('fork')])).toBe('unavailable');
    expect((await emulator.requests({ host: 'cache' })).map(({ status }) => status)).toEqual([403]);
  });

  it('takes three requests and the blob, and two requests to load, with the token for the service only', async () => {
    const root = newRoot();
    await cacheOf().save(root, [bytesOf('x')]);
    await cacheOf().load(root);
    const requests = await emulator.requests({ host: 'cache' });
    const seen = requests.map(({ method, path, headers }) => {
      const name = path.startsWith('/blob/') ? 'blob' : path.split('/').at(-1);
      return `${method} ${name} ${headers.authorization ?? ''}`.trim();
    });
    expect(seen).toEqual([
      'POST CreateCacheEntry <key: cache>',
      'PUT blob',
      'POST FinalizeCacheEntryUpload <key: cache>',
      'POST GetCacheEntryDownloadURL <key: cache>',
      'GET blob',
    ]);
  });
});

describe('an entry that is not what was saved', () => {
  const blocks = [bytesOf('one'), bytesOf('two'), bytesOf('three')];

  it.each([
    ['in its first block', 50, [1, 2]],
    ['in its last block', 302, [0, 1]],
  ])('costs the block that was poisoned: %s', async (_title, at, left) => {
    const root = newRoot();
    await cacheOf().save(root, blocks);
    await emulator.cache({ poison: keyOf(root), at });
    const found = await cacheOf().load(root);
    for (const [index, block] of blocks.entries()) {
      expect(found.get(cidOfBytes(block)) !== undefined).toBe(left.includes(index));
    }
    for (const [cid, bytes] of found) expect(cidOfBytes(bytes)).toBe(cid);
  });

  it.each<[string, Buffer, number]>([
    ['nothing', Buffer.alloc(0), 0],
    ['a length that is cut off', Buffer.concat([Buffer.from([3]), Buffer.from('abc'), Buffer.from([0x80])]), 1],
    ['a length beyond the end', Buffer.concat([Buffer.from([3]), Buffer.from('abc'), Buffer.from([9, 1])]), 1],
    ['a length that no number holds', Buffer.alloc(20, 0xff), 0],
    ['a block of no bytes', Buffer.from([1, 65, 0, 1, 66]), 1],
    ['a page', Buffer.from('<!DOCTYPE html><html></html>'), 0],
  ])('gives the blocks before %s', async (_title, content, count) => {
    const root = newRoot();
    await cacheOf().save(root, blocks);
    await emulator.cache({ replace: keyOf(root), base64: content.toString('base64') });
    const found = await cacheOf().load(root);
    expect(found.size).toBe(count);
    for (const [cid, bytes] of found) expect(cidOfBytes(bytes)).toBe(cid);
  });

  it('cut to pieces is not hashed for long', async () => {
    const pieces = Buffer.alloc(16 * MIB);
    for (let at = 0; at < pieces.length; at += 4) pieces.writeUInt32BE(0x03000000 + at / 4, at);
    await using blobs = await scriptedServer(answer(200, pieces));
    await using service = await serviceOf({ signed_download_url: `${blobs.url}/blob` });
    expect((await cacheOf({ resultsUrl: service.url }).load(newRoot())).size).toBe(300_000);
  });

  it.each(['lose', 'evict'])('is none when it is gone: %s', async (how) => {
    const root = newRoot();
    await cacheOf().save(root, blocks);
    await emulator.cache(how === 'lose' ? { lose: keyOf(root) } : { evict: keyOf(root) });
    expect(await loaded(root)).toEqual([]);
  });
});

describe('16 MiB', () => {
  const sized = (bytes: number): Iterable<Uint8Array> => {
    const size = MIB - 3;
    const rest = bytes - 15 * MIB - 4;
    return [
      ...Array.from({ length: 15 }, (_, index) => bytesOf(String.fromCharCode(97 + index), size)),
      bytesOf('z', rest),
    ];
  };

  it('are saved and loaded', async () => {
    const root = newRoot();
    expect(await cacheOf().save(root, sized(16 * MIB))).toBe('saved');
    const [saved] = (await emulator.state()).cache.filter(({ key }) => key === keyOf(root));
    expect(saved?.sizeBytes).toBe(16 * MIB - 1);
    expect((await cacheOf().load(root)).size).toBe(16);
  });

  it('are not exceeded: nothing is asked, and blocks are not taken to their end', async () => {
    let taken = 0;
    const many = function* (): Generator<Uint8Array> {
      for (; taken < 40; taken += 1) yield bytesOf('more', MIB);
    };
    expect(await cacheOf().save(newRoot(), many())).toBe('unavailable');
    expect(taken).toBe(15);
    expect(await emulator.requests()).toEqual([]);
  });

  it('are as much as is read of an entry that does not end', async () => {
    let written = 0;
    await using blobs = await scriptedServer((response) => {
      response.writeHead(200);
      const pour = (): void => {
        if (response.destroyed) return;
        written += MIB;
        if (response.write(Buffer.alloc(MIB, 1))) setImmediate(pour);
        else response.once('drain', pour);
      };
      pour();
    });
    await using service = await serviceOf({ signed_download_url: `${blobs.url}/blob`, matched_key: 'k' });
    expect((await cacheOf({ resultsUrl: service.url }).load(newRoot())).size).toBe(0);
    expect(written).toBeLessThan(48 * MIB);
  });

  it('are not what a save without blocks is for', async () => {
    expect(await cacheOf().save(newRoot(), [])).toBe('unavailable');
    expect(await emulator.requests()).toEqual([]);
  });
});

describe('a service in trouble', () => {
  const FINAL: readonly [string, FaultRequest['action']][] = [
    ['a 401', { status: 401 }],
    ['a 404', { status: 404, body: 'invalid request' }],
    ['a redirect', { status: 307, headers: { location: '/elsewhere' } }],
    ['an answer that is no object', { status: 200, body: '7', contentType: 'application/json' }],
    [
      'an answer that is not ok',
      { status: 200, body: JSON.stringify({ ok: false, message: 'no' }), contentType: 'application/json' },
    ],
    ['an answer without a URL', { status: 200, body: JSON.stringify({ ok: true }), contentType: 'application/json' }],
    [
      'an answer with a URL that is none',
      { status: 200, body: JSON.stringify({ ok: true, signed_download_url: 'no', signed_upload_url: 'no' }) },
    ],
  ];

  it.each(FINAL)('is asked once, and costs nothing but the benefit: %s', async (_title, action) => {
    await emulator.fault({ match: { host: 'cache' }, times: 9, action });
    expect(await loaded(newRoot())).toEqual([]);
    expect(await cacheOf().save(newRoot(), [bytesOf('x')])).toBe('unavailable');
    expect(await emulator.requests({ host: 'cache' })).toHaveLength(2);
  });

  it.each<[string, FaultRequest['action']]>([
    ['a 503', { status: 503 }],
    ['a cut connection', { cut: 'before' }],
    ['half of an answer', { truncateJson: true }],
  ])('is asked again after %s', async (_title, action) => {
    const root = newRoot();
    await cacheOf().save(root, [bytesOf('x')]);
    await emulator.fault({ match: { host: 'cache', path: '/twirp/' }, times: 2, action });
    expect(await loaded(root)).toEqual([entry(bytesOf('x'))]);
    await emulator.fault({ match: { host: 'cache' }, times: 99, action });
    expect(await loaded(root)).toEqual([]);
    expect(await cacheOf().save(newRoot(), [bytesOf('y')])).toBe('unavailable');
  });

  it.each<[string, number]>([
    ['/blob/', 2],
    ['Finalize', 3],
  ])('does not have what could not be sent to its end: %s', async (path, requests) => {
    const root = newRoot();
    await emulator.fault({ match: { host: 'cache', path }, times: 9, action: { status: 403 } });
    expect(await cacheOf().save(root, [bytesOf('x')])).toBe('unavailable');
    expect(await emulator.requests({ host: 'cache' })).toHaveLength(requests);
    expect(await loaded(root)).toEqual([]);
  });

  it('names its fields as it likes', async () => {
    await using blobs = await scriptedServer(answer(200, Buffer.from([1, 65])));
    const signedDownloadUrl = `${blobs.url}/blob`;
    await using service = await serviceOf({ signedDownloadUrl });
    expect(await loaded(newRoot(), cacheOf({ resultsUrl: `${service.url}/` }))).toEqual([entry(Buffer.from('A'))]);
    expect(service.seen[0]?.path).toBe('/twirp/github.actions.results.api.v1.CacheService/GetCacheEntryDownloadURL');
  });

  it('cannot lead the token elsewhere', async () => {
    await using elsewhere = await scriptedServer(answer(200, '{}'));
    const location = `${elsewhere.url}/x`;
    await using service = await scriptedServer(answer(307, '', { location }));
    expect(await loaded(newRoot(), cacheOf({ resultsUrl: service.url }))).toEqual([]);
    await using blobs = await scriptedServer(answer(307, '', { location }));
    await using honest = await serviceOf({ signed_download_url: `${blobs.url}/blob` });
    expect(await loaded(newRoot(), cacheOf({ resultsUrl: honest.url }))).toEqual([]);
    expect(elsewhere.seen).toEqual([]);
    expect(blobs.seen.map(({ headers }) => headers.authorization)).toEqual([undefined]);
  });

  it.each<[string, () => Promise<string>]>([
    ['nobody listens at', closedUrl],
    ['is none', () => Promise.resolve('results')],
  ])('may have an address that %s', async (_title, address) => {
    const cache = cacheOf({ resultsUrl: await address() });
    expect(await loaded(newRoot(), cache)).toEqual([]);
    expect(await cache.save(newRoot(), [bytesOf('x')])).toBe('unavailable');
  });

  it('may cut the blob', async () => {
    await using blobs = await scriptedServer(cut);
    await using service = await serviceOf({ signed_download_url: `${blobs.url}/blob` });
    expect(await loaded(newRoot(), cacheOf({ resultsUrl: service.url }))).toEqual([]);
  });

  it.each(['/twirp/', '/blob/'])(
    'is waited for 5 seconds in all when it stalls: %s',
    { timeout: 15_000 },
    async (path) => {
      const root = newRoot();
      await cacheOf().save(root, [bytesOf('x')]);
      await emulator.fault({ match: { host: 'cache', path }, action: { delayMs: 20_000 } });
      const began = performance.now();
      expect(await loaded(root)).toEqual([]);
      const took = performance.now() - began;
      expect(took).toBeGreaterThan(4500);
      expect(took).toBeLessThan(7000);
    },
  );
});

describe('the cache service of the runner', () => {
  const offered = {
    ACTIONS_CACHE_SERVICE_V2: 'True',
    ACTIONS_RESULTS_URL: 'https://results.example/',
    ACTIONS_RUNTIME_TOKEN: 'runtime-token',
    GITHUB_SERVER_URL: 'https://github.com',
  };

  const offer = (environment: Partial<typeof offered>): void => {
    Object.assign(process.env, offered, environment);
  };

  const before = { ...process.env };
  afterEach(() => {
    for (const name of Object.keys(offered)) {
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    }
  });

  it('is told with the token for it', () => {
    const expected = { resultsUrl: 'https://results.example/', token: 'runtime-token' };
    offer({});
    expect(readCacheService()).toEqual(expected);
    offer({ GITHUB_SERVER_URL: 'https://acme.ghe.com' });
    expect(readCacheService()).toEqual(expected);
  });

  it.each<[string, Partial<typeof offered>]>([
    ['without the second version', { ACTIONS_CACHE_SERVICE_V2: '' }],
    ['without a URL', { ACTIONS_RESULTS_URL: '' }],
    ['without a token', { ACTIONS_RUNTIME_TOKEN: '' }],
    ['on an Enterprise Server', { GITHUB_SERVER_URL: 'https://github.acme.example' }],
    ['on a host that only looks like it', { GITHUB_SERVER_URL: 'https://xgithub.com' }],
  ])('is none %s', (_title, missing) => {
    offer(missing);
    expect(readCacheService()).toEqual({ resultsUrl: '', token: '' });
  });
});
