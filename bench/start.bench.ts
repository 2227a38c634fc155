import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { otherEvent } from '../test/support/events.ts';
import { DIST, runDist } from '../test/support/run-dist.ts';
import type { BenchOptions, Report } from './report.ts';
import { median } from './report.ts';

export const summary = 'from the start of the process to the first line of the log, beside a Node that does nothing';

/** A run that has nothing to do, so that only the start counts. */
export async function run(options: BenchOptions): Promise<Report> {
  const firstLines: number[] = [];
  const ends: number[] = [];
  const bare: number[] = [];
  // The first round only warms up.
  for (let round = 0; round <= options.rounds; round += 1) {
    const began = performance.now();
    spawnSync(process.execPath, ['--eval', '']);
    const bareMs = performance.now() - began;
    const { firstLineMs, ms } = await runDist({ inputs: {}, event: otherEvent('issues') });
    if (round === 0) continue;
    bare.push(bareMs);
    firstLines.push(firstLineMs);
    ends.push(ms);
  }
  const figure = {
    firstLineMs: median(firstLines),
    slowestFirstLineMs: Math.max(...firstLines),
    endMs: median(ends),
    bareNodeMs: median(bare),
    bundleBytes: readFileSync(DIST).length,
    target: 'first line < 300 ms, bundle ≤ 3 MB',
  };
  return {
    heading: ['bundle', 'target', 'first line ms', 'slowest ms', 'end ms', 'bare node ms', 'MB'],
    rows: [
      [
        'dist/index.js',
        figure.target,
        figure.firstLineMs.toFixed(0),
        figure.slowestFirstLineMs.toFixed(0),
        figure.endMs.toFixed(0),
        figure.bareNodeMs.toFixed(0),
        (figure.bundleBytes / 1_000_000).toFixed(2),
      ],
    ],
    figures: [figure],
  };
}
