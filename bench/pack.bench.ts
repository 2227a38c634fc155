import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Corpus, CorpusName } from './corpora.ts';
import { CORPUS_NAMES, prepareCorpus } from './corpora.ts';
import type { BenchOptions, Report } from './report.ts';
import { median } from './report.ts';

export const summary = 'packs seeded directories: the bare loop, the root CID, the CAR, and ipfs-unixfs-importer';

/** One subject on one corpus: medians over the rounds. */
interface Figure {
  readonly corpus: string;
  readonly subject: string;
  /** Of the whole process, its start included. */
  readonly wallMs: number;
  /** Of the work in each pass, without the start of the process. */
  readonly passMs: readonly number[];
  readonly cpuMs: number;
  readonly peakRssMiB: number;
  /** The median of each round's ratio to the bare loop of that round. */
  readonly ratio: number;
  readonly target: string;
  readonly root: string | undefined;
}

interface Measurement {
  readonly wallMs: number;
  readonly passes: readonly number[];
  readonly cpuMs: number;
  readonly rssMiB: number;
  readonly root: string | undefined;
}

const PROJECT = join(import.meta.dirname, '..');
const CACHE = join(PROJECT, 'node_modules', '.cache', 'bench');
const BUNDLE = join(CACHE, 'bundle');
const BOUND = 'bare loop';
const SUBJECTS = [BOUND, 'root CID', 'root CID and CAR', 'ipfs-unixfs-importer'] as const;

/** What a root CID may cost, in units of the bare loop; and how many times faster than the importer it has to be. */
const TARGETS: Readonly<Record<CorpusName, { readonly most: number; readonly faster: number }>> = {
  site: { most: 1.35, faster: 3.5 },
  many: { most: 1.6, faster: 7 },
  mixed: { most: 1.1, faster: 3 },
  big: { most: 0.8, faster: 3 },
};

/** Runs every subject once a round, in turn, each in a process of its own; the first round only warms up. */
export function run(options: BenchOptions): Report {
  bundle();
  const names = CORPUS_NAMES.filter((name) => options.corpora.length === 0 || options.corpora.includes(name));
  const figures = names.flatMap((name) => measureCorpus(prepareCorpus(name, options.small ? 0.05 : 1), options.rounds));
  return {
    heading: ['corpus', 'subject', 'wall ms', '× loop', '1st pass', '2nd pass', 'CPU ms', 'RSS MiB', 'target'],
    rows: figures.map((figure) => [
      figure.corpus,
      figure.subject,
      figure.wallMs.toFixed(0),
      figure.ratio.toFixed(2),
      ...[0, 1].map((pass) => figure.passMs[pass]?.toFixed(0) ?? ''),
      figure.cpuMs.toFixed(0),
      figure.peakRssMiB.toFixed(0),
      figure.target,
    ]),
    figures,
  };
}

/** Subjects run as they ship, compiled and bundled: stripping types and finding modules would count against them. */
function bundle(): void {
  const flags = '--noEmit false --rootDir . --module nodenext --target es2024 --skipLibCheck --types node --strict';
  const sources = [
    '--rewriteRelativeImportExtensions',
    '--outDir',
    join(CACHE, 'compiled'),
    fileURLToPath(import.meta.resolve('./subjects.ts')),
  ];
  build('typescript/bin/tsc', ['--ignoreConfig', ...flags.split(' '), ...sources]);
  writeFileSync(join(CACHE, 'package.json'), '{"type":"module"}');
  build('@vercel/ncc/dist/ncc/cli.js', ['build', join(CACHE, 'compiled', 'bench', 'subjects.js'), '-o', BUNDLE]);
}

function build(tool: string, args: readonly string[]): void {
  const command = [join(PROJECT, 'node_modules', tool), ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, command, { cwd: PROJECT, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${tool} could not build the subjects:\n${stdout}${stderr}`);
}

function measureCorpus(corpus: Corpus, rounds: number): Figure[] {
  const measured = SUBJECTS.map((subject) => ({ subject, runs: [] as Measurement[] }));
  for (let round = 0; round <= rounds; round += 1) {
    for (const { subject, runs } of measured) {
      const measurement = measure(subject, corpus.directory);
      if (round > 0) runs.push(measurement);
    }
  }
  assertSameRoot(measured.flatMap(({ runs }) => runs));
  const loops = measured.find(({ subject }) => subject === BOUND)?.runs ?? [];
  return measured.map(({ subject, runs }) => ({
    corpus: corpus.name,
    subject,
    wallMs: median(runs.map((each) => each.wallMs)),
    passMs: (runs[0]?.passes ?? []).map((_, pass) => median(runs.map((each) => each.passes[pass] ?? Number.NaN))),
    cpuMs: median(runs.map((each) => each.cpuMs)),
    peakRssMiB: Math.max(...runs.map((each) => each.rssMiB)),
    ratio: median(runs.map((each, round) => each.wallMs / (loops[round]?.wallMs ?? Number.NaN))),
    target: targetOf(subject, corpus),
    root: runs[0]?.root,
  }));
}

function assertSameRoot(measurements: readonly Measurement[]): void {
  const roots = new Set(measurements.flatMap(({ root }) => root ?? []));
  if (roots.size > 1) throw new Error(`The subjects disagree about the root: ${[...roots].join(', ')}.`);
}

function targetOf(subject: string, { name, files }: Corpus): string {
  if (subject === 'root CID') return `≤ ${TARGETS[name].most} × loop, ≤ ${Math.round(100 + (files * 3) / 1024)} MiB`;
  if (subject === 'root CID and CAR') return '2nd pass ≤ 1.2 × 1st';
  return subject === BOUND ? '' : `≥ ${TARGETS[name].faster} × root CID`;
}

function measure(subject: string, directory: string): Measurement {
  const args = [join(BUNDLE, 'index.js'), subject, directory];
  const began = performance.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  const wallMs = performance.now() - began;
  if (status !== 0) throw new Error(`${subject} failed on ${directory}:\n${stderr}`);
  const [passes = '', cpuMs, rssMiB, root] = stdout.trim().split('\t');
  return {
    wallMs,
    passes: passes.split(',').map(Number),
    cpuMs: Number(cpuMs),
    rssMiB: Number(rssMiB),
    root: root || undefined,
  };
}
