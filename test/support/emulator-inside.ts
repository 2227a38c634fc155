import { onTestFinished } from 'vitest';
import type { Knobs } from '../../emulator/knobs.ts';
import { type EmulatorAddress, startEmulator } from '../../emulator/server.ts';
import { type Controls, controlsOf } from './emulator.ts';

/**
 * An emulator inside the test's own process that ends with the running test. It starts in a few milliseconds, so tests
 * of single knobs use it; what must survive a restart or be measured from outside takes `startEmulator`.
 */
export async function emulatorFor(knobs: Partial<Knobs>): Promise<EmulatorAddress & Controls> {
  const { close, ...address } = await startEmulator(knobs);
  onTestFinished(close);
  return { ...address, ...controlsOf(address.apiUrl) };
}
