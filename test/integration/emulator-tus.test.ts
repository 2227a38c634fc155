import { randomBytes } from 'node:crypto';
import { CID } from 'multiformats/cid';
import { sha256 } from 'multiformats/hashes/sha2';
import { type HttpResponse, Upload } from 'tus-js-client';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startEmulator } from '../support/emulator.ts';
import { emulatorFor } from '../support/emulator-inside.ts';
import { type PinataAccess, packCar } from '../support/pinata-calls.ts';

interface Sent {
  /** From the answer of the last PATCH; a lost answer leaves it undefined. */
  readonly cid: string | undefined;
  readonly location: string;
}

interface SendOptions {
  readonly metadata?: Readonly<Record<string, string>>;
  readonly chunkSize?: number;
  readonly url?: string;
}

/** Sends bytes with the real client, which resumes by HEAD after any failure. */
function send(to: PinataAccess, bytes: Buffer, options: SendOptions = {}): Promise<Sent> {
  return new Promise((resolve, reject) => {
    let cid: string | undefined;
    const upload = new Upload(bytes, {
      endpoint: options.url ?? `${to.uploadUrl}/v3/files`,
      uploadSize: bytes.byteLength,
      chunkSize: options.chunkSize ?? 300_000,
      retryDelays: [10, 10, 10, 10, 10],
      metadata: { filename: 'file.bin', network: 'public', ...options.metadata },
      ...(options.url === undefined ? { headers: { Authorization: `Bearer ${to.jwt}` } } : {}),
      onAfterResponse: (_request: unknown, response: HttpResponse) => {
        cid = response.getHeader('upload-cid') ?? cid;
      },
      onError: reject,
      onSuccess: () => {
        resolve({ cid, location: upload.url ?? '' });
      },
    });
    upload.start();
  });
}

async function rawCid(bytes: Uint8Array): Promise<string> {
  return CID.createV1(0x55, await sha256.digest(bytes)).toString();
}

function patch(to: PinataAccess, location: string, part: { offset: number; bytes: Buffer }): Promise<Response> {
  const headers = {
    Authorization: `Bearer ${to.jwt}`,
    'Content-Type': 'application/offset+octet-stream',
    'Upload-Offset': String(part.offset),
  };
  return fetch(location, { method: 'PATCH', headers, body: new Uint8Array(part.bytes) });
}

/** Starts an upload as Pinata's own client does: no Tus-Resumable header. */
function create(to: PinataAccess, length: number, metadata: Readonly<Record<string, string>>): Promise<Response> {
  const pairs = Object.entries(metadata).map(([key, value]) => `${key} ${Buffer.from(value).toString('base64')}`);
  const headers = {
    Authorization: `Bearer ${to.jwt}`,
    'Upload-Length': String(length),
    'Upload-Metadata': pairs.join(','),
  };
  return fetch(`${to.uploadUrl}/v3/files`, { method: 'POST', headers });
}

describe('a resumable upload', () => {
  it('becomes a record with the metadata of its start, and the last answer tells the CID', async () => {
    const pinata = await emulatorFor({});
    const bytes = randomBytes(200_000);
    const metadata = { filename: 'größe.bin', filetype: 'image/png', keyvalues: '{"a":"ü"}' };
    const { cid, location } = await send(pinata, bytes, { metadata, chunkSize: 70_000 });
    expect(cid).toBe(await rawCid(bytes));
    expect(location).toMatch(new RegExp(`^${pinata.uploadUrl}/v3/files/[0-9a-f-]{36}/gr%C3%B6%C3%9Fe.bin$`));
    expect((await pinata.state()).records).toMatchObject([
      { cid, name: 'größe.bin', mimeType: 'image/png', size: 200_000, keyvalues: { a: 'ü' } },
    ]);
    expect(await pinata.requests({ method: 'PATCH' })).toMatchObject([
      { requestBytes: 70_000, status: 204 },
      { requestBytes: 70_000, status: 204 },
      { requestBytes: 60_000, status: 204 },
    ]);
  });

  it('brings a CAR, whose root is the CID', async () => {
    const pinata = await emulatorFor({});
    const { root, bytes } = await packCar([new File([randomBytes(900_000)], 'a/b.bin'), new File(['x'], 'index.html')]);
    expect((await send(pinata, Buffer.from(bytes), { metadata: { car: 'true' } })).cid).toBe(root);
    expect((await pinata.state()).records).toMatchObject([{ cid: root, numberOfFiles: 2, mimeType: 'directory' }]);
  });

  it('refuses a broken CAR with the last byte, and what the plan forbids with the first request', async () => {
    const pinata = await emulatorFor({});
    await expect(send(pinata, randomBytes(1000), { metadata: { car: 'true' } })).rejects.toThrow('response code: 400');
    const free = await emulatorFor({ plan: 'free' });
    const refused = await create(free, 1000, { filename: 'site.car', network: 'public', car: 'true' });
    expect([refused.status, await refused.json()]).toMatchObject([
      403,
      { error: { message: 'CAR uploads require a paid plan' } },
    ]);
  });

  it('goes on only at the offset that was reached', async () => {
    const pinata = await emulatorFor({});
    const bytes = randomBytes(4_000_000);
    const started = await create(pinata, bytes.byteLength, { filename: 'f', network: 'public' });
    const location = started.headers.get('location') ?? '';
    expect(started.status).toBe(201);
    expect((await patch(pinata, location, { offset: 0, bytes: bytes.subarray(0, 1000) })).status).toBe(204);
    expect((await patch(pinata, location, { offset: 0, bytes })).status).toBe(409);
    expect((await patch(pinata, location, { offset: 1001, bytes: bytes.subarray(1001) })).status).toBe(409);
    const last = await patch(pinata, location, { offset: 1000, bytes: bytes.subarray(1000) });
    expect(last.headers.get('upload-cid')).toMatch(/^bafybei/);
    const head = await fetch(location, { method: 'HEAD', headers: { Authorization: `Bearer ${pinata.jwt}` } });
    expect([head.status, head.headers.get('upload-offset')]).toEqual([200, '4000000']);
  });

  it('answers 404 for an upload nobody started, 413 for one too large', async () => {
    const pinata = await emulatorFor({});
    const unknown = `${pinata.uploadUrl}/v3/files/01900000-0000-7000-8000-000000000000/x`;
    expect((await patch(pinata, unknown, { offset: 0, bytes: randomBytes(5) })).status).toBe(404);
    expect((await create(pinata, 25_000_000_001, { filename: 'f', network: 'public' })).status).toBe(413);
  });

  it('wants the Tus-Resumable header only when told to', async () => {
    const strict = await emulatorFor({ requireTusResumable: true });
    expect((await create(strict, 10, { filename: 'f', network: 'public' })).status).toBe(412);
    expect((await send(strict, randomBytes(10))).cid).toMatch(/^bafkrei/);
  });

  it('works through a presigned URL, which is then used up', async () => {
    const pinata = await emulatorFor({});
    const signed = await fetch(`${pinata.uploadUrl}/v3/files/sign`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${pinata.jwt}` },
      body: JSON.stringify({ network: 'public', expires: 60, filename: 'signed.bin', keyvalues: { by: 'signature' } }),
    });
    const { data: url } = (await signed.json()) as { data: string };
    const bytes = randomBytes(100_000);
    const { cid } = await send(pinata, bytes, { url, metadata: { filename: 'other.bin' }, chunkSize: 60_000 });
    expect(cid).toBe(await rawCid(bytes));
    expect((await pinata.state()).records).toMatchObject([{ name: 'signed.bin', keyvalues: { by: 'signature' } }]);
    await expect(send(pinata, bytes, { url })).rejects.toThrow('response code: 409');
  });
});

describe('trouble on the way', () => {
  const bytes = randomBytes(250_000);

  it('is survived when every other PATCH says 500', async () => {
    const pinata = await emulatorFor({ tus500EveryN: 2 });
    expect((await send(pinata, bytes, { chunkSize: 50_000 })).cid).toBe(await rawCid(bytes));
    const statuses = (await pinata.requests({ method: 'PATCH' })).map(({ status }) => status);
    expect(statuses).toEqual([204, 500, 204, 500, 204, 500, 204, 500, 204]);
  });

  it('is survived when the 500 drops what was there: HEAD says 0 and all is sent again', async () => {
    const pinata = await emulatorFor({ tus500EveryN: 4, tusDropPartialOn500: true });
    expect((await send(pinata, bytes, { chunkSize: 100_000 })).cid).toBe(await rawCid(bytes));
    await pinata.clearRequests();
    const other = randomBytes(250_000);
    expect((await send(pinata, other, { chunkSize: 100_000 })).cid).toBe(await rawCid(other));
    const offsets = (await pinata.requests({ method: 'PATCH' })).map(({ headers }) => headers['upload-offset']);
    expect(offsets).toEqual(['0', '0', '100000', '200000']);
  });

  it('is survived when answers are lost after the bytes were applied, also the last', async () => {
    const pinata = await emulatorFor({ tusLoseResponse: 3 });
    const { cid } = await send(pinata, bytes, { chunkSize: 100_000 });
    const patches = await pinata.requests({ method: 'PATCH' });
    expect(patches.map(({ status, headers }) => [status, headers['upload-offset']])).toEqual([
      [0, '0'],
      [0, '100000'],
      [0, '200000'],
    ]);
    expect(cid).toBeUndefined();
    expect((await pinata.state()).records).toMatchObject([{ cid: await rawCid(bytes), size: 250_000 }]);
  });

  it('leaves one record when the same last PATCH is sent again', async () => {
    const pinata = await emulatorFor({ tusLoseResponse: 1, duplicates: 'new-record' });
    const { headers } = await create(pinata, 1000, { filename: 'f', network: 'public' });
    const location = headers.get('location') ?? '';
    const part = { offset: 0, bytes: bytes.subarray(0, 1000) };
    await expect(patch(pinata, location, part)).rejects.toThrow();
    expect((await patch(pinata, location, part)).status).toBe(409);
    const empty = await patch(pinata, location, { offset: 1000, bytes: Buffer.alloc(0) });
    expect(empty.headers.get('upload-cid')).toBe(await rawCid(part.bytes));
    expect((await pinata.state()).records).toHaveLength(1);
  });

  it('is survived when the emulator is killed in the middle: the partial upload is still there', async () => {
    const pinata = await startEmulator();
    onTestFinished(async () => void (await pinata.stop()));
    const { headers } = await create(pinata, bytes.byteLength, { filename: 'f', network: 'public' });
    const location = headers.get('location') ?? '';
    await patch(pinata, location, { offset: 0, bytes: bytes.subarray(0, 100_000) });
    await pinata.restart({ signal: 'SIGKILL' });
    const head = await fetch(location, { method: 'HEAD', headers: { Authorization: `Bearer ${pinata.jwt}` } });
    expect(head.headers.get('upload-offset')).toBe('100000');
    const last = await patch(pinata, location, { offset: 100_000, bytes: bytes.subarray(100_000) });
    expect(last.headers.get('upload-cid')).toBe(await rawCid(bytes));
  });

  it('keeps what arrived when the connection breaks inside a PATCH', async () => {
    const pinata = await emulatorFor({});
    const { headers } = await create(pinata, 4_000_000, { filename: 'f', network: 'public' });
    const location = headers.get('location') ?? '';
    const abort = new AbortController();
    const half = new ReadableStream({
      start: (controller) => controller.enqueue(randomBytes(2_000_000)),
    });
    const broken = fetch(location, {
      method: 'PATCH',
      headers: {
        Authorization: `Bearer ${pinata.jwt}`,
        'Content-Type': 'application/offset+octet-stream',
        'Upload-Offset': '0',
      },
      body: half,
      duplex: 'half',
      signal: abort.signal,
    });
    const failed = expect(broken).rejects.toThrow();
    setTimeout(() => abort.abort(), 200);
    await failed;
    const head = await fetch(location, { method: 'HEAD', headers: { Authorization: `Bearer ${pinata.jwt}` } });
    expect(Number(head.headers.get('upload-offset'))).toBeGreaterThan(0);
  });
});
