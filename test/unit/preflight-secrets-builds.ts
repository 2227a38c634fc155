import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import type { Credential } from '../../src/domain/preflight/credential.ts';
import type { Finding } from '../../src/domain/preflight/finding.ts';
import { createInspection } from '../../src/domain/preflight/inspection.ts';
import { createSecretsRule } from '../../src/domain/preflight/secrets.ts';
import { seededNumbers } from '../support/seeded.ts';

/** Files of the corpus: see test/fixtures/secrets. `expect` is the kind of the secret in it, '' for none. */
const SAMPLES = v.array(
  v.strictObject({ name: v.string(), path: v.string(), expect: v.string(), parts: v.array(v.string()) }),
);

export type Sample = Readonly<v.InferOutput<typeof SAMPLES>[number]>;

export function readSamples(name: 'secrets' | 'look-alikes'): readonly Sample[] {
  const text = readFileSync(new URL(`../fixtures/secrets/${name}.json`, import.meta.url), 'utf8');
  return v.parse(SAMPLES, JSON.parse(text));
}

/** A file in pieces. */
export interface CutFile {
  readonly path: string;
  readonly pieces: readonly Uint8Array[];
}

export function fileOf(path: string, content: string | Uint8Array): CutFile {
  return { path, pieces: [typeof content === 'string' ? new TextEncoder().encode(content) : content] };
}

export function sampleFile({ path, parts }: Sample): CutFile {
  return fileOf(path, parts.join(''));
}

/** The same file in pieces of up to `longest` bytes, cut where `seed` says. */
export function cutFile({ path, pieces }: CutFile, longest: number, seed: number): CutFile {
  const bytes = Buffer.concat(pieces);
  const next = seededNumbers(seed);
  const cut: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = 1 + (next() % longest);
    cut.push(bytes.subarray(at, at + length));
    at += length;
  }
  return { path, pieces: cut };
}

/** What the rule finds in a build. A piece is overwritten after it was taken: it is valid only during the call. */
export async function findSecrets(
  files: readonly CutFile[],
  credentials: readonly Credential[] = [],
): Promise<readonly Finding[]> {
  const inspection = createInspection([{ rule: createSecretsRule({ credentials }), severity: 'error' }]);
  for (const { path, pieces } of files) {
    inspection.begin({ path, bytes: pieces.reduce((sum, piece) => sum + piece.length, 0) });
    for (const piece of pieces) {
      const copy = Uint8Array.from(piece);
      inspection.take(copy);
      copy.fill(0x41);
    }
    inspection.end();
  }
  return (await inspection.finish()).findings;
}

/** What the rule finds in a build of one file. */
export async function kindsIn(path: string, content: string | Uint8Array): Promise<readonly string[]> {
  return (await findSecrets([fileOf(path, content)])).map(({ kind, severity }) => `${severity} ${kind}`);
}
