import { createCipheriv, createHash } from 'node:crypto';
import { closeSync, openSync, truncateSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { buildDag } from '../../src/adapters/unixfs/dag.ts';
import { parseCid } from '../../src/domain/cid.ts';
import type { CidProfile } from '../../src/domain/listing.ts';
// Regenerates the test vectors of IPIP-0499 from the recipe in the fixture: four texts and directories, ten files.
import vectors from '../fixtures/cid/ipip-0499.json' with { type: 'json' };
import { dagContent } from '../support/dag-content.ts';

// The 14 test vectors of IPIP-0499: their content is made again from the recipe in the fixture.

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz01234567890-_';
const PIECE_BYTES = 4_194_304;

/** The ChaCha20 keystream that the recipe draws from. */
function keystream(seed: string): (length: number) => Buffer {
  const key = createHash('sha256').update(seed).digest();
  const cipher = createCipheriv('chacha20', key, Buffer.alloc(16));
  const zeros = Buffer.alloc(PIECE_BYTES);
  return (length) => cipher.update(zeros.subarray(0, length));
}

function writeKeystream(path: string, seed: string, bytes: number): void {
  const next = keystream(seed);
  const fd = openSync(path, 'w');
  for (let left = bytes; left > 0; left -= PIECE_BYTES) writeSync(fd, next(Math.min(left, PIECE_BYTES)));
  closeSync(fd);
}

async function rootOfFile(profile: CidProfile, source: string): Promise<string> {
  return (await buildDag({ kind: 'file', entry: { path: 'file', source, bytes: 0, kind: 'file' } }, profile)).root;
}

function profileOf(vector: { readonly profile: string }): CidProfile {
  return vector.profile === 'unixfs-v0-2015' ? 'unixfs-v0-2015' : 'unixfs-v1-2025';
}

test.for(vectors.texts)('$profile: the text "$text"', async (vector) => {
  using content = dagContent();
  const [entry] = content.entries({ text: vector.text });
  expect(await rootOfFile(profileOf(vector), entry?.source ?? '')).toBe(parseCid(vector.cid));
});

const seeds = [...new Set(vectors.files.map(({ seed }) => seed))];

test.for(seeds)('a file at and one byte over a limit, from %s', { timeout: 120_000 }, async (seed) => {
  using content = dagContent();
  const path = join(content.directory, 'keystream');
  // From the largest down: what is left of a file that is cut begins with the same bytes.
  const files = vectors.files.filter((vector) => vector.seed === seed).toSorted((a, b) => b.bytes - a.bytes);
  writeKeystream(path, seed, files[0]?.bytes ?? 0);
  for (const vector of files) {
    truncateSync(path, vector.bytes);
    expect(await rootOfFile(profileOf(vector), path), vector.name).toBe(parseCid(vector.cid));
  }
  expect(files).toHaveLength(2);
});

test.for(vectors.directories)('$profile: $name', async (vector) => {
  using content = dagContent();
  const next = keystream(vector.seed);
  const names = Array.from({ length: vector.files }, (_, index) => {
    const length = index === vector.files - 1 ? vector.lastNameLength : vector.nameLength;
    return Array.from(next(length), (byte) => ALPHABET[byte % ALPHABET.length]).join('');
  });
  const entries = content.entries(Object.fromEntries(names.map((name) => [name, 'x'])));
  expect((await buildDag({ kind: 'directory', entries }, profileOf(vector))).root).toBe(parseCid(vector.cid));
});
