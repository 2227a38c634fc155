import * as v from 'valibot';
import { type Answer, json, Refusal } from './answer.ts';
import type { Backend } from './backend.ts';
import { answerBlob, blobBytes, renderBlobRefusal, signBlobUrl } from './cache-blobs.ts';
import type { CacheEntry, CacheToken } from './cache-records.ts';
import { defaultScope } from './cache-tokens.ts';
import { readJson } from './json-body.ts';
import type { Call } from './route.ts';

/** The cache of GitHub Actions, version 2: Twirp calls in JSON, and the blob storage that their answers point to. */
export async function answerCache(call: Omit<Call, 'params'>, backend: Backend): Promise<Answer> {
  const isBlob = call.url.pathname.startsWith('/blob/');
  try {
    return isBlob ? await answerBlob(call, backend) : await answerTwirp(call, backend);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    if (isBlob) return renderBlobRefusal(error);
    return json(error.status, { code: error.reason ?? 'malformed', msg: error.message }, error.headers);
  }
}

const service = '/twirp/github.actions.results.api.v1.CacheService/';

interface CacheCall extends Omit<Call, 'params'> {
  readonly token: CacheToken;
}

type Method = (call: CacheCall, backend: Backend) => Promise<object>;

async function answerTwirp(call: Omit<Call, 'params'>, backend: Backend): Promise<Answer> {
  const { pathname } = call.url;
  const name = pathname.startsWith(service) ? pathname.slice(service.length) : '';
  const method = methods.get(name);
  if (call.method !== 'POST' || method === undefined) {
    throw new Refusal(404, `no handler for path "${pathname}"`, { reason: 'bad_route' });
  }
  if (call.headers['content-type']?.startsWith('application/json') !== true) {
    throw new Refusal(404, 'unexpected Content-Type', { reason: 'bad_route' });
  }
  const token = backend.cacheTokens.authenticate(call.headers.authorization);
  return json(200, await method({ ...call, token }, backend));
}

/** Fields have their names of the proto file, or the same in camel case: protobuf's JSON takes both. */
const fields = v.pipe(
  v.record(v.string(), v.unknown()),
  v.transform((given) =>
    Object.fromEntries(
      Object.entries(given).map(([name, value]) => [
        name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
        value,
      ]),
    ),
  ),
);
const key = v.pipe(v.string(), v.nonEmpty(), v.maxLength(512), v.regex(/^[^,]*$/, 'A key has no comma'));
const named = { key, version: v.pipe(v.string(), v.nonEmpty()) };
const lookup = v.pipe(fields, v.object({ ...named, restore_keys: v.optional(v.array(key), []) }));
const reservation = v.pipe(fields, v.object(named));
const finish = v.pipe(
  fields,
  v.object({
    ...named,
    size_bytes: v.pipe(v.union([v.string(), v.number()]), v.transform(Number), v.integer(), v.minValue(0)),
  }),
);

const methods: ReadonlyMap<string, Method> = new Map<string, Method>([
  ['GetCacheEntryDownloadURL', findEntry],
  ['CreateCacheEntry', reserveEntry],
  ['FinalizeCacheEntryUpload', finishEntry],
]);

async function findEntry(call: CacheCall, backend: Backend): Promise<object> {
  const wanted = await readJson(lookup, call.body);
  const found = match(wanted, call.token, backend);
  if (found === undefined) return { ok: false, signed_download_url: '', matched_key: '' };
  const signed_download_url = signBlobUrl(found.blob, { origin: call.url.origin, may: 'r' }, backend);
  return { ok: true, signed_download_url, matched_key: found.key };
}

/** The entry with the key, else the newest one whose key starts like it, in the run's own scope first. */
function match(wanted: v.InferOutput<typeof lookup>, { scope }: CacheToken, backend: Backend): CacheEntry | undefined {
  const entries = backend.store.cache.entries
    .all()
    .filter(({ version, sizeBytes }) => version === wanted.version && sizeBytes !== null)
    .toSorted((left, right) => right.entryId - left.entryId);
  for (const readable of new Set([scope, defaultScope])) {
    const here = entries.filter((entry) => entry.scope === readable);
    for (const start of [wanted.key, ...wanted.restore_keys]) {
      const found = here.find((entry) => entry.key === start) ?? here.find((entry) => entry.key.startsWith(start));
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

async function reserveEntry(call: CacheCall, backend: Backend): Promise<object> {
  const { key, version } = await readJson(reservation, call.body);
  const { scope } = requireWrite(call.token);
  const { entries } = backend.store.cache;
  const id = entryIdOf({ key, version, scope });
  if (entries.get(id) !== undefined) {
    throw new Refusal(409, 'cache entry with the same key, version, and scope already exists', {
      reason: 'already_exists',
    });
  }
  const entryId = Math.max(0, ...entries.all().map((entry) => entry.entryId)) + 1;
  const blob = backend.newId();
  entries.put({ id, key, version, scope, entryId, blob, sizeBytes: null });
  const signed_upload_url = signBlobUrl(blob, { origin: call.url.origin, may: 'cw' }, backend);
  return { ok: true, signed_upload_url, message: '' };
}

async function finishEntry(call: CacheCall, backend: Backend): Promise<object> {
  const { key, version, size_bytes: sizeBytes } = await readJson(finish, call.body);
  const { scope } = requireWrite(call.token);
  const entry = backend.store.cache.entries.get(entryIdOf({ key, version, scope }));
  if (entry === undefined) throw new Refusal(404, 'cache entry not found', { reason: 'not_found' });
  if ((await blobBytes(entry.blob, backend)) !== sizeBytes) {
    return { ok: false, entry_id: '0', message: 'the uploaded blob has another size' };
  }
  backend.store.cache.entries.put({ ...entry, sizeBytes });
  return { ok: true, entry_id: String(entry.entryId), message: '' };
}

function requireWrite(token: CacheToken): CacheToken {
  if (token.write) return token;
  throw new Refusal(403, 'cache write denied: the token may only read', { reason: 'permission_denied' });
}

function entryIdOf({ key, version, scope }: Pick<CacheEntry, 'key' | 'version' | 'scope'>): string {
  return JSON.stringify([scope, version, key]);
}
