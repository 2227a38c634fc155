import { describe, expect, it } from 'vitest';
import { deployInputs, pinsOf, uploadsTo, withoutTimes } from '../support/deploy-inputs.ts';
import { type FaultRequest, startEmulator } from '../support/emulator.ts';
import { emulatorForFile } from '../support/file-emulator.ts';
import { oracleCid, projectKey, readTree } from '../support/oracle-cid.ts';
import { type DistRun, runDist } from '../support/run-dist.ts';
import { tempTree } from '../support/temp-tree.ts';

const emulator = await emulatorForFile();

async function deploy(path: string, more: Record<string, string> = {}): Promise<DistRun> {
  return await runDist({ inputs: deployInputs(emulator, path, more) });
}

const list = { host: 'api', method: 'GET', path: '/v3/files/public?' } as const;
const read = { host: 'api', method: 'GET', path: '/v3/files/public/' } as const;
const write = { host: 'api', method: 'PUT' } as const;
const upload = { host: 'upload', method: 'POST' } as const;

describe('a deploy goes through when', () => {
  it.each<[string, FaultRequest]>([
    ['a list is cut off before it is answered', { match: list, action: { cut: 'before' } }],
    ['an answer to a list gets lost', { match: list, skip: 1, action: { cut: 'after' } }],
    ['a tag is not written', { match: write, action: { cut: 'before' } }],
    ['the answer to a written tag gets lost', { match: write, action: { cut: 'after' } }],
    ['reading the pin back fails', { match: read, action: { status: 503 } }],
    ['an upload is cut off', { match: upload, action: { cut: 'before' } }],
    ['the answer to an upload gets lost', { match: upload, action: { cut: 'after' } }],
    ['an upload meets a page of the edge', { match: upload, action: { status: 502, body: '<html>502</html>' } }],
    ['an upload meets a stray 400', { match: upload, action: { status: 400, body: '<html>Bad Request</html>' } }],
    ['a list is limited', { match: list, action: { status: 429, headers: { 'retry-after': '1' } } }],
    ['a tag is limited without saying for how long', { match: write, action: { status: 429 } }],
  ])('%s', async (title, fault) => {
    using site = tempTree({ 'index.html': title });
    await emulator.fault(fault);
    const run = await deploy(site.root, { project: 'acme/faulty' });
    expect(run.exitCode, run.log).toBe(0);
    const cid = await oracleCid(readTree(site.root));
    expect(run.outputs).toMatchObject({ result: 'deployed', cid });
    expect(run.annotations).toEqual([]);
    const key = projectKey('acme/faulty');
    const pins = await pinsOf(emulator, cid);
    expect(pins).toHaveLength(1);
    expect(withoutTimes(pins[0]?.keyvalues)).toMatchObject({
      [key]: 'acme/faulty',
      [`${key}.production`]: 'TIME 1234567',
    });
  });

  it('every third request meets some fault', async () => {
    const stray = await startEmulator({ strayEvery: 3 });
    try {
      using site = tempTree({ 'index.html': 'strays' });
      const run = await runDist({ inputs: deployInputs(stray, site.root) });
      expect(run.exitCode, run.log).toBe(0);
      expect(await pinsOf(stray, run.outputs.cid)).toHaveLength(1);
    } finally {
      await stray.stop();
    }
  });
});

it('waits for a CAR that is imported late', async () => {
  const late = await startEmulator({ carDelayMs: 1500 });
  try {
    using site = tempTree({ 'index.html': 'imported late' });
    const run = await runDist({ inputs: deployInputs(late, site.root) });
    expect(run.exitCode, run.log).toBe(0);
    expect(run.outputs).toMatchObject({ result: 'deployed', tags: 'production' });
    expect(await uploadsTo(late)).toHaveLength(1);
  } finally {
    await late.stop();
  }
});

it('keeps to its request budget, and deploys under a limit that it meets all the same', async () => {
  const strict = await startEmulator({ rpm: 6, retryAfter: 1 });
  try {
    using site = tempTree({ 'index.html': 'limited' });
    const running = runDist({ inputs: deployInputs(strict, site.root) });
    // The sixth request is the last that passes; the clock brings the next minute.
    while ((await strict.requests()).every(({ status }) => status !== 429))
      await new Promise((done) => setTimeout(done, 50));
    await strict.clock({ advanceMs: 61_000 });
    const run = await running;
    expect(run.exitCode, run.log).toBe(0);
    expect(run.outputs.result).toBe('deployed');
  } finally {
    await strict.stop();
  }
});
