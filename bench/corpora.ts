import { createCipheriv, createHash } from 'node:crypto';
import { closeSync, existsSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pageText } from './page-text.ts';

/** Kinds of content that a deployment meets, made from a seed: the same bytes on every machine. */
export type CorpusName = PackedName | 'pages';

/** Those of random bytes, which packing is measured with. */
export type PackedName = 'site' | 'many' | 'mixed' | 'big';

export interface Corpus<Name extends CorpusName = CorpusName> {
  readonly name: Name;
  readonly directory: string;
  readonly files: number;
  readonly bytes: number;
}

interface PlannedFile {
  readonly path: string;
  readonly bytes: number;
}

/** Changes whenever a plan changes, so that an old copy is not taken for it. */
const EDITION = 4;
const MB = 1_000_000;
const PIECE_BYTES = 1_048_576;

export const PACKED_NAMES: readonly PackedName[] = ['site', 'many', 'mixed', 'big'];

/** The corpus in the temporary directory, made there if it is not yet. `scale` multiplies its files, or their sizes. */
export function prepareCorpus<Name extends CorpusName>(name: Name, scale: number): Corpus<Name> {
  const planned = PLANS[name](scale);
  const directory = join(tmpdir(), 'pinata-deploy-bench', `${name}-${EDITION}-${scale}`);
  if (!existsSync(directory)) {
    const partial = `${directory}.partial`;
    rmSync(partial, { recursive: true, force: true });
    const bytes = randomStream(name);
    for (const [index, file] of planned.entries()) {
      const kind = file.path.slice(file.path.lastIndexOf('.') + 1);
      const isText = name === 'pages' && ['html', 'js', 'css', 'json'].includes(kind);
      writePlanned(join(partial, file.path), file.bytes, isText ? textStream(kind, file.bytes, index) : bytes);
    }
    renameSync(partial, directory);
  }
  return { name, directory, files: planned.length, bytes: planned.reduce((sum, file) => sum + file.bytes, 0) };
}

const PLANS: Readonly<Record<CorpusName, (scale: number) => PlannedFile[]>> = {
  site: (scale) => planSite(Math.round(2004 * scale), 55.8 * MB * scale),
  // As the site, with text where sites have text.
  pages: (scale) => planSite(Math.round(2004 * scale), 55.8 * MB * scale),
  many: (scale) => [
    ...numbered(
      20_000 * scale,
      (index) => `pages/${index % 50}/${Math.floor(index / 50) % 50}/page-${index}.html`,
      [1024, 8192],
    ),
    ...numbered(10_000 * scale, (index) => `tokens/${index}.json`, [1024, 4096]),
  ],
  mixed: (scale) => [
    ...planSite(Math.round(1504 * scale), 42 * MB * scale),
    ...numbered(6000 * scale, (index) => `metadata/${index}.json`, [300, 1500]),
    ...numbered(13, (index) => `video/${index}.mp4`, [10 * MB * scale, 45 * MB * scale]),
  ],
  big: (scale) =>
    [800, 400, 250, 52].map((size, index) => ({ path: `media/${index % 2}/${index}.bin`, bytes: size * MB * scale })),
};

/** A generated web site: pages in directories of their own, scripts, styles and pictures, of log-normal sizes. */
function planSite(files: number, totalBytes: number): PlannedFile[] {
  const random = randomNumbers('site sizes');
  const kinds = ['js', 'css', 'png', 'woff2', 'json'];
  const weighed = Array.from({ length: files }, (_, index) => {
    const path =
      index % 3 === 0 ? `posts/post-${index}/index.html` : `assets/${index % 60}/chunk-${index}.${kinds[index % 5]}`;
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    return { path, weight: Math.exp(1.4 * normal) };
  });
  const weight = weighed.reduce((sum, file) => sum + file.weight, 0);
  return weighed.map((file) => ({ path: file.path, bytes: Math.round((file.weight / weight) * totalBytes) }));
}

function numbered(
  count: number,
  path: (index: number) => string,
  [least, most]: readonly [number, number],
): PlannedFile[] {
  const random = randomNumbers(path(0));
  return Array.from({ length: Math.round(count) }, (_, index) => ({
    path: path(index),
    bytes: Math.round(least + random() * (most - least)),
  }));
}

/** Numbers from 0 to below 1. */
function randomNumbers(seed: string): () => number {
  const next = randomStream(seed);
  return () => next(4).readUInt32LE() / 2 ** 32;
}

/** A stream of bytes that depends on the seed only. */
function randomStream(seed: string): (length: number) => Buffer {
  const key = createHash('sha256').update(seed).digest();
  const cipher = createCipheriv('aes-256-ctr', key, Buffer.alloc(16));
  return (length) => cipher.update(Buffer.alloc(length));
}

function textStream(kind: string, bytes: number, seed: number): (length: number) => Buffer {
  const text = pageText(kind, bytes, seed);
  let at = 0;
  return (length) => {
    at += length;
    return text.subarray(at - length, at);
  };
}

function writePlanned(path: string, bytes: number, next: (length: number) => Buffer): void {
  mkdirSync(dirname(path), { recursive: true });
  const fd = openSync(path, 'w');
  for (let left = bytes; left > 0; left -= PIECE_BYTES) writeSync(fd, next(Math.min(left, PIECE_BYTES)));
  closeSync(fd);
}
