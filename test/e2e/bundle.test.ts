import { statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { otherEvent } from '../support/events.ts';
import { DIST, runDist } from '../support/run-dist.ts';

it('is at most 3 MB, which every job downloads', () => {
  const preflight = join(dirname(DIST), 'preflight', 'index.js');
  expect(statSync(DIST).size + statSync(preflight).size).toBeLessThanOrEqual(3_000_000);
});

it('says its first word soon after it was started', async () => {
  const run = await runDist({ inputs: {}, event: otherEvent('issues') });
  expect(run.exitCode, run.log).toBe(0);
  // Ten times what it takes: this only finds a start that went wrong, the bench has the figure.
  expect(run.firstLineMs).toBeLessThan(3000);
});

it('would be caught by these tests if it showed a secret', async () => {
  const inputs = { mode: 'nonsense-1234', 'pinata-gateway-key': 'nonsense-1234' };
  await expect(runDist({ inputs })).rejects.toThrow('A secret shows in the log');
});
