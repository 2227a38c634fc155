/**
 * Runs vitest and closes with one line, `N passed, N failed, N skipped`, which CI reads. Exits with vitest's status.
 * Arguments are passed on: `npm test -- test/unit/tag.test.ts`.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface JsonReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numFailedTestSuites: number;
}

const folder = mkdtempSync(join(tmpdir(), 'pinata-deploy-test-'));
const report = join(folder, 'report.json');
const vitest = join(import.meta.dirname, '..', 'node_modules', 'vitest', 'vitest.mjs');
const run = spawnSync(
  process.execPath,
  [vitest, 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...process.argv.slice(2)],
  { stdio: 'inherit' },
);

let failedBeforeTests = 0;
let line = '0 passed, 1 failed';
try {
  const counts = JSON.parse(readFileSync(report, 'utf8')) as JsonReport;
  // A file that does not load fails no test of its own; it must still count.
  if (counts.numFailedTests === 0 && run.status !== 0) failedBeforeTests = Math.max(1, counts.numFailedTestSuites);
  const skipped = counts.numPendingTests > 0 ? `, ${counts.numPendingTests} skipped` : '';
  line = `${counts.numPassedTests} passed, ${counts.numFailedTests + failedBeforeTests} failed${skipped}`;
} catch {
  console.error('vitest wrote no report.');
}
rmSync(folder, { recursive: true, force: true });
console.log(line);
process.exit(run.status ?? 1);
