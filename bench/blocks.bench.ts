import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { buildDag } from '../src/adapters/unixfs/dag.ts';
import type { FileEntry } from '../src/domain/listing.ts';
import { readRange } from '../test/support/car-blocks.ts';
import { dagOf, type ServedDag, startCarGateway } from './car-server.ts';
import { type PackedName, prepareCorpus } from './corpora.ts';
import type { BenchOptions, Report } from './report.ts';
import { median } from './report.ts';
import type { ThreadedServer } from './served-by-thread.ts';
import { bundleSubjects, type Measurement, measure } from './subject-run.ts';

export const summary = `what verify: blocks costs: every block of a DAG read from a gateway that has it in memory, and hashed
"× bound": in units of receiving that CAR with fetch and hashing its bytes once, in turn in the same rounds;
"sample": of a DAG of more than 256 MiB only some blocks are read, one by one; "bound" is all of its CAR even then`;

interface Site {
  readonly name: string;
  readonly corpus: PackedName;
  readonly scale: number;
  readonly sample?: true;
}

/** The scales make sizes of whole bytes. */
const SITES: readonly Site[] = [
  { name: '2,000 small files', corpus: 'many', scale: 1 / 15 },
  { name: '2,004 files', corpus: 'site', scale: 1 },
  { name: '4 large files', corpus: 'big', scale: 1 / 8 },
  { name: '4 larger files', corpus: 'big', scale: 1 / 4, sample: true },
];
const SMALLER = 1 / 16;

/** One site: medians over the rounds; the worst for memory. */
interface Figure {
  readonly site: string;
  readonly mode: 'whole' | 'sample';
  readonly files: number;
  readonly carBytes: number;
  readonly dagBlocks: number;
  /** What the walk hashed. */
  readonly blocks: number;
  readonly bytes: number;
  readonly requests: number;
  readonly boundMs: number;
  readonly walkMs: number;
  /** The median of each round's ratio. */
  readonly ratio: number;
  readonly cpuRatio: number;
  readonly boundRssMiB: number;
  readonly walkRssMiB: number;
  readonly target: string;
}

export async function run(options: BenchOptions): Promise<Report> {
  bundleSubjects();
  const figures: Figure[] = [];
  for (const site of SITES) {
    if (options.corpora.length > 0 && !options.corpora.includes(site.corpus)) continue;
    figures.push(await measureSite(site, options));
  }
  return reportOf(figures);
}

async function measureSite(site: Site, { rounds, small }: BenchOptions): Promise<Figure> {
  const { directory, files } = prepareCorpus(site.corpus, site.scale * (small ? SMALLER : 1));
  const dag = await served(directory);
  await using gateway = await startCarGateway(dag);
  // A small one is large enough when all of it is not read.
  const wholeBytes = small && site.sample === true ? '0' : '';
  const pairs = Array.from({ length: rounds + 1 }, () => ({
    bound: measure('CAR hashed once', gateway.url, dag.root),
    walk: walked({ gateway, dag }, site, wholeBytes),
  })).slice(1);
  const middle = (read: (pair: (typeof pairs)[number]) => number): number => median(pairs.map(read));
  return {
    site: site.name,
    mode: site.sample === true ? 'sample' : 'whole',
    files,
    carBytes: dag.car.length,
    dagBlocks: dag.blocks.size,
    blocks: middle(({ walk }) => walk.blocks),
    bytes: middle(({ walk }) => walk.bytes),
    requests: middle(({ walk }) => walk.requests),
    boundMs: middle(({ bound }) => passMs(bound)),
    walkMs: middle(({ walk }) => passMs(walk)),
    ratio: middle(({ bound, walk }) => passMs(walk) / passMs(bound)),
    cpuRatio: middle(({ bound, walk }) => walk.cpuMs / bound.cpuMs),
    boundRssMiB: Math.max(...pairs.map(({ bound }) => bound.rssMiB)),
    walkRssMiB: Math.max(...pairs.map(({ walk }) => walk.rssMiB)),
    target: site.sample === true ? '' : '2 requests',
  };
}

interface Walked extends Measurement {
  readonly blocks: number;
  readonly bytes: number;
  readonly requests: number;
}

interface Place {
  readonly gateway: ThreadedServer;
  readonly dag: ServedDag;
}

/** A process that walks, as the bundle does. */
function walked({ gateway, dag }: Place, { sample }: Site, wholeBytes: string): Walked {
  const earlier = gateway.requests();
  const measured = measure('block walk', gateway.url, dag.root, wholeBytes);
  const [state, blocks = 0, bytes = 0] = (measured.root ?? '').split(' ');
  if (state !== (sample === true ? 'sample' : 'whole')) throw new Error(`The walk ended with: ${measured.root}`);
  if (sample !== true && Number(blocks) !== dag.blocks.size) throw new Error(`The walk took ${blocks} blocks.`);
  // One warms up the client, as for the bound.
  const requests = gateway.requests() - earlier - 1;
  return { ...measured, blocks: Number(blocks), bytes: Number(bytes), requests };
}

function passMs({ passes }: Measurement): number {
  return passes[0] ?? Number.NaN;
}

async function served(directory: string): Promise<ServedDag> {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const entries = files.map((entry): FileEntry => {
    const source = join(entry.parentPath, entry.name);
    return { path: source.slice(directory.length + 1), source, bytes: 0, kind: 'file' };
  });
  const build = await buildDag({ kind: 'directory', entries }, 'unixfs-v1-2025');
  return await dagOf(build.root, await readRange(build.car));
}

function reportOf(figures: readonly Figure[]): Report {
  return {
    heading: [
      'site',
      'target',
      'mode',
      'CAR MB',
      'blocks',
      'hashed',
      'hashed MB',
      'requests',
      'bound ms',
      'walk ms',
      '× bound',
      'CPU × bound',
      'RSS MiB',
      'bound RSS MiB',
    ],
    rows: figures.map((figure) => [
      figure.site,
      figure.target,
      figure.mode,
      (figure.carBytes / 1_000_000).toFixed(1),
      String(figure.dagBlocks),
      String(figure.blocks),
      (figure.bytes / 1_000_000).toFixed(1),
      String(figure.requests),
      figure.boundMs.toFixed(0),
      figure.walkMs.toFixed(0),
      figure.ratio.toFixed(2),
      figure.cpuRatio.toFixed(2),
      figure.walkRssMiB.toFixed(0),
      figure.boundRssMiB.toFixed(0),
    ]),
    figures,
  };
}
