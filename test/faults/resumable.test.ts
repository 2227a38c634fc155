import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { LoggedRequest } from '../../emulator/request-log.ts';
import { deployInputs, pinsOf, withoutTimes } from '../support/deploy-inputs.ts';
import { startEmulator, type TestEmulator } from '../support/emulator.ts';
import { oracleCid, projectKey, readTree } from '../support/oracle-cid.ts';
import { type BreakingProxy, startProxy } from '../support/proxy.ts';
import { type DistRun, runDist } from '../support/run-dist.ts';
import { seededBytes, seededNumbers } from '../support/seeded.ts';
import { tempTree } from '../support/temp-tree.ts';

const MIB = 1_048_576;
const CHUNK_BYTES = 32 * MIB;

/** A site whose CAR is a little longer than `bytes`. */
function largeSite(bytes: number, seed: number): ReturnType<typeof tempTree> {
  const site = tempTree({ 'index.html': `large ${seed}` });
  writeFileSync(join(site.root, 'large.bin'), seededBytes(bytes, seed));
  return site;
}

async function deploy(emulator: TestEmulator, path: string, more: Record<string, string> = {}): Promise<DistRun> {
  const run = await runDist({ inputs: deployInputs(emulator, path, more) });
  expect(run.exitCode, run.log).toBe(0);
  return run;
}

/** The bytes that reached the emulator in chunks, and where each chunk began. */
async function chunksOf(emulator: TestEmulator): Promise<{ bytes: number; offsets: readonly number[] }> {
  const patches = await emulator.requests({ host: 'upload', method: 'PATCH' });
  return {
    bytes: patches.reduce((sum: number, patch: LoggedRequest) => sum + patch.requestBytes, 0),
    offsets: patches.map((patch) => Number(patch.headers['upload-offset'])),
  };
}

async function expectDeployed(
  emulator: TestEmulator,
  run: DistRun,
  site: { root: string; project: string },
): Promise<void> {
  const cid = await oracleCid(readTree(site.root));
  expect(run.outputs).toMatchObject({ result: 'deployed', cid, verified: 'gateway' });
  const pins = await pinsOf(emulator, cid);
  const key = projectKey(site.project);
  expect(pins.map(({ keyvalues }) => withoutTimes(keyvalues))).toEqual([
    { [key]: site.project, [`${key}.production`]: 'TIME 1234567' },
  ]);
}

describe('a resumable upload through a network that breaks', () => {
  let emulator: TestEmulator;
  let proxy: BreakingProxy;
  beforeAll(async () => {
    emulator = await startEmulator();
    proxy = await startProxy(emulator.uploadUrl);
  });
  afterAll(async () => {
    await proxy.close();
    await emulator.stop();
  });
  beforeEach(() => emulator.clearRequests());

  it('sends only the missing bytes again after three resets at any offset', async () => {
    using site = largeSite(56_000_000, 21);
    const random = seededNumbers(2026);
    const resets = Array.from({ length: 3 }, () => random() % 56_000_000);
    proxy.resetAt(resets);
    const inputs = { 'pinata-upload-url': proxy.url, project: 'acme/resets' };
    const run = await deploy(emulator, site.root, inputs);
    await expectDeployed(emulator, run, { root: site.root, project: 'acme/resets' });
    expect(proxy.connections().filter(({ end }) => end === 'reset')).toHaveLength(3);

    const carBytes = await carBytesOf(emulator, site.root);
    const { bytes, offsets } = await chunksOf(emulator);
    expect(offsets).toEqual(offsets.toSorted((a, b) => a - b));
    // The service gets a few bytes twice: those that it had received and not yet stored when the connection broke.
    expect(bytes).toBeGreaterThanOrEqual(carBytes);
    expect(bytes).toBeLessThan(carBytes + 3 * MIB);
    // The bundle also counts what was on its way: at most what the buffers of a connection hold.
    expect(Number(run.outputs['uploaded-bytes'])).toBeGreaterThanOrEqual(carBytes);
    expect(Number(run.outputs['uploaded-bytes'])).toBeLessThan(carBytes + 3 * 12 * MIB);
  });

  it('survives a connection that is refused, and one whose answer is cut off', async () => {
    using site = largeSite(18_000_000, 22);
    proxy.plan({ kind: 'refuse' });
    proxy.plan({ kind: 'reset', direction: 'down', afterBytes: 40 });
    const inputs = { 'pinata-upload-url': proxy.url, project: 'acme/refused' };
    const run = await deploy(emulator, site.root, inputs);
    await expectDeployed(emulator, run, { root: site.root, project: 'acme/refused' });
  });

  it('ends at its timeout when nothing moves any more, and says so', async () => {
    using site = largeSite(18_000_000, 23);
    const planned = { kind: 'stall', direction: 'up', afterBytes: 5_000_000 } as const;
    proxy.plan(planned);
    const inputs = deployInputs(emulator, site.root, { 'pinata-upload-url': proxy.url, timeout: '2s' });
    const run = await runDist({ inputs });
    expect(run.exitCode).toBe(1);
    expect(run.errors[0]).toMatch(/^The transfer took longer than timeout \(2\.0 s\)\./);
    expect(run.ms).toBeLessThan(6000);
    expect(await pinsOf(emulator, await oracleCid(readTree(site.root)))).toEqual([]);
  });

  it.each([
    ['with', { 'retry-after': '1' }],
    ['without', {}],
  ])('waits when a chunk meets 429 %s Retry-After', async (title, headers) => {
    using site = largeSite(18_000_000, title.length);
    await emulator.fault({ match: { host: 'upload', method: 'PATCH' }, action: { status: 429, headers } });
    await emulator.fault({ match: { host: 'upload', method: 'POST' }, action: { status: 429, headers } });
    const run = await deploy(emulator, site.root, { project: 'acme/limited' });
    expect(run.outputs).toMatchObject({ result: 'deployed', cid: await oracleCid(readTree(site.root)) });
    expect(run.ms).toBeGreaterThan(1500);
    expect(run.annotations).toEqual([]);
  });
});

describe('a resumable upload to a service that breaks', () => {
  it('sends nothing twice when the answers to its chunks get lost', async () => {
    const emulator = await startEmulator({ tusLoseResponse: 2 });
    try {
      using site = largeSite(48_000_000, 24);
      const run = await deploy(emulator, site.root, { project: 'acme/answers' });
      await expectDeployed(emulator, run, { root: site.root, project: 'acme/answers' });
      expect(await chunksOf(emulator)).toEqual({
        bytes: await carBytesOf(emulator, site.root),
        offsets: [0, CHUNK_BYTES],
      });
    } finally {
      await emulator.stop();
    }
  });

  it('starts again when the service lost what it had', async () => {
    const emulator = await startEmulator({
      tus500EveryN: 4,
      tusDropPartialOn500: true,
    });
    try {
      using first = largeSite(40_000_000, 25);
      const before = await deploy(emulator, first.root, { project: 'acme/dropped' });
      await emulator.clearRequests();
      using site = largeSite(70_000_000, 26);
      const run = await deploy(emulator, site.root, { project: 'acme/dropped' });
      await expectDeployed(emulator, run, { root: site.root, project: 'acme/dropped' });
      expect(run.outputs['previous-cid']).toBe(before.outputs.cid);
      // The fourth chunk of this emulator is the second of this upload.
      expect((await chunksOf(emulator)).offsets).toEqual([0, CHUNK_BYTES, 0, CHUNK_BYTES, 2 * CHUNK_BYTES]);
    } finally {
      await emulator.stop();
    }
  });
});

/** The length of a deployed CAR as the bundle writes it. */
async function carBytesOf(emulator: TestEmulator, path: string): Promise<number> {
  const [pin] = await pinsOf(emulator, await oracleCid(readTree(path)));
  const response = await fetch(`${emulator.gatewayUrl}/ipfs/${pin?.root}?format=car`);
  return (await response.arrayBuffer()).byteLength;
}
