/**
 * Deploys examples/dapp to a local Pinata with the bundle that GitHub would run, and shows what happens. Exits 0 only
 * when every file came back from the gateway byte for byte, a second deploy had nothing to upload, and of the versions
 * that come and go afterwards just those are served that should be. With `--keep` the local Pinata goes on serving until
 * Ctrl-C. With `--scenario NAME` it plays one build that something is wrong with, and exits 0 only when the action saw it.
 */
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { startEmulator, type TestEmulator } from '../test/support/emulator.ts';
import type { DistRun } from '../test/support/run-dist.ts';
import { isScenario, playScenario, SCENARIO_NAMES } from './demo-preflight.ts';
import { play, type Stage, shown, site, table, title } from './demo-stage.ts';
import { playVersions } from './demo-versions.ts';
import { renderPage } from './render-page.ts';

/** Keeps the summary and the report where a person can look at them, and says where. */
function keepPapers({ summary, report }: DistRun): void {
  rmSync(shown, { recursive: true, force: true });
  mkdirSync(shown);
  writeFileSync(join(shown, 'summary.md'), summary);
  writeFileSync(join(shown, 'summary.html'), renderPage('Job summary', summary));
  writeFileSync(join(shown, 'report.json'), JSON.stringify(report, undefined, 2));
  table({
    'job summary': pathToFileURL(join(shown, 'summary.html')).href,
    'as Markdown': join('.demo', 'summary.md'),
    report: join('.demo', 'report.json'),
  });
}

/** Relative to the site, with `/`. */
function filesOfSite(): readonly string[] {
  return readdirSync(site, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(site, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort();
}

/** Why the answer to `url` is not `expected`; undefined when it is, to the byte. */
async function difference(url: string, expected: Buffer): Promise<string | undefined> {
  const response = await fetch(url);
  const got = Buffer.from(await response.arrayBuffer());
  if (response.status !== 200) return `${url} answered ${response.status}`;
  return got.equals(expected)
    ? undefined
    : `${url} answered ${got.length} bytes that are not the ${expected.length} of the file`;
}

/** The page as a visitor gets it, then every file under its own name. */
async function fetchBack(url: string): Promise<void> {
  if (url === '') throw new Error('The action found no link that opens.');
  const files = filesOfSite();
  const addresses = files.map((path) => [path.split('/').map(encodeURIComponent).join('/'), path] as const);
  let bytes = 0;
  const differences: string[] = [];
  for (const [address, path] of [['', 'index.html'] as const, ...addresses]) {
    const expected = readFileSync(join(site, path));
    if (address !== '') bytes += expected.length;
    const found = await difference(`${url}${address}`, expected);
    if (found !== undefined) differences.push(found);
  }
  if (differences.length > 0) throw new Error(`The gateway serves something else:\n${differences.join('\n')}`);
  console.log(
    `  The page and all ${files.length} files came back, ${bytes.toLocaleString('en-US')} bytes, every one equal.`,
  );
}

/** Answers the link to what is live in the end. */
async function tour(stage: Stage): Promise<string> {
  const { emulator } = stage;
  title('1. A Pinata account on this machine');
  table({ API: emulator.apiUrl, uploads: emulator.uploadUrl, gateway: emulator.gatewayUrl });

  title('2. The action deploys examples/dapp; this is its log');
  const first = await play(stage);
  const { cid = '', url = '' } = first.outputs;

  title('3. What came of it');
  table({ CID: cid, 'open it': url });
  console.log('\n  Outputs of the step:\n');
  table(first.outputs);
  console.log('\n  To look at:\n');
  keepPapers(first);

  title('4. Is it there? Every file is fetched back through the gateway');
  await fetchBack(url);

  title('5. The same directory again');
  await emulator.clearRequests();
  const second = await play(stage);
  const uploads = await emulator.requests({ host: 'upload' });
  if (uploads.length > 0 || second.outputs.cid !== cid) {
    throw new Error(`The second deploy sent ${uploads.length} requests to the upload host.`);
  }
  console.log(`\n  Result "${second.outputs.result ?? ''}": no request reached the upload host.`);
  return await playVersions(stage, { url, cid });
}

function invite(emulator: TestEmulator, url: string): void {
  title('Still running, until Ctrl-C');
  table({
    'the site': url,
    summary: pathToFileURL(join(shown, 'summary.html')).href,
    'summary of the second deploy': pathToFileURL(join(shown, 'second.html')).href,
    'summary of the promotion': pathToFileURL(join(shown, 'promoted.html')).href,
    'summary of the rollback': pathToFileURL(join(shown, 'rolled-back.html')).href,
    'summary of the sweep': pathToFileURL(join(shown, 'sweep.html')).href,
    'what is pinned': `${emulator.apiUrl}/__emulator/state`,
    'what was asked': `${emulator.apiUrl}/__emulator/requests`,
  });
}

/** Aborts when this process is asked to end, or nobody reads what it says. It then ends by itself, cleaned up. */
function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => controller.abort());
  process.stdout.on('error', () => controller.abort());
  return controller.signal;
}

async function playNamed(scenario: string, stage: Stage): Promise<string> {
  if (isScenario(scenario)) return await playScenario(scenario, stage);
  throw new Error(`There is no scenario "${scenario}"; there is ${SCENARIO_NAMES.join(', ')}.`);
}

interface DemoOptions {
  readonly keep: boolean;
  readonly scenario: string | undefined;
}

/** Answers the exit code. */
async function demo({ keep, scenario }: DemoOptions): Promise<number> {
  const began = performance.now();
  const interrupted = interruption();
  const stopped = once(interrupted, 'abort').then(() => undefined);
  const emulator = await startEmulator();
  try {
    const stage: Stage = { emulator, interrupted };
    const url = await Promise.race([scenario === undefined ? tour(stage) : playNamed(scenario, stage), stopped]);
    if (url === undefined) return 130;
    console.log(`\nAll good, in ${((performance.now() - began) / 1000).toFixed(1)} s.`);
    if (keep && scenario === undefined) {
      invite(emulator, url);
      await stopped;
    } else if (scenario === undefined) console.log('To click through the site: npm run demo -- --keep');
    return 0;
  } finally {
    await emulator.stop();
  }
}

try {
  const { keep, scenario } = parseArgs({
    options: { keep: { type: 'boolean', default: false }, scenario: { type: 'string' } },
  }).values;
  process.exitCode = await demo({ keep, scenario });
} catch (error) {
  console.error(`\nThe demo failed. ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
