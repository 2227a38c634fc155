/**
 * `node bench/cli.ts [NAME…] [--rounds N] [--small] [--corpus NAME]… [--json FILE]`
 *
 * Runs the benches named, or all of them, and prints a table of each. The figures go to the file as JSON, or to the
 * last line.
 */
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import * as blocks from './blocks.bench.ts';
import * as diff from './diff.bench.ts';
import * as pack from './pack.bench.ts';
import * as preflight from './preflight.bench.ts';
import type { BenchOptions, Report } from './report.ts';
import { renderTable } from './report.ts';
import * as rollback from './rollback.bench.ts';
import * as start from './start.bench.ts';
import * as upload from './upload.bench.ts';

interface Bench {
  readonly summary: string;
  readonly run: (options: BenchOptions) => Report | Promise<Report>;
}

const BENCHES = new Map<string, Bench>([
  ['pack', pack],
  ['upload', upload],
  ['start', start],
  ['diff', diff],
  ['preflight', preflight],
  ['rollback', rollback],
  ['blocks', blocks],
]);

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '5' },
    small: { type: 'boolean', default: false },
    corpus: { type: 'string', multiple: true, default: [] },
    json: { type: 'string' },
  },
});
const options: BenchOptions = { rounds: Number(values.rounds), small: values.small, corpora: values.corpus };
const machine = { node: process.version, cpus: cpus().length, cpu: cpus()[0]?.model ?? 'unknown' };
console.log(`node ${machine.node}, ${machine.cpus} × ${machine.cpu}, medians of ${options.rounds} rounds`);

const figures: Record<string, readonly object[]> = {};
for (const name of positionals.length > 0 ? positionals : BENCHES.keys()) {
  const bench = BENCHES.get(name);
  if (bench === undefined) throw new Error(`There is no bench "${name}"; there is ${[...BENCHES.keys()].join(', ')}.`);
  console.log(`\n${name}: ${bench.summary}`);
  const report = await bench.run(options);
  console.log(renderTable(report));
  figures[name] = report.figures;
}
const json = JSON.stringify({ ...machine, ...options, figures });
if (values.json === undefined) console.log(`\n${json}`);
else writeFileSync(values.json, `${json}\n`);
