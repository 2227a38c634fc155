import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { deployInputs, pinsOf, uploadsTo, withoutTimes, writesTo } from '../support/deploy-inputs.ts';
import { startEmulator, type TestEmulator } from '../support/emulator.ts';
import { oracleCid, projectKey, readTree } from '../support/oracle-cid.ts';
import { type DistRun, runDist } from '../support/run-dist.ts';
import { seededBytes } from '../support/seeded.ts';
import { tempTree } from '../support/temp-tree.ts';

/** A site whose CID differs between the profiles: one file is longer than 256 KiB. */
function siteOfTwoCids(title: string): ReturnType<typeof tempTree> {
  const site = tempTree({ 'index.html': title, 'a/b c.txt': 'x' });
  writeFileSync(join(site.root, 'large.bin'), seededBytes(700_000, 5));
  return site;
}

async function deploy(
  emulator: TestEmulator,
  path: string,
  more: Readonly<Record<string, string>> = {},
): Promise<DistRun> {
  const run = await runDist({ inputs: deployInputs(emulator, path, more) });
  expect(run.exitCode, run.log).toBe(0);
  return run;
}

describe('a folder upload', () => {
  let emulator: TestEmulator;
  beforeAll(async () => {
    emulator = await startEmulator();
  });
  afterAll(async () => void (await emulator.stop()));
  beforeEach(() => emulator.clearRequests());

  it('gets the CID of pinata-folder, its tags, and is found again', async () => {
    using site = siteOfTwoCids('folder');
    const inputs = { 'upload-method': 'folder', project: 'acme/folder' };
    const run = await deploy(emulator, site.root, inputs);
    const cid = await oracleCid(readTree(site.root), 'pinata-folder');
    expect(run.outputs).toMatchObject({ result: 'deployed', cid, 'file-count': '3', tags: 'production' });
    expect(run.warnings).toEqual([]);
    const key = projectKey('acme/folder');
    const [pin] = await pinsOf(emulator, cid);
    expect(withoutTimes(pin?.keyvalues)).toEqual({
      [key]: 'acme/folder',
      [`${key}.production`]: 'TIME 1234567',
    });
    expect(pin?.name).toBe('acme/folder@1234567');
    await emulator.clearRequests();
    const again = await deploy(emulator, site.root, inputs);
    expect(again.outputs).toMatchObject({ result: 'unchanged', 'uploaded-bytes': '0' });
    expect(await uploadsTo(emulator)).toEqual([]);
  });

  it('carries unicode names and goes into a group', async () => {
    using site = tempTree({ 'δέντρο/🌳 1.txt': 'tree', 'grüße.html': 'hello' });
    const run = await deploy(emulator, site.root, { 'upload-method': 'folder', group: 'folders' });
    const cid = await oracleCid(readTree(site.root), 'pinata-folder');
    expect(run.outputs.cid).toBe(cid);
    const { groups } = await emulator.state();
    expect((await pinsOf(emulator, cid))[0]?.groupId).toBe(groups.find(({ name }) => name === 'folders')?.id);
  });

  it('of a single file is that file', async () => {
    using site = tempTree({ 'one.txt': 'alone' });
    const run = await deploy(emulator, join(site.root, 'one.txt'), { 'upload-method': 'folder' });
    expect(run.outputs).toMatchObject({
      result: 'deployed',
      cid: await oracleCid(Buffer.from('alone'), 'pinata-folder'),
    });
  });

  it('of a directory with one file is refused in words, because Pinata would drop the directory', async () => {
    using site = tempTree({ 'index.html': 'lonely' });
    const run = await runDist({ inputs: deployInputs(emulator, site.root, { 'upload-method': 'folder' }) });
    expect(run.exitCode).toBe(1);
    expect(run.errors[0]).toMatch(/one file|single file/);
    expect(await uploadsTo(emulator)).toEqual([]);
  });

  it('cannot have another CID profile', async () => {
    using site = tempTree({ 'index.html': 'a', 'b.html': 'b' });
    const inputs = deployInputs(emulator, site.root, { 'upload-method': 'folder', 'cid-profile': 'unixfs-v0-2015' });
    const run = await runDist({ inputs });
    expect(run.exitCode).toBe(1);
    expect(run.errors[0]).toMatch(/unixfs-v0-2015[\s\S]*pinata-folder/);
    expect(await writesTo(emulator)).toEqual([]);
  });
});

describe('an account whose plan does not import CARs', () => {
  let emulator: TestEmulator;
  beforeAll(async () => {
    emulator = await startEmulator({ plan: 'free' });
  });
  afterAll(async () => void (await emulator.stop()));
  beforeEach(() => emulator.clearRequests());

  it('gets a folder instead, with one warning that names both CIDs', async () => {
    using site = siteOfTwoCids('free');
    const inputs = { project: 'acme/free' };
    const run = await deploy(emulator, site.root, inputs);
    const cid = await oracleCid(readTree(site.root), 'pinata-folder');
    expect(run.outputs).toMatchObject({ result: 'deployed', cid, tags: 'production', verified: 'gateway' });
    expect(run.warnings).toHaveLength(1);
    expect(run.warnings[0]).toContain(cid);
    expect(run.warnings[0]).toContain(await oracleCid(readTree(site.root)));
    expect(run.warnings[0]).toContain('upload-method: folder');
    expect((await pinsOf(emulator, cid))[0]?.keyvalues).toHaveProperty([`${projectKey('acme/free')}.production`]);
    await emulator.clearRequests();
    const again = await deploy(emulator, site.root, inputs);
    expect(again.outputs).toMatchObject({ result: 'unchanged', cid, 'uploaded-bytes': '0' });
    expect(await uploadsTo(emulator)).toEqual([]);
  });

  it('gets the same CID where the rules agree', async () => {
    using site = tempTree({ 'index.html': 'small', 'b.html': 'b' });
    const run = await deploy(emulator, site.root);
    expect(run.outputs).toMatchObject({ result: 'deployed', cid: await oracleCid(readTree(site.root)) });
    expect(run.warnings).toEqual([expect.stringContaining('same CID')]);
  });

  it('gets a folder through resumable uploads too', async () => {
    using site = tempTree({ 'index.html': 'large' });
    writeFileSync(join(site.root, 'large.bin'), seededBytes(20_000_000, 6));
    const run = await deploy(emulator, site.root);
    const cid = await oracleCid(readTree(site.root), 'pinata-folder');
    expect(run.outputs).toMatchObject({ result: 'deployed', cid });
    // The refusal comes before the bytes: they are sent once.
    expect(Number(run.outputs['uploaded-bytes'])).toBeLessThan(20_100_000);
  });

  it('fails with advice when it must be a CAR', async () => {
    using site = tempTree({ 'index.html': 'must be a CAR' });
    const run = await runDist({ inputs: deployInputs(emulator, site.root, { 'upload-method': 'car' }) });
    expect(run.exitCode).toBe(1);
    expect(run.outputs.result).toBe('failed');
    expect(run.errors).toHaveLength(1);
    expect(run.errors[0]).toMatch(/plan does not import CARs[\s\S]*paid[\s\S]*upload-method: folder/);
    expect((await emulator.state()).records.filter(({ name }) => name.includes('must'))).toEqual([]);
  });
});

describe('the service meets a CID that it has already and', () => {
  it.each(['keep', 'merge', 'replace', 'new-record'] as const)('chooses to %s: no tag is lost', async (duplicates) => {
    const emulator = await startEmulator({ duplicates });
    try {
      using site = siteOfTwoCids(`duplicates ${duplicates}`);
      const first = await deploy(emulator, site.root, { project: 'acme/one', tags: 'production' });
      const second = await deploy(emulator, site.root, { project: 'acme/one', tags: 'next', 'reuse-pinned': 'false' });
      const third = await deploy(emulator, site.root, { project: 'acme/two', tags: 'docs', 'reuse-pinned': 'false' });
      expect([second.outputs.cid, third.outputs.cid]).toEqual([first.outputs.cid, first.outputs.cid]);
      const pins = await pinsOf(emulator, first.outputs.cid);
      const keys = new Set(pins.flatMap((pin) => Object.keys(pin.keyvalues)));
      const [one, two] = [projectKey('acme/one'), projectKey('acme/two')];
      expect([...keys]).toEqual(expect.arrayContaining([one, `${one}.production`, `${one}.next`, two, `${two}.docs`]));
      if (duplicates !== 'new-record') expect(keys).not.toContain('pd1.adopted');
    } finally {
      await emulator.stop();
    }
  });

  it('makes a new record, which this upload made and nobody has to adopt', async () => {
    const emulator = await startEmulator({ duplicates: 'new-record' });
    try {
      using site = siteOfTwoCids('two records');
      const first = await deploy(emulator, site.root);
      const second = await deploy(emulator, site.root, { 'reuse-pinned': 'false' });
      expect(second.outputs['pin-id']).not.toBe(first.outputs['pin-id']);
      const pins = await pinsOf(emulator, first.outputs.cid);
      expect(pins).toHaveLength(2);
      for (const { keyvalues } of pins) expect(keyvalues).not.toHaveProperty(['pd1.adopted']);
    } finally {
      await emulator.stop();
    }
  });

  it('shows new pins late: the deploy waits, and the next one finds it', async () => {
    const emulator = await startEmulator({ listLagMs: 1500 });
    try {
      using site = tempTree({ 'index.html': 'late' });
      const first = await deploy(emulator, site.root);
      expect(first.outputs).toMatchObject({ result: 'deployed', cid: await oracleCid(readTree(site.root)) });
      const second = await deploy(emulator, site.root);
      expect(second.outputs).toMatchObject({ result: 'unchanged', 'uploaded-bytes': '0' });
      expect((await emulator.state()).records).toHaveLength(1);
    } finally {
      await emulator.stop();
    }
  });
});

it('deploys to the private network of an Enterprise account as a folder', async () => {
  const emulator = await startEmulator({ plan: 'enterprise' });
  try {
    using site = tempTree({ 'index.html': 'private', 'b.html': 'b' });
    const run = await deploy(emulator, site.root, { network: 'private', verify: 'pin' });
    const cid = await oracleCid(readTree(site.root), 'pinata-folder');
    expect(run.outputs).toMatchObject({ result: 'deployed', cid, verified: 'pin' });
    expect((await pinsOf(emulator, cid)).map(({ network }) => network)).toEqual(['private']);
  } finally {
    await emulator.stop();
  }
});
