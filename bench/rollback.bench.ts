import { spawnSync } from 'node:child_process';
import { deployInputs } from '../test/support/deploy-inputs.ts';
import { startEmulator, type TestEmulator } from '../test/support/emulator.ts';
import { otherEvent, pushTo } from '../test/support/events.ts';
import { type DistRun, runDist } from '../test/support/run-dist.ts';
import { seededBytes } from '../test/support/seeded.ts';
import { tempTree } from '../test/support/temp-tree.ts';
import type { BenchOptions, Report } from './report.ts';
import { median } from './report.ts';

export const summary = `what it takes to put production on the other of two versions that are pinned, the bundle's start included
"requests": all to Pinata and its gateways; "for the diff": those of them for blocks, which the directories of the site cost;
"met": how many rounds were within the target; "× node": in units of a Node that does nothing;
"× deploy": in units of a deploy of that version, which finds the content pinned and uploads nothing, in the same round`;

const TARGET = { requests: 10, ms: 2000 };
const ASSETS = 40;
/** Pages in directories of their own, and other files beside the home page. */
const SITES: readonly Site[] = [
  { name: '2 directories', pages: 0, beside: { '404.html': '<!doctype html><title>Not found</title>' } },
  { name: '22 directories', pages: 20, beside: { 'robots.txt': 'User-agent: *' } },
  // What is no page has to be looked for, in directories that are not read otherwise.
  { name: '22, pages only', pages: 20, beside: {} },
];
const ASSET_BYTES = 20_000;

interface Site {
  readonly name: string;
  readonly pages: number;
  readonly beside: Readonly<Record<string, string>>;
}

type Way = 'rollback' | 'promote' | 'deploy';

const WAYS: readonly Way[] = ['rollback', 'promote', 'deploy'];
const NAMES: Readonly<Record<Way, string>> = {
  rollback: 'rollback',
  promote: 'promote a CID',
  deploy: 'deploy what is pinned',
};
const INPUTS: Readonly<Record<Way, (to: Version) => Readonly<Record<string, string>>>> = {
  rollback: () => ({ mode: 'rollback' }),
  promote: ({ cid }) => ({ mode: 'promote', from: cid, 'to-tag': 'production' }),
  deploy: ({ directory }) => ({ path: directory }),
};
const HOSTS: ReadonlySet<string> = new Set(['api', 'upload', 'gateway']);
let runs = 9000;

interface Version {
  readonly directory: string;
  readonly cid: string;
}

/** One run that moved production. */
interface Turn {
  readonly requests: number;
  readonly forDiff: number;
  readonly wallMs: number;
  readonly bareMs: number;
}

/** One way to put production on the other version: medians over the rounds, and the most. */
interface Figure extends Turn {
  readonly site: string;
  readonly way: Way;
  readonly mostRequests: number;
  readonly slowestMs: number;
  /** Medians of each round's ratio. */
  readonly bareRatio: number;
  readonly deployRatio: number;
  readonly target: string | undefined;
  /** Of the rounds, how many were within the target. */
  readonly met: number;
}

export async function run(options: BenchOptions): Promise<Report> {
  const figures: Figure[] = [];
  for (const site of SITES) figures.push(...(await measureSite(site, options.rounds)));
  return reportOf(figures);
}

/** Each round goes all ways once, each to the version that production is not on; the first only warms up. */
async function measureSite(site: Site, count: number): Promise<Figure[]> {
  const emulator = await startEmulator();
  try {
    using older = tempTree(siteOf(site, 1));
    using newer = tempTree(siteOf(site, 2));
    let other = await publish(emulator, older.root);
    let current = await publish(emulator, newer.root);
    const rounds: (readonly Turn[])[] = [];
    for (let round = 0; round <= count; round += 1) {
      const turns: Turn[] = [];
      for (const way of WAYS) {
        turns.push(await turn(emulator, way, other));
        [current, other] = [other, current];
      }
      if (round > 0) rounds.push(turns);
    }
    return WAYS.map((way) => ({ site: site.name, ...figureOf(way, rounds) }));
  } finally {
    await emulator.stop();
  }
}

/** Versions differ in one page and one asset with a hash in its name. */
function siteOf({ pages, beside }: Site, version: number): Record<string, string> {
  const script = `app-${version === 1 ? 'B3xK9q2L' : 'Zt81mWcP'}.js`;
  const assets = Array.from({ length: ASSETS }, (_, index): [string, string] => [
    `assets/image-${index}.txt`,
    seededBytes(ASSET_BYTES, index + 1).toString('base64'),
  ]);
  const texts = Array.from({ length: pages }, (_, index): [string, string] => [
    `about-${index}/index.html`,
    `<!doctype html><title>Page ${index}</title>`,
  ]);
  return {
    ...beside,
    'index.html': `<!doctype html><title>Version ${version}</title><script type="module" src="assets/${script}"></script>`,
    [`assets/${script}`]: `console.log('version ${version}')`,
    ...Object.fromEntries([...assets, ...texts]),
  };
}

async function publish(emulator: TestEmulator, directory: string): Promise<Version> {
  const { outputs } = await start(emulator, { path: directory });
  return { directory, cid: outputs.cid ?? '' };
}

async function turn(emulator: TestEmulator, way: Way, to: Version): Promise<Turn> {
  const began = performance.now();
  spawnSync(process.execPath, ['--eval', '']);
  const bareMs = performance.now() - began;
  await emulator.clearRequests();
  const { ms, log, outputs } = await start(emulator, INPUTS[way](to));
  const isRight = outputs.cid === to.cid && outputs.changed === 'true' && outputs['files-changed'] === '1';
  if (!isRight) throw new Error(`The ${way} did not put production on ${to.cid}:\n${log}`);
  const requests = (await emulator.requests()).filter(({ host }) => HOSTS.has(host));
  const forDiff = requests.filter(({ path }) => path.includes('?format='));
  return { requests: requests.length, forDiff: forDiff.length, wallMs: ms, bareMs };
}

/** Every run has an id of its own: one that is repeated would only finish what was done. */
async function start(emulator: TestEmulator, inputs: Readonly<Record<string, string>>): Promise<DistRun> {
  runs += 1;
  const { path = '', ...more } = inputs;
  const run = await runDist({
    inputs: deployInputs(emulator, path, {
      'block-gateways': `${emulator.gatewayUrl}/ipfs/{cid}`,
      'github-token': emulator.githubToken,
      'requests-per-minute': '6000',
      ...more,
    }),
    event: path === '' ? otherEvent('workflow_dispatch') : pushTo('main'),
    env: { GITHUB_API_URL: emulator.githubUrl, GITHUB_RUN_ID: String(runs) },
  });
  if (run.exitCode !== 0) throw new Error(`A run failed:\n${run.log}`);
  return run;
}

function figureOf(way: Way, rounds: readonly (readonly Turn[])[]): Omit<Figure, 'site'> {
  const nth = WAYS.indexOf(way);
  const medianOf = (read: (turn: Turn, deployed: Turn) => number): number =>
    median(rounds.map((turns) => read(at(turns, nth), at(turns, WAYS.indexOf('deploy')))));
  const mostOf = (field: keyof Turn): number => Math.max(...rounds.map((turns) => at(turns, nth)[field]));
  return {
    way,
    requests: medianOf(({ requests }) => requests),
    mostRequests: mostOf('requests'),
    forDiff: medianOf(({ forDiff }) => forDiff),
    wallMs: medianOf(({ wallMs }) => wallMs),
    slowestMs: mostOf('wallMs'),
    bareMs: medianOf(({ bareMs }) => bareMs),
    bareRatio: medianOf(({ wallMs, bareMs }) => wallMs / bareMs),
    deployRatio: medianOf(({ wallMs }, deployed) => wallMs / deployed.wallMs),
    target: way === 'deploy' ? undefined : `< ${TARGET.requests} requests, < ${TARGET.ms / 1000} s`,
    met: rounds.map((turns) => at(turns, nth)).filter(isMet).length,
  };
}

function isMet({ requests, wallMs }: Turn): boolean {
  return requests < TARGET.requests && wallMs < TARGET.ms;
}

function at(turns: readonly Turn[], index: number): Turn {
  const turn = turns[index];
  if (turn === undefined) throw new Error(`The round has no run ${index}.`);
  return turn;
}

function reportOf(figures: readonly Figure[]): Report {
  return {
    heading: [
      'site, way',
      'target',
      'requests',
      'most',
      'for the diff',
      'wall ms',
      'slowest ms',
      'bare node ms',
      '× node',
      '× deploy',
      'met',
    ],
    rows: figures.map((figure) => [
      `${figure.site}, ${NAMES[figure.way]}`,
      figure.target ?? '',
      String(figure.requests),
      String(figure.mostRequests),
      String(figure.forDiff),
      figure.wallMs.toFixed(0),
      figure.slowestMs.toFixed(0),
      figure.bareMs.toFixed(0),
      figure.bareRatio.toFixed(1),
      figure.deployRatio.toFixed(2),
      figure.target === undefined ? '' : String(figure.met),
    ]),
    figures,
  };
}
