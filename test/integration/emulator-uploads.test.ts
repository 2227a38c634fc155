import { randomBytes } from 'node:crypto';
import { createDirectoryEncoderStream } from 'ipfs-car';
import { CID } from 'multiformats/cid';
import { sha256 } from 'multiformats/hashes/sha2';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEmulator, type TestEmulator } from '../support/emulator.ts';
import { emulatorFor } from '../support/emulator-inside.ts';
import { type PinataAccess, packCar, repackCar, upload } from '../support/pinata-calls.ts';

let pinata: TestEmulator;

beforeAll(async () => {
  pinata = await startEmulator();
});

afterAll(() => pinata.stop());

async function rawCid(bytes: Uint8Array): Promise<string> {
  return CID.createV1(0x55, await sha256.digest(bytes)).toString();
}

describe('one file', () => {
  it('gets the raw CID of its bytes, its own name and its type', async () => {
    const bytes = randomBytes(1000);
    const { status, row } = await upload(pinata, {
      files: [new File([bytes], 'note.txt', { type: 'text/plain' })],
      fields: { network: 'public', keyvalues: '{"app":"docs"}' },
    });
    expect(status).toBe(200);
    expect(row).toMatchObject({
      cid: await rawCid(bytes),
      name: 'note.txt',
      size: 1000,
      number_of_files: 1,
      mime_type: 'text/plain',
      keyvalues: { app: 'docs' },
      network: 'public',
    });
  });

  it('gets the CIDv0 that every IPFS node gives these bytes when asked for v0', async () => {
    const { row } = await upload(pinata, {
      files: [new File(['hello world\n'], 'hello.txt')],
      fields: { network: 'public', cid_version: 'v0' },
    });
    expect(row?.cid).toBe('QmT78zSuBmuS4z925WZfrqQ1qHaJ56DQaTfyMUF7F8ff5o');
  });

  it('is private unless said otherwise, and private needs the plan for it', async () => {
    const { status, message } = await upload(pinata, { files: [new File(['x'], 'x')], fields: {} });
    expect([status, message]).toEqual([403, 'Private files require an Enterprise plan']);
  });

  it.each([
    ['keyvalues', '{"n":1}'],
    ['keyvalues', 'not json'],
    ['keyvalues', JSON.stringify(Object.fromEntries(Array.from({ length: 11 }, (_, i) => [`k${i}`, 'v'])))],
    ['cid_version', 'v2'],
    ['expires_at', '1000'],
    ['group_id', 'nobody'],
  ])('is refused with %s %s', async (field, value) => {
    const fields = { network: 'public', [field]: value };
    expect((await upload(pinata, { files: [new File(['x'], 'x')], fields })).status).toBe(400);
  });
});

describe('a folder', () => {
  it('gets the CID that another implementation computes, also when it is sharded by its sub-directories', async () => {
    // More than 1,000 entries and, with these names, more than 256 KiB: both rules shard.
    const files = Array.from({ length: 1001 }, (_, i) => new File([`page ${i}`], `${i}-${'ü'.repeat(120)}/index.html`));
    let expected = '';
    const encoded = createDirectoryEncoderStream(files);
    for await (const block of encoded as unknown as AsyncIterable<{ cid: CID }>) expected = block.cid.toString();
    const { row } = await upload(pinata, {
      files: files.map((file) => new File([file], `site/${file.name}`)),
      fields: { network: 'public', cid_version: 'unixfs-v1-2025' },
    });
    expect(row).toMatchObject({ cid: expected, name: 'site', number_of_files: 1001, mime_type: 'directory' });
  });

  it('drops the common first segment, or keeps it when the knob says so', async () => {
    const keeping = await emulatorFor({ folderPrefix: 'keep' });
    const inner = [new File(['a'], 'site/a.txt'), new File(['b'], 'site/b/c.txt')];
    const outer = inner.map((file) => new File([file], `wrap/${file.name}`));
    const stripped = await upload(pinata, { files: outer, fields: { network: 'public' } });
    const kept = await upload(keeping, { files: inner, fields: { network: 'public' } });
    expect(kept.row?.cid).toBe(stripped.row?.cid);
  });

  it.each([
    ['two first segments', ['a/x', 'b/y']],
    ['no folder', ['x', 'y']],
    ['a dot', ['./x', './y']],
    ['a way out', ['site/../x', 'site/y']],
  ])('is refused with %s', async (_why, names) => {
    const files = names.map((name) => new File(['x'], name));
    const { status, message } = await upload(pinata, { files, fields: { network: 'public' } });
    expect([status, message]).toEqual([400, 'More than one file and/or directory was provided for pinning.']);
  });
});

describe('a CAR', () => {
  const fields = { network: 'public', car: 'true' };

  it('keeps its root and counts its files', async () => {
    const { root, bytes } = await packCar([new File(['<p>'], 'index.html'), new File([randomBytes(3_000_000)], 'a/b')]);
    const { row } = await upload(pinata, { files: [new File([bytes], 'site.car')], fields });
    expect(row).toMatchObject({ cid: root, size: 3_000_003, number_of_files: 2, mime_type: 'directory' });
  });

  it('may repeat blocks', async () => {
    const { root, bytes } = await repackCar({ repeat: true });
    const { row } = await upload(pinata, { files: [new File([bytes], 'twice.car')], fields });
    expect(row?.cid).toBe(root);
  });

  it('is refused when a byte is wrong, a block is missing, it ends early, or has two roots', async () => {
    const broken = {
      flipped: /does not have the bytes its CID says/,
      withoutLast: /is missing below its root/,
      cutShort: /Invalid CAR/,
      twoRoots: /it has 2 roots/,
    };
    for (const [defect, message] of Object.entries(broken)) {
      const { bytes } = await repackCar({ [defect]: true });
      const answer = await upload(pinata, { files: [new File([bytes], 'bad.car')], fields });
      expect([defect, answer.status]).toEqual([defect, 400]);
      expect(answer.message).toMatch(message);
    }
  });

  it('is refused on the free plan', async () => {
    const free = await emulatorFor({ plan: 'free' });
    const { bytes } = await packCar([new File(['x'], 'x.txt')]);
    const { status, message } = await upload(free, { files: [new File([bytes], 'site.car')], fields });
    expect([status, message]).toEqual([403, 'CAR uploads require a paid plan']);
    expect((await free.state()).records).toEqual([]);
  });

  const list = async (from: PinataAccess, query: string): Promise<unknown> =>
    (await fetch(`${from.apiUrl}/v3/files/public${query}`, bearer(from))).json();

  it('is pending until the delay is over', async () => {
    const slow = await emulatorFor({ carDelayMs: 60_000 });
    const { bytes } = await packCar([new File(['x'], 'x.txt')]);
    const { row } = await upload(slow, { files: [new File([bytes], 'site.car')], fields });
    expect(await list(slow, '')).toMatchObject({ data: { files: [] } });
    expect(await list(slow, '?cidPending=true')).toMatchObject({ data: { files: [{ id: row?.id, cid: 'pending' }] } });
    await slow.clock({ advanceMs: 60_000 });
    expect(await list(slow, '')).toMatchObject({ data: { files: [{ id: row?.id, cid: row?.cid }] } });
    expect(await list(slow, '?cidPending=true')).toMatchObject({ data: { files: [] } });
  });

  it('never shows a record when its import fails, and a second try is a new one', async () => {
    const failing = await emulatorFor({ carImportFails: true });
    const { bytes } = await packCar([new File(['x'], 'x.txt')]);
    const first = await upload(failing, { files: [new File([bytes], 'site.car')], fields });
    expect(first.status).toBe(200);
    await failing.clock({ advanceMs: 3_600_000 });
    expect(await list(failing, '')).toMatchObject({ data: { files: [] } });
    const second = await upload(failing, { files: [new File([bytes], 'site.car')], fields });
    expect(second.row?.id).not.toBe(first.row?.id);
    expect(second.row?.is_duplicate).toBeUndefined();
  });
});

function bearer({ jwt }: PinataAccess): RequestInit {
  return { headers: { Authorization: `Bearer ${jwt}` } };
}

describe('the same content twice', () => {
  const first = { files: [new File(['same'], 'one')], fields: { network: 'public', keyvalues: '{"a":"1","b":"1"}' } };
  const second = { files: [new File(['same'], 'two')], fields: { network: 'public', keyvalues: '{"b":"2","c":"2"}' } };

  it.each([
    ['keep', 'one', { a: '1', b: '1' }],
    ['merge', 'one', { a: '1', b: '2', c: '2' }],
    ['replace', 'two', { b: '2', c: '2' }],
  ] as const)('answers the first record again: %s', async (duplicates, name, keyvalues) => {
    const emulator = await emulatorFor({ duplicates });
    const { row: before } = await upload(emulator, first);
    const { row: after } = await upload(emulator, second);
    expect(before?.is_duplicate).toBeUndefined();
    expect(after).toMatchObject({ id: before?.id, is_duplicate: true, name, keyvalues });
  });

  it('makes a second record when the knob says so', async () => {
    const emulator = await emulatorFor({ duplicates: 'new-record' });
    const { row: before } = await upload(emulator, first);
    const { row: after } = await upload(emulator, second);
    expect(after?.id).not.toBe(before?.id);
    expect((await emulator.state()).records.map(({ cid }) => cid)).toEqual([before?.cid, before?.cid]);
  });
});

it('refuses a body above the multipart limit, announced or not', async () => {
  const small = await emulatorFor({ multipartLimit: 10_000 });
  const files = [new File([randomBytes(20_000)], 'big.bin')];
  expect((await upload(small, { files, fields: { network: 'public' } })).status).toBe(413);
  const boundary = 'frontier';
  const head = `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="big.bin"\r\n\r\n`;
  const chunked = await fetch(`${small.uploadUrl}/v3/files`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${small.jwt}`, 'Content-Type': `multipart/form-data; boundary=${boundary}` },
    body: new Blob([head, randomBytes(20_000), `\r\n--${boundary}--\r\n`]).stream(),
    duplex: 'half',
  });
  expect(chunked.status).toBe(413);
  expect((await small.state()).records).toEqual([]);
});
