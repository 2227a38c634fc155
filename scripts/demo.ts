/**
 * Deploys examples/dapp to a local Pinata with the bundle that GitHub would run, and shows what happens. Exits 0 only
 * when every file came back from the gateway byte for byte, and a second deploy had nothing to upload. With `--keep`
 * the local Pinata goes on serving until Ctrl-C.
 */
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { deployInputs } from '../test/support/deploy-inputs.ts';
import { startEmulator, type TestEmulator } from '../test/support/emulator.ts';
import { type DistRun, startDist } from '../test/support/run-dist.ts';
import { readableLog } from './readable-log.ts';
import { renderPage } from './render-page.ts';

const root = join(import.meta.dirname, '..');
const site = join(root, 'examples', 'dapp');
const shown = join(root, '.demo');

function title(text: string): void {
  console.log(`\n${text}\n${'─'.repeat(text.length)}`);
}

function table(rows: Readonly<Record<string, string>>): void {
  const width = Math.max(...Object.keys(rows).map((name) => name.length));
  for (const [name, value] of Object.entries(rows)) console.log(`  ${name.padEnd(width)}  ${value || '(empty)'}`);
}

/** Runs the bundle once and prints its log. */
async function deploy(emulator: TestEmulator, interrupted: AbortSignal): Promise<DistRun> {
  const inputs = deployInputs(emulator, 'examples/dapp', { project: 'acme/dapp' });
  const { child, done } = startDist({ inputs, cwd: root });
  interrupted.addEventListener('abort', () => child.kill());
  const run = await done;
  interrupted.throwIfAborted();
  for (const line of readableLog(run.log)) console.log(`  │ ${line}`);
  if (run.exitCode !== 0) throw new Error(`The action ended with exit code ${run.exitCode}.`);
  return run;
}

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

async function tour(emulator: TestEmulator, interrupted: AbortSignal): Promise<string> {
  title('1. A Pinata account on this machine');
  table({ API: emulator.apiUrl, uploads: emulator.uploadUrl, gateway: emulator.gatewayUrl });

  title('2. The action deploys examples/dapp; this is its log');
  const first = await deploy(emulator, interrupted);
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
  const second = await deploy(emulator, interrupted);
  const uploads = await emulator.requests({ host: 'upload' });
  if (uploads.length > 0 || second.outputs.cid !== cid) {
    throw new Error(`The second deploy sent ${uploads.length} requests to the upload host.`);
  }
  console.log(`\n  Result "${second.outputs.result ?? ''}": no request reached the upload host.`);
  return url;
}

function invite(emulator: TestEmulator, url: string): void {
  title('Still running, until Ctrl-C');
  table({
    'the site': url,
    summary: pathToFileURL(join(shown, 'summary.html')).href,
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

/** Answers the exit code. */
async function demo(options: { readonly keep: boolean }): Promise<number> {
  const began = performance.now();
  const interrupted = interruption();
  const stopped = once(interrupted, 'abort').then(() => undefined);
  const emulator = await startEmulator();
  try {
    const url = await Promise.race([tour(emulator, interrupted), stopped]);
    if (url === undefined) return 130;
    console.log(`\nAll good, in ${((performance.now() - began) / 1000).toFixed(1)} s.`);
    if (options.keep) {
      invite(emulator, url);
      await stopped;
    } else console.log('To click through the site: npm run demo -- --keep');
    return 0;
  } finally {
    await emulator.stop();
  }
}

try {
  const { keep } = parseArgs({ options: { keep: { type: 'boolean', default: false } } }).values;
  process.exitCode = await demo({ keep });
} catch (error) {
  console.error(`\nThe demo failed. ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
