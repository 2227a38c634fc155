import type { Corpus, PackedName } from './corpora.ts';
import { PACKED_NAMES, prepareCorpus } from './corpora.ts';
import type { BenchOptions, Report } from './report.ts';
import { median } from './report.ts';
import { bundleSubjects, type Measurement, measure } from './subject-run.ts';

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

const BOUND = 'bare loop';
const SUBJECTS = [BOUND, 'root CID', 'root CID and CAR', 'ipfs-unixfs-importer'] as const;

/** What a root CID may cost, in units of the bare loop; and how many times faster than the importer it has to be. */
const TARGETS: Readonly<Record<PackedName, { readonly most: number; readonly faster: number }>> = {
  site: { most: 1.35, faster: 3.5 },
  many: { most: 1.6, faster: 7 },
  mixed: { most: 1.1, faster: 3 },
  big: { most: 0.8, faster: 3 },
};

/** Runs every subject once a round, in turn, each in a process of its own; the first round only warms up. */
export function run(options: BenchOptions): Report {
  bundleSubjects();
  const names = PACKED_NAMES.filter((name) => options.corpora.length === 0 || options.corpora.includes(name));
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

function measureCorpus(corpus: Corpus<PackedName>, rounds: number): Figure[] {
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

function targetOf(subject: string, { name, files }: Corpus<PackedName>): string {
  if (subject === 'root CID') return `≤ ${TARGETS[name].most} × loop, ≤ ${Math.round(100 + (files * 3) / 1024)} MiB`;
  if (subject === 'root CID and CAR') return '2nd pass ≤ 1.2 × 1st';
  return subject === BOUND ? '' : `≥ ${TARGETS[name].faster} × root CID`;
}
