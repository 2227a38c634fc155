import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createTraffic } from '../../src/adapters/http/traffic.ts';
import { explainPinata } from '../../src/adapters/pinata/errors.ts';
import { createPinataPins } from '../../src/adapters/pinata/pins.ts';
import { buildDag } from '../../src/adapters/unixfs/dag.ts';
import type { Cid } from '../../src/domain/cid.ts';
import type { Build, CidProfile, Content, FileEntry } from '../../src/domain/listing.ts';
import type { Pin } from '../../src/domain/pin.ts';
import { projectOf } from '../../src/domain/tag.ts';
import type { Pins, UploadOrder } from '../../src/ports.ts';
import { startEmulator, type TestEmulator } from '../support/emulator.ts';
import { emulatorForFile } from '../support/file-emulator.ts';
import { tempTree } from '../support/temp-tree.ts';

const project = projectOf('acme/app');
const MARKER = { [project.key]: project.name };
const MIB = 1024 * 1024;

const emulator = await emulatorForFile();

function pinsOf(at: TestEmulator, more: { readonly jwt?: string; readonly network?: 'public' | 'private' } = {}): Pins {
  const traffic = createTraffic({
    service: 'Pinata',
    requestsPerMinute: 6000,
    concurrency: 4,
    firstDelayMs: 10,
    deadline: AbortSignal.timeout(25_000),
    onRetry: () => {},
    explain: explainPinata,
  });
  return createPinataPins({
    jwt: at.jwt,
    apiUrl: at.apiUrl,
    uploadUrl: at.uploadUrl,
    network: 'public',
    traffic,
    ...more,
  });
}

/** The pin of a build that nobody removes. */
async function listed(pins: Pins, cid: Cid): Promise<Pin> {
  const pin = await pins.waitUntilListed(cid, undefined);
  if (pin === undefined) throw new Error(`${cid} is gone.`);
  return pin;
}

interface Sized {
  readonly path: string;
  readonly bytes: number;
}

/** A directory of files with random bytes, ready to upload. */
async function prepare(
  root: string,
  files: readonly Sized[],
  profile: CidProfile,
): Promise<{ build: Build; content: Content }> {
  const entries = files.map(({ path, bytes }): FileEntry => {
    const source = join(root, path);
    writeFileSync(source, randomBytes(bytes));
    return { path, source, bytes, kind: 'file' };
  });
  const content: Content = { kind: 'directory', entries };
  return { build: await buildDag(content, profile), content };
}

function orderOf(prepared: { build: Build; content: Content }, more: Partial<UploadOrder> = {}): UploadOrder {
  return {
    ...prepared,
    method: 'car',
    name: 'näme',
    group: undefined,
    keyvalues: MARKER,
    onProgress: () => {},
    ...more,
  };
}

describe('uploading', () => {
  it('sends a small CAR in one request', async () => {
    using tree = tempTree();
    const prepared = await prepare(tree.root, [{ path: 'a.bin', bytes: 2000 }], 'unixfs-v1-2025');
    const pins = pinsOf(emulator);
    const upload = await pins.upload(orderOf(prepared));
    expect(upload).toMatchObject({
      kind: 'uploaded',
      cid: prepared.build.root,
      duplicate: false,
      sentBytes: prepared.build.car.bytes,
    });
    const pin = await pins.waitUntilListed(prepared.build.root, undefined);
    expect(pin).toMatchObject({ cid: prepared.build.root, name: 'näme', keyvalues: MARKER });
    const posts = await emulator.requests({ host: 'upload' });
    expect(posts.map((request) => `${request.method} ${request.path}`)).toEqual(['POST /v3/files']);
  });

  it('sends a large CAR in parts, under its UTF-8 name', async () => {
    using tree = tempTree();
    const prepared = await prepare(tree.root, [{ path: 'big.bin', bytes: 40 * MIB }], 'unixfs-v1-2025');
    const pins = pinsOf(emulator);
    const seen: number[] = [];
    const upload = await pins.upload(orderOf(prepared, { onProgress: (sent) => seen.push(sent) }));
    expect(upload).toMatchObject({ kind: 'uploaded', cid: prepared.build.root, sentBytes: prepared.build.car.bytes });
    expect(seen.at(-1)).toBe(prepared.build.car.bytes);
    const methods = (await emulator.requests({ host: 'upload' })).map((request) => request.method);
    expect(methods).toEqual(['POST', 'PATCH', 'PATCH']);
    const pin = await pins.waitUntilListed(prepared.build.root, upload.kind === 'uploaded' ? upload.pinId : undefined);
    expect(pin).toMatchObject({ name: 'näme', keyvalues: MARKER });
  });

  it.each(['before', 'after'] as const)(
    'continues where the server is when a part is cut %s it arrives',
    async (when) => {
      using tree = tempTree();
      const prepared = await prepare(tree.root, [{ path: 'big.bin', bytes: 40 * MIB }], 'unixfs-v1-2025');
      await emulator.fault({ match: { host: 'upload', method: 'PATCH' }, action: { cut: when } });
      const upload = await pinsOf(emulator).upload(orderOf(prepared));
      expect(upload).toMatchObject({ kind: 'uploaded', cid: prepared.build.root });
      const methods = (await emulator.requests({ host: 'upload' })).map((request) => request.method);
      expect(methods).toContain('HEAD');
      expect(methods.filter((method) => method === 'POST')).toHaveLength(1);
    },
  );

  it('starts again when the server lost the partial', async () => {
    using tree = tempTree();
    const prepared = await prepare(tree.root, [{ path: 'big.bin', bytes: 20 * MIB }], 'unixfs-v1-2025');
    await emulator.fault({ match: { host: 'upload', method: 'PATCH' }, action: { status: 500 } });
    await emulator.fault({ match: { host: 'upload', method: 'HEAD' }, action: { status: 404 } });
    const upload = await pinsOf(emulator).upload(orderOf(prepared));
    expect(upload).toMatchObject({ kind: 'uploaded', cid: prepared.build.root });
    const methods = (await emulator.requests({ host: 'upload' })).map((request) => request.method);
    expect(methods).toEqual(['POST', 'PATCH', 'HEAD', 'POST', 'PATCH']);
  });

  it('asks again when HEAD itself fails, instead of sending everything again', async () => {
    using tree = tempTree();
    const prepared = await prepare(tree.root, [{ path: 'big.bin', bytes: 20 * MIB }], 'unixfs-v1-2025');
    await emulator.fault({ match: { host: 'upload', method: 'PATCH' }, action: { cut: 'after' } });
    await emulator.fault({ match: { host: 'upload', method: 'HEAD' }, action: { status: 503 } });
    await pinsOf(emulator).upload(orderOf(prepared));
    const methods = (await emulator.requests({ host: 'upload' })).map((request) => request.method);
    expect(methods).toEqual(['POST', 'PATCH', 'HEAD', 'HEAD']);
  });

  it('sends a folder through a presigned URL without the key', async () => {
    using tree = tempTree();
    const files = [
      { path: 'a.bin', bytes: 300_000 },
      { path: 'ü &.txt', bytes: 70_000 },
      { path: 'empty', bytes: 0 },
    ];
    const prepared = await prepare(tree.root, files, 'pinata-folder');
    const pins = pinsOf(emulator);
    const upload = await pins.upload(orderOf(prepared, { method: 'folder' }));
    expect(upload).toMatchObject({ kind: 'uploaded', cid: prepared.build.root });
    const [, post] = await emulator.requests({ host: 'upload', method: 'POST' });
    expect(post?.headers).not.toHaveProperty('authorization');
    expect(await pins.waitUntilListed(prepared.build.root, undefined)).toMatchObject({ keyvalues: MARKER });
  });

  it('signs again when the answer to a folder upload got lost', async () => {
    using tree = tempTree();
    const prepared = await prepare(
      tree.root,
      [
        { path: 'a', bytes: 500 },
        { path: 'b', bytes: 600 },
      ],
      'pinata-folder',
    );
    await emulator.fault({ match: { host: 'upload', method: 'POST', path: 'X-Signature' }, action: { cut: 'after' } });
    const upload = await pinsOf(emulator).upload(orderOf(prepared, { method: 'folder' }));
    expect(upload).toMatchObject({ kind: 'uploaded', cid: prepared.build.root });
  });

  it('names a file that changed since it was hashed, and stores nothing', async () => {
    using tree = tempTree();
    const files = [
      { path: 'a.bin', bytes: 5000 },
      { path: 'b.bin', bytes: 400_000 },
    ];
    const prepared = await prepare(tree.root, files, 'pinata-folder');
    writeFileSync(join(tree.root, 'b.bin'), randomBytes(400_000));
    const before = (await emulator.state()).records.length;
    const failing = pinsOf(emulator).upload(orderOf(prepared, { method: 'folder' }));
    await expect(failing).rejects.toMatchObject({
      kind: 'content',
      message: expect.stringContaining('"b.bin" changed while it was being deployed') as string,
    });
    expect((await emulator.state()).records).toHaveLength(before);
  });

  it('sends a folder over 100 MB to the legacy endpoint', async () => {
    using tree = tempTree();
    const prepared = await prepare(
      tree.root,
      [
        { path: 'a.bin', bytes: 100 * MIB },
        { path: 'b.bin', bytes: 10 },
      ],
      'pinata-folder',
    );
    const upload = await pinsOf(emulator).upload(orderOf(prepared, { method: 'folder' }));
    expect(upload).toMatchObject({ kind: 'uploaded', cid: prepared.build.root });
    const [post] = await emulator.requests({ method: 'POST', path: '/pinning/' });
    expect(post?.status).toBe(200);
  });

  it('never sends a private folder to the public network, however large', async () => {
    using tree = tempTree();
    const enterprise = await startEmulator({ plan: 'enterprise' });
    try {
      const files = [
        { path: 'a.bin', bytes: 60_000_000 },
        { path: 'b.bin', bytes: 39_999_900 },
      ];
      const prepared = await prepare(tree.root, files, 'pinata-folder');
      const failing = pinsOf(enterprise, { network: 'private' }).upload(orderOf(prepared, { method: 'folder' }));
      await expect(failing).rejects.toThrow('a private folder may have at most 100 MB');
      expect((await enterprise.state()).records).toEqual([]);
    } finally {
      await enterprise.stop();
    }
  });

  it('says which key a large folder needs when the endpoint refuses it', async () => {
    using tree = tempTree();
    const files = [
      { path: 'a.bin', bytes: 100 * MIB },
      { path: 'b.bin', bytes: 1 },
    ];
    const prepared = await prepare(tree.root, files, 'pinata-folder');
    const jwt = await emulator.addKey({ scopes: ['org:files:write'], legacyScopes: [] });
    const failing = pinsOf(emulator, { jwt }).upload(orderOf(prepared, { method: 'folder' }));
    await expect(failing).rejects.toMatchObject({
      kind: 'credentials',
      hint: expect.stringContaining('pinFileToIPFS') as string,
    });
  });

  it('refuses a directory of one file as a folder, which would lose the directory', async () => {
    using tree = tempTree();
    const prepared = await prepare(tree.root, [{ path: 'index.html', bytes: 5 }], 'pinata-folder');
    const failing = pinsOf(emulator).upload(orderOf(prepared, { method: 'folder' }));
    await expect(failing).rejects.toThrow('store the file without its directory');
    expect(await emulator.requests({ host: 'upload' })).toEqual([]);
  });

  it('refuses a name that a folder upload would change', async () => {
    using tree = tempTree();
    const files = [
      { path: 'say "hi".txt', bytes: 5 },
      { path: 'b', bytes: 1 },
    ];
    const prepared = await prepare(tree.root, files, 'pinata-folder');
    await expect(pinsOf(emulator).upload(orderOf(prepared, { method: 'folder' }))).rejects.toThrow(
      'cannot carry the name',
    );
    expect(await emulator.requests({ host: 'upload' })).toEqual([]);
  });

  it('finds a group by its exact name, or makes it once', async () => {
    using tree = tempTree();
    const pins = pinsOf(emulator);
    for (const name of ['web-old', 'web', 'web']) {
      const prepared = await prepare(tree.root, [{ path: 'a', bytes: 50 }], 'unixfs-v1-2025');
      await pins.upload(orderOf(prepared, { group: name }));
    }
    const { groups, records } = await emulator.state();
    expect(groups.map((group) => group.name)).toEqual(['web-old', 'web']);
    const web = groups.find((group) => group.name === 'web');
    expect(records.filter((record) => record.groupId === web?.id)).toHaveLength(2);
  });
});

describe('reading and writing', () => {
  it('lists every page and only the rows of the project', async () => {
    using tree = tempTree();
    const other = projectOf('acme/many');
    const capped = await startEmulator({ listCap: 7 });
    try {
      const pins = pinsOf(capped);
      for (let count = 0; count < 16; count += 1) {
        const prepared = await prepare(tree.root, [{ path: 'a', bytes: 40 }], 'unixfs-v1-2025');
        const owner = count % 2 === 0 ? { [other.key]: other.name } : { [other.key]: 'somebody/else' };
        await pins.upload(orderOf(prepared, { keyvalues: owner }));
      }
      const listed = await pins.listByProject(other);
      expect(listed).toHaveLength(8);
      expect(listed.every((pin) => pin.keyvalues[other.key] === other.name)).toBe(true);
      expect(await pins.listByProject(projectOf('acme/none'))).toEqual([]);
    } finally {
      await capped.stop();
    }
  });

  it('ends when the service repeats a page token', async () => {
    const page = JSON.stringify({ data: { files: [], next_page_token: 'again' } });
    await emulator.fault({
      match: { host: 'api', path: '/v3/files/public' },
      times: 50,
      action: { status: 200, body: page, contentType: 'application/json' },
    });
    expect(await pinsOf(emulator).listByProject(project)).toEqual([]);
    expect(await emulator.requests({ host: 'api', path: '/v3/files/public' })).toHaveLength(2);
  });

  it('passes over rows that are none, and answers that are', async () => {
    const rows = [{ cid: 'bafkqaaa' }, null, { id: '1', cid: null, keyvalues: MARKER }];
    const page = JSON.stringify({ data: { files: rows, next_page_token: null } });
    const action = { status: 200, body: page, contentType: 'application/json' };
    await emulator.fault({ match: { host: 'api', path: '/v3/files/public' }, action });
    expect(await pinsOf(emulator).listByProject(project)).toMatchObject([{ id: '1', cid: undefined }]);
    await emulator.fault({ match: { host: 'api', path: '/v3/files/public' }, action: { ...action, body: '{}' } });
    await expect(pinsOf(emulator).listByProject(project)).rejects.toMatchObject({
      kind: 'network',
      message: 'Pinata answered something unexpected when asked to list the pins.',
    });
  });

  it('reads a row without keyvalues', async () => {
    const page = JSON.stringify({
      data: { files: [{ id: '1', cid: 'bafkqaaa', keyvalues: null }], next_page_token: null },
    });
    await emulator.fault({
      match: { host: 'api', path: '/v3/files/public' },
      action: { status: 200, body: page, contentType: 'application/json' },
    });
    expect(await pinsOf(emulator).listByProject(project)).toEqual([]);
  });

  it('merges keyvalues, takes some away, and knows a pin that is gone', async () => {
    using tree = tempTree();
    const pins = pinsOf(emulator);
    const prepared = await prepare(tree.root, [{ path: 'a', bytes: 60 }], 'unixfs-v1-2025');
    await pins.upload(orderOf(prepared));
    const { id } = await listed(pins, prepared.build.root);
    expect(await pins.update(id, { keyvalues: { 'pd1.x': 'y', 'pd1.z': '1' } })).toBe('done');
    expect(await pins.update(id, { keyvalues: { 'pd1.z': null } })).toBe('done');
    expect((await pins.read(id))?.keyvalues).toEqual({ ...MARKER, 'pd1.x': 'y' });
    expect(await pins.unpin(id, { notAfter: Number.POSITIVE_INFINITY })).toBe('gone');
    expect(await pins.read(id)).toBeUndefined();
    expect(await pins.update(id, { keyvalues: { 'pd1.x': 'y' } })).toBe('gone');
    expect(await pins.unpin(id, { notAfter: Number.POSITIVE_INFINITY })).toBe('gone');
  });

  it('sends nothing once the moment for it has passed', async () => {
    using tree = tempTree();
    const pins = pinsOf(emulator);
    const prepared = await prepare(tree.root, [{ path: 'a', bytes: 61 }], 'unixfs-v1-2025');
    await pins.upload(orderOf(prepared));
    const { id } = await listed(pins, prepared.build.root);
    const past = { notAfter: performance.now() - 1 };
    expect(await pins.update(id, { keyvalues: { late: '1' } }, past)).toBe('late');
    expect(await pins.unpin(id, past)).toBe('late');
    expect((await pins.read(id))?.keyvalues).toEqual(MARKER);
  });

  it.each([
    ['refused', 4_102_444_800],
    ['ignored', 4_102_444_800],
    ['yes', 4_102_444_800],
  ] as const)('ends an expiry where clearing one is answered with "%s"', async (expiryClear, expected) => {
    using tree = tempTree();
    const own = await startEmulator({ expiryClear });
    try {
      const pins = pinsOf(own);
      const prepared = await prepare(tree.root, [{ path: 'a', bytes: 62 }], 'unixfs-v1-2025');
      await pins.upload(orderOf(prepared));
      const { id } = await listed(pins, prepared.build.root);
      const soon = new Date(Date.now() + 3_600_000);
      await pins.update(id, { keyvalues: {}, expiresAt: soon });
      expect((await own.state()).records[0]?.expiresAt).toBe(Math.floor(soon.getTime() / 1000));
      await pins.update(id, { keyvalues: {}, expiresAt: 'never' });
      expect((await own.state()).records[0]?.expiresAt).toBe(expected);
    } finally {
      await own.stop();
    }
  });
});

describe('refusals', () => {
  it.each([['a wrong key', { jwt: 'aaaa.bbbb.cccc' }, 'credentials', 'does not accept the key']] as const)(
    'explains %s',
    async (...[, more, kind, message]) => {
      await expect(pinsOf(emulator, more).listByProject(project)).rejects.toMatchObject({
        kind,
        message: expect.stringContaining(message) as string,
      });
    },
  );

  it('names the permission that a key lacks', async () => {
    using tree = tempTree();
    const prepared = await prepare(tree.root, [{ path: 'a', bytes: 70 }], 'unixfs-v1-2025');
    const jwt = await emulator.addKey({ scopes: ['org:files:read'] });
    await expect(pinsOf(emulator, { jwt }).upload(orderOf(prepared))).rejects.toMatchObject({
      kind: 'credentials',
      hint: expect.stringContaining('"Files: Write"') as string,
    });
  });

  it('tells a plan without CARs apart, stored nothing, for small and large ones', async () => {
    using tree = tempTree();
    const free = await startEmulator({ plan: 'free' });
    try {
      for (const bytes of [100, 17 * MIB]) {
        const prepared = await prepare(tree.root, [{ path: 'a', bytes }], 'unixfs-v1-2025');
        expect(await pinsOf(free).upload(orderOf(prepared))).toMatchObject({ kind: 'refused' });
      }
      expect((await free.state()).records).toEqual([]);
    } finally {
      await free.stop();
    }
  });

  it('says quota when the account is blocked', async () => {
    using tree = tempTree();
    const blocked = await startEmulator({ blocked: true });
    try {
      const prepared = await prepare(tree.root, [{ path: 'a', bytes: 70 }], 'unixfs-v1-2025');
      await expect(pinsOf(blocked).upload(orderOf(prepared))).rejects.toMatchObject({ kind: 'quota' });
    } finally {
      await blocked.stop();
    }
  });
});
