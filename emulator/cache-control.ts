import { writeFile } from 'node:fs/promises';
import * as v from 'valibot';
import { type Answer, json, Refusal } from './answer.ts';
import type { Backend } from './backend.ts';
import { blobPath, readBlob, removeBlob } from './cache-blobs.ts';
import type { CacheEntry } from './cache-records.ts';
import { defaultScope } from './cache-tokens.ts';
import { readJson } from './json-body.ts';
import type { Call } from './route.ts';

const key = v.pipe(v.string(), v.nonEmpty());

const changeSchema = v.union(
  [
    v.strictObject({ evict: key }),
    v.strictObject({ lose: key }),
    v.strictObject({ poison: key, at: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0))) }),
    v.strictObject({ replace: key, base64: v.pipe(v.string(), v.base64()) }),
  ],
  'Give one of evict, lose, poison (and at), replace (and base64)',
);

/**
 * What happens to the entries with a key, of every scope: they are gone, their blob is gone, one byte of it is another
 * (in the middle unless `at` says where), or all of it is.
 */
export type CacheChange = v.InferInput<typeof changeSchema>;

/** `POST /__emulator/cache`; answers the entries that are left. */
export async function changeCache(call: Call, backend: Backend): Promise<Answer> {
  const change = await readJson(changeSchema, call.body);
  const { entries } = backend.store.cache;
  const name = keyOf(change);
  const named = entries.all().filter((entry) => entry.key === name);
  if (named.length === 0) throw new Refusal(404, `No entry has the key ${name}`);
  for (const entry of named) await changeEntry(entry, change, backend);
  return json(200, entries.all());
}

function keyOf(change: v.InferOutput<typeof changeSchema>): string {
  if ('evict' in change) return change.evict;
  if ('lose' in change) return change.lose;
  return 'poison' in change ? change.poison : change.replace;
}

async function changeEntry(
  { id, blob }: CacheEntry,
  change: v.InferOutput<typeof changeSchema>,
  backend: Backend,
): Promise<void> {
  if ('evict' in change) backend.store.cache.entries.remove(id);
  if ('evict' in change || 'lose' in change) return await removeBlob(blob, backend);
  if ('replace' in change) return await writeFile(blobPath(blob, backend), Buffer.from(change.base64, 'base64'));
  const bytes = await readBlob(blob, backend);
  const at = change.at ?? Math.floor((bytes?.length ?? 0) / 2);
  if (bytes === undefined || at >= bytes.length) throw new Refusal(400, 'at: There is no such byte');
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
  await writeFile(blobPath(blob, backend), bytes);
}

const grantsSchema = v.strictObject({
  scope: v.optional(v.pipe(v.string(), v.nonEmpty()), defaultScope),
  write: v.optional(v.boolean(), false),
});

/** `POST /__emulator/cache/tokens`: a token of a scope, which may only read unless `write` is true. */
export async function addCacheToken(call: Call, backend: Backend): Promise<Answer> {
  return json(200, { token: backend.cacheTokens.add(await readJson(grantsSchema, call.body)).id });
}
