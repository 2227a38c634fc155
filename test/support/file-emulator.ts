import { afterAll, beforeEach } from 'vitest';
import type { Knobs } from '../../emulator/knobs.ts';
import { startEmulator, type TestEmulator } from './emulator.ts';

/** One emulator for all tests of a file, without requests and faults at the start of each. */
export async function emulatorForFile(knobs: Partial<Knobs> = {}): Promise<TestEmulator> {
  const emulator = await startEmulator(knobs);
  afterAll(async () => {
    await emulator.stop();
  });
  beforeEach(async () => {
    await emulator.clearRequests();
    await emulator.clearFaults();
  });
  return emulator;
}
