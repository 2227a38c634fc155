import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { deployInputs, pinsOf } from '../support/deploy-inputs.ts';
import { type FaultRequest, startEmulator } from '../support/emulator.ts';
import { emulatorForFile } from '../support/file-emulator.ts';
import { type DistRun, runDist } from '../support/run-dist.ts';
import { seededBytes } from '../support/seeded.ts';
import { tempTree } from '../support/temp-tree.ts';

const emulator = await emulatorForFile();

async function deploy(path: string, more: Record<string, string> = {}): Promise<DistRun> {
  return await runDist({ inputs: deployInputs(emulator, path, more) });
}

describe('what was deployed before stays pinned and tagged when', () => {
  it.each<[string, number, FaultRequest['action'], RegExp]>([
    ['the upload fails for as long as it may last', 100, { status: 500 }, /longer than timeout/],
    ['the upload is refused', 100, { status: 400 }, /did not upload/],
    ['the upload is too large', 100, { status: 413 }, /too large/],
    ['the upload never ends', 100, { delayMs: 20_000 }, /longer than timeout/],
    ['the answer has another CID', 100, { wrongCid: true }, /its CID is/],
    ['a resumable upload fails for as long as it may last', 17_000_000, { status: 500 }, /longer than timeout/],
    ['a resumable upload is refused', 17_000_000, { status: 401 }, /does not accept the key/],
  ])('%s', async (title, bytes, action, message) => {
    const project = `acme/kept-${bytes}-${title.length}`;
    using before = tempTree({ 'index.html': `live before ${title}` });
    const live = await deploy(before.root, { project });
    expect(live.exitCode, live.log).toBe(0);
    const kept = await pinsOf(emulator, live.outputs.cid);

    using site = tempTree({ 'index.html': title });
    writeFileSync(join(site.root, 'data.bin'), seededBytes(bytes, 31));
    await emulator.fault({ match: { host: 'upload' }, times: 99, action });
    const failed = await deploy(site.root, { project, timeout: '2s' });
    expect(failed.exitCode, failed.log).toBe(1);
    expect(failed.outputs.result).toBe('failed');
    expect(failed.errors[0]).toMatch(message);
    expect(await pinsOf(emulator, live.outputs.cid)).toEqual(kept);

    await emulator.clearFaults();
    const repaired = await deploy(site.root, { project });
    expect(repaired.outputs).toMatchObject({ result: 'deployed', 'previous-cid': live.outputs.cid });
  });

  it('the import of the CAR fails after the upload', async () => {
    using before = tempTree({ 'index.html': 'live before the import' });
    const importing = await startEmulator();
    try {
      const live = await runDist({ inputs: deployInputs(importing, before.root) });
      const kept = await pinsOf(importing, live.outputs.cid);
      await importing.restart({ knobs: { carImportFails: true } });
      using site = tempTree({ 'index.html': 'never imported' });
      const run = await runDist({ inputs: deployInputs(importing, site.root, { timeout: '2s' }) });
      expect(run.exitCode).toBe(1);
      expect(run.errors[0]).toMatch(/^Pinata took the upload but did not list .* before timeout was over/);
      expect(await pinsOf(importing, live.outputs.cid)).toEqual(kept);
    } finally {
      await importing.stop();
    }
  });
});
