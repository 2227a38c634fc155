import { readRange } from '../test/support/car-blocks.ts';
import {
  compare,
  IN_FLIGHT,
  type Reading,
  readCar,
  readInTurn,
  readListing,
  type Site,
  type Walk,
} from './diff-readings.ts';
import { startGateway } from './diff-server.ts';
import { buildSite, type Change, changedFiles, changedNodes, SHAPES, type Shape } from './diff-trees.ts';
import type { BenchOptions, Report } from './report.ts';
import { median } from './report.ts';

export const summary = `what a diff reads of a published site of 20,000 files, beside its whole listing and its whole CAR
requests = changed directories + changed shards (+ changed files of several blocks), else the bench fails;
"× levels": the time in units of one latency a level that changed, below which no walk gets;
"× chain": in units of as many bare requests one after another, timed in the same rounds;
"× bound": in units of the least time that 8 requests in flight take for as many nodes on as many levels;
"listing": every directory and shard, 8 in flight, one round only; "CAR": received at 50 MB/s, not decoded`;

/** One change of one shape: medians over the rounds. */
interface Figure extends Walk {
  readonly shape: Shape;
  readonly change: Change;
  readonly line: Line;
  /** Directories and shards of the published tree that the build does not have: in all, and of each level. */
  readonly changedNodes: number;
  readonly changedByLevel: readonly number[];
  /** As many bare requests as levels, one after another, in the same rounds. */
  readonly chainMs: number;
  readonly listing: Reading;
  readonly car: Reading;
}

/** Milliseconds before each answer of the gateway; or all blocks are at hand, as after a run that left them in the cache. */
type Line = number | 'cache';

interface Case {
  readonly change: Change;
  readonly line: Line;
}

const LATENCY_MS = 30;
const SMALL_LATENCY_MS = 5;
const TARGET_LEVELS = 1.8;

const CHANGES: Readonly<Record<Shape, readonly Change[]>> = {
  nested: ['10 files', 'unchanged', 'every file'],
  flat: ['10 files', 'unchanged'],
  posts: ['10 files', 'unchanged'],
};

export async function run(options: BenchOptions): Promise<Report> {
  const { corpora, rounds } = options;
  const latencyMs = options.small ? SMALL_LATENCY_MS : LATENCY_MS;
  const figures: Figure[] = [];
  for (const shape of SHAPES.filter((name) => corpora.length === 0 || corpora.includes(name))) {
    const cases = CHANGES[shape].map((change) => ({ change, line: latencyMs }));
    figures.push(...(await measureShape(shape, { latencyMs, cases, rounds })));
    if (shape !== 'nested') continue;
    // What is left without latency, and without a gateway, is the work itself.
    const work = (['10 files', 'every file'] as const).flatMap((change) =>
      ([0, 'cache'] as const).map((line) => ({ change, line })),
    );
    figures.push(...(await measureShape(shape, { latencyMs: 0, cases: work, rounds })));
  }
  return reportOf(figures);
}

interface ShapePlan {
  readonly latencyMs: number;
  readonly cases: readonly Case[];
  readonly rounds: number;
}

async function measureShape(shape: Shape, { latencyMs, cases, rounds }: ShapePlan): Promise<Figure[]> {
  const published = await buildSite(shape, 'unchanged');
  await using gateway = await startGateway({
    blocks: published.nodes,
    car: await readRange(published.car),
    latencyMs,
  });
  const site: Site = { shape, published, gateway };
  const cars: Reading[] = [];
  for (let round = 0; round < rounds; round += 1) cars.push(await readCar(site));
  const car = { requests: 1, bytes: published.car.bytes, wallMs: median(cars.map(({ wallMs }) => wallMs)) };
  const listing = await readListing(site);
  const figures: Figure[] = [];
  for (const each of cases) figures.push({ ...(await measureCase(site, each, rounds)), listing, car });
  return figures;
}

async function measureCase(
  site: Site,
  { change, line }: Case,
  rounds: number,
): Promise<Omit<Figure, 'listing' | 'car'>> {
  const build = await buildSite(site.shape, change);
  const changedByLevel = changedNodes(site.published, build);
  const expected = {
    nodes: changedByLevel.reduce((sum, count) => sum + count, 0),
    files: changedFiles(change).size,
  };
  const walks: Walk[] = [];
  const chains: number[] = [];
  // The first round only warms up.
  for (let round = 0; round <= rounds; round += 1) {
    const walk = await compare(site, build, line === 'cache' ? 'cache' : 'gateway');
    assertRead(walk, expected);
    const chainMs = await readInTurn(site, changedByLevel.length);
    if (round === 0) continue;
    walks.push(walk);
    chains.push(chainMs);
  }
  const middle = (field: 'requests' | 'cached' | 'bytes' | 'wallMs' | 'cpuMs'): number =>
    median(walks.map((walk) => walk[field]));
  return {
    shape: site.shape,
    change,
    line,
    changedNodes: expected.nodes,
    changedByLevel,
    chainMs: median(chains),
    requests: middle('requests'),
    cached: middle('cached'),
    changedFiles: expected.files,
    bytes: middle('bytes'),
    wallMs: middle('wallMs'),
    cpuMs: middle('cpuMs'),
  };
}

function assertRead(
  { requests, cached, changedFiles: found }: Walk,
  { nodes, files }: { readonly nodes: number; readonly files: number },
): void {
  if (found !== files) throw new Error(`The walk found ${found} files changed instead of ${files}.`);
  if (requests + cached !== nodes) {
    throw new Error(`The walk read ${requests + cached} blocks for ${nodes} changed directories and shards.`);
  }
}

function reportOf(figures: readonly Figure[]): Report {
  return {
    heading: [
      'tree, change',
      'target',
      'latency',
      'requests',
      '÷ changed nodes',
      'KB',
      'ms',
      'levels',
      '× levels',
      '× chain',
      '× bound',
      'CPU ms',
      'listing requests',
      'listing ÷ ours',
      'CAR ÷ ours',
    ],
    rows: figures.map(rowOf),
    figures,
  };
}

function rowOf(figure: Figure): string[] {
  const { line, requests, wallMs, listing, car } = figure;
  const levels = figure.changedByLevel;
  const latencyMs = line === 'cache' ? 0 : line;
  // Nothing to read is nothing to compare with.
  const oursMs = requests === 0 ? 0 : wallMs;
  return [
    `${figure.shape}, ${figure.change}`,
    targetOf(figure),
    line === 'cache' ? 'cache' : `${line} ms`,
    String(requests),
    line === 'cache' ? '' : ratio(requests, figure.changedNodes, 2),
    (figure.bytes / 1000).toFixed(1),
    wallMs.toFixed(wallMs < 10 ? 1 : 0),
    String(levels.length),
    ratio(wallMs, levels.length * latencyMs, 2),
    ratio(wallMs, latencyMs === 0 || levels.length === 0 ? 0 : figure.chainMs, 2),
    ratio(wallMs, leastTurns(levels) * latencyMs, 2),
    figure.cpuMs.toFixed(figure.cpuMs < 10 ? 1 : 0),
    String(listing.requests),
    ratio(listing.wallMs, oursMs, 1),
    ratio(car.wallMs, oursMs, 1),
  ];
}

/** How often a latency passes at least: what lies below a level is not asked for before that level is read. */
function leastTurns(levels: readonly number[]): number {
  const below = levels.map((_, level) => levels.slice(level).reduce((sum, nodes) => sum + nodes, 0));
  return Math.max(0, ...below.map((nodes, level) => level + Math.ceil(nodes / IN_FLIGHT)));
}

function targetOf({ line, change }: Figure): string {
  if (line === 'cache' || change === 'unchanged') return '0 requests';
  return change === '10 files' && line > 0 ? `1.00, ≤ ${TARGET_LEVELS} × levels` : '1.00';
}

/** Nothing where there is nothing to divide by. */
function ratio(value: number, unit: number, digits: number): string {
  return unit === 0 ? '' : (value / unit).toFixed(digits);
}
