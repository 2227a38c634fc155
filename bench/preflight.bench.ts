import { join } from 'node:path';
import { prepareCorpus } from './corpora.ts';
import type { BenchOptions, Report } from './report.ts';
import { median } from './report.ts';
import { bundleSubjects, measure } from './subject-run.ts';

export const summary = 'hashes a site of text, alone and with the preflight that reads it beside, in turn';

const SCRIPT = join(import.meta.dirname, '..', 'dist', 'preflight', 'index.js');
const TARGET = 'with preflight ≤ 1.25 × alone';

/** Each round hashes once alone and once with the preflight, each in a process of its own; the first only warms up. */
export function run(options: BenchOptions): Report {
  bundleSubjects();
  const corpus = prepareCorpus('pages', options.small ? 0.05 : 1);
  const rounds = Array.from({ length: options.rounds + 1 }, () => ({
    alone: measure('root CID', corpus.directory),
    beside: measure('root CID and preflight', corpus.directory, SCRIPT),
  })).slice(1);
  if (rounds.some(({ alone, beside }) => alone.root !== beside.root)) throw new Error('The roots differ.');
  const pass = ({ passes: [ms = Number.NaN] }: { readonly passes: readonly number[] }): number => ms;
  const busyMs = median(rounds.map(({ beside }) => beside.passes[1] ?? Number.NaN));
  const figure = {
    corpus: corpus.name,
    files: corpus.files,
    bytes: corpus.bytes,
    aloneMs: median(rounds.map(({ alone }) => pass(alone))),
    besideMs: median(rounds.map(({ beside }) => pass(beside))),
    ratio: median(rounds.map(({ alone, beside }) => pass(beside) / pass(alone))),
    busyMs,
    mbPerSecond: corpus.bytes / 1000 / busyMs,
    cpuRatio: median(rounds.map(({ alone, beside }) => beside.cpuMs / alone.cpuMs)),
    peakRssMiB: Math.max(...rounds.map(({ beside }) => beside.rssMiB)),
    target: TARGET,
  };
  return {
    heading: ['corpus', 'target', 'alone ms', 'with ms', 'ratio', 'thread ms', 'MB/s', 'CPU ratio', 'RSS MiB'],
    rows: [
      [
        figure.corpus,
        figure.target,
        figure.aloneMs.toFixed(0),
        figure.besideMs.toFixed(0),
        figure.ratio.toFixed(2),
        figure.busyMs.toFixed(0),
        figure.mbPerSecond.toFixed(0),
        figure.cpuRatio.toFixed(2),
        figure.peakRssMiB.toFixed(0),
      ],
    ],
    figures: [figure],
  };
}
