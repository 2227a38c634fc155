import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deployInputs } from '../test/support/deploy-inputs.ts';
import { startEmulator } from '../test/support/emulator.ts';
import { startProxy } from '../test/support/proxy.ts';
import { runDist } from '../test/support/run-dist.ts';
import { seededBytes, seededNumbers } from '../test/support/seeded.ts';
import type { BenchOptions, Report } from './report.ts';
import { median } from './report.ts';

export const summary = 'a CAR of 300 MB by resumable upload, straight and through a proxy that resets it three times';

const MB = 1_000_000;
const RESETS = 3;

interface Upload {
  readonly wallMs: number;
  /** What the bundle says it sent, and what reached the service in chunks. */
  readonly sentBytes: number;
  readonly receivedBytes: number;
  readonly resets: number;
  readonly peakBytes: number;
  readonly diskBytes: number;
}

/** One way through the network: medians over the rounds; the worst for memory and disk. */
interface Figure extends Upload {
  readonly network: string;
  readonly carBytes: number;
  readonly target: string;
}

/** Deploys the same site in turn, straight and through resets, each time to an emulator that has nothing. */
export async function run(options: BenchOptions): Promise<Report> {
  const site = mkdtempSync(join(tmpdir(), 'bench-upload-'));
  try {
    const bytes = (options.small ? 48 : 300) * MB;
    writeFileSync(join(site, 'large.bin'), seededBytes(bytes, 1));
    const straight: Upload[] = [];
    const broken: Upload[] = [];
    for (let round = 0; round < options.rounds; round += 1) {
      straight.push(await upload(site, []));
      broken.push(await upload(site, resetsOf(bytes, round + 1)));
    }
    return reportOf([figureOf('straight', straight), figureOf(`${RESETS} resets`, broken)]);
  } finally {
    rmSync(site, { recursive: true, force: true });
  }
}

function resetsOf(bytes: number, seed: number): readonly number[] {
  const random = seededNumbers(seed * 7919);
  return Array.from({ length: RESETS }, () => random() % bytes);
}

async function upload(site: string, resets: readonly number[]): Promise<Upload> {
  const emulator = await startEmulator();
  const proxy = await startProxy(emulator.uploadUrl);
  try {
    proxy.resetAt(resets);
    const inputs = deployInputs(emulator, site, { 'pinata-upload-url': proxy.url, verify: 'pin' });
    const { exitCode, log, usage, ms, outputs } = await runDist({ inputs, usage: 'measured' });
    if (exitCode !== 0 || usage === undefined) throw new Error(`The deploy failed:\n${log}`);
    const chunks = await emulator.requests({ host: 'upload', method: 'PATCH' });
    return {
      wallMs: ms,
      sentBytes: Number(outputs['uploaded-bytes']),
      receivedBytes: chunks.reduce((sum, { requestBytes }) => sum + requestBytes, 0),
      resets: proxy.connections().filter(({ end }) => end === 'reset').length,
      peakBytes: usage.peakBytes,
      diskBytes: usage.diskBytes,
    };
  } finally {
    await proxy.close();
    await emulator.stop();
  }
}

function figureOf(network: string, uploads: readonly Upload[]): Figure {
  const middle = (field: keyof Upload): number => median(uploads.map((each) => each[field]));
  const most = (field: keyof Upload): number => Math.max(...uploads.map((each) => each[field]));
  return {
    network,
    // A straight upload sends every byte once.
    carBytes: Math.min(...uploads.map((each) => each.receivedBytes)),
    wallMs: middle('wallMs'),
    sentBytes: middle('sentBytes'),
    receivedBytes: middle('receivedBytes'),
    resets: middle('resets'),
    peakBytes: most('peakBytes'),
    diskBytes: most('diskBytes'),
    target: 'peak < 150 MB, disk < 0.1 MB',
  };
}

function reportOf(figures: readonly Figure[]): Report {
  const needed = Math.min(...figures.map(({ carBytes }) => carBytes));
  return {
    heading: [
      'network',
      'target',
      'wall ms',
      'MB/s',
      'CAR MB',
      'sent MB',
      'received MB',
      'again MB',
      'peak MB',
      'disk MB',
    ],
    rows: figures.map((figure) => [
      figure.network,
      figure.target,
      figure.wallMs.toFixed(0),
      (needed / MB / (figure.wallMs / 1000)).toFixed(0),
      inMb(needed),
      inMb(figure.sentBytes),
      inMb(figure.receivedBytes),
      inMb(figure.receivedBytes - needed),
      inMb(figure.peakBytes),
      (figure.diskBytes / MB).toFixed(2),
    ]),
    figures,
  };
}

function inMb(bytes: number): string {
  return (bytes / MB).toFixed(1);
}
