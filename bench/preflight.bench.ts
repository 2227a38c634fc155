import { join } from 'node:path';
import { prepareCorpus } from './corpora.ts';
import type { BenchOptions, Report } from './report.ts';
import { median } from './report.ts';
import { bundleSubjects, measure } from './subject-run.ts';

export const summary = 'hashes a site of text, alone and with the preflight that reads it beside, in turn';

const SCRIPT = join(import.meta.dirname, '..', 'dist', 'preflight', 'index.js');
const TARGET = 'all ≤ 1.25 × alone';

/** Each round hashes once alone and once with the preflight, each in a process of its own; the first only warms up. */
export function run(options: BenchOptions): Report {
  bundleSubjects();
  const corpus = prepareCorpus('pages', options.small ? 0.05 : 1);
  const rounds = Array.from({ length: options.rounds + 1 }, () => ({
    alone: measure('root CID', corpus.directory),
    beside: measure('root CID and preflight', corpus.directory, SCRIPT),
  })).slice(1);
  if (rounds.some(({ alone, beside }) => alone.root !== beside.root)) throw new Error('The roots differ.');
  const medianOf = (read: (round: (typeof rounds)[number]) => number | undefined): number =>
    median(rounds.map((round) => read(round) ?? Number.NaN));
  const aloneMs = medianOf(({ alone }) => alone.passes[0]);
  const [allMs, hashedMs, busyMs] = [0, 1, 2].map((pass) => medianOf(({ beside }) => beside.passes[pass]));
  const figure = {
    corpus: corpus.name,
    files: corpus.files,
    bytes: corpus.bytes,
    aloneMs,
    /** Until the root CID is known, with the preflight at work beside. */
    hashedMs,
    /** Until the last finding is known. */
    allMs,
    hashedRatio: medianOf(({ alone, beside }) => (beside.passes[1] ?? 0) / (alone.passes[0] ?? 0)),
    allRatio: medianOf(({ alone, beside }) => (beside.passes[0] ?? 0) / (alone.passes[0] ?? 0)),
    busyMs,
    mbPerSecond: corpus.bytes / 1000 / (busyMs ?? 0),
    peakRssMiB: Math.max(...rounds.map(({ beside }) => beside.rssMiB)),
    target: TARGET,
  };
  const ms = (value = 0): string => value.toFixed(0);
  return {
    heading: [
      'corpus',
      'target',
      'alone ms',
      'hashed ms',
      'all ms',
      'hashed ×',
      'all ×',
      'thread ms',
      'MB/s',
      'RSS MiB',
    ],
    rows: [
      [
        figure.corpus,
        figure.target,
        ms(aloneMs),
        ms(hashedMs),
        ms(allMs),
        figure.hashedRatio.toFixed(2),
        figure.allRatio.toFixed(2),
        ms(busyMs),
        ms(figure.mbPerSecond),
        ms(figure.peakRssMiB),
      ],
    ],
    figures: [figure],
  };
}
