import { hash } from 'node:crypto';
import { type Cid, cidFromDigest, DAG_PB_CODEC } from '../../domain/cid.ts';
import { ActionError } from '../../domain/errors.ts';
import { parseJson, textAt, valueAt } from '../../domain/json.ts';
import { readVarint, varintLength, writeVarint } from '../../domain/varint.ts';
import type { ListingCache } from '../../ports.ts';
import { type Answer, readAnswer, type Traffic } from '../http/traffic.ts';

export interface ListingCacheOptions {
  /** The runner's cache service and the run's token for it; both '' where there is none. */
  readonly resultsUrl: string;
  readonly token: string;
  /** A fresh request policy that ends with the deadline; its reason is an ActionError. */
  readonly traffic: (deadline: AbortSignal) => Traffic;
}

const MAX_BYTES = 16 * 1024 * 1024;
/** The directory blocks of a site have 50 bytes or more; hashing what somebody cut smaller could take long. */
const MAX_BLOCKS = 300_000;
const LOAD_MS = 5000;
const SAVE_MS = 5000;
/** Another format gets another version: the service then finds nothing of the one before. */
const VERSION = hash('sha256', 'pinata-deploy directory blocks 1');

/**
 * Directory blocks in the cache of GitHub Actions, one entry for each root. What comes out of it is what its hashes say,
 * whoever wrote it.
 */
export function createListingCache(options: ListingCacheOptions): ListingCache {
  const isOffered = options.resultsUrl !== '' && options.token !== '';
  return {
    load: async (root) => {
      const found = isOffered ? await within(LOAD_MS, (deadline) => loadEntry(options, root, deadline)) : undefined;
      return readBlocks(found ?? new Uint8Array());
    },
    save: async (root, blocks) => {
      const saved = isOffered
        ? await within(SAVE_MS, async (deadline) => {
            const bytes = packBlocks(blocks);
            return bytes === undefined ? undefined : await saveEntry(options, { key: keyOf(root), bytes }, deadline);
          })
        : undefined;
      return saved ?? 'unavailable';
    },
  };
}

/** What the work came to before its time was over; undefined when it failed. A cache is never worth a failure. */
async function within<T>(ms: number, work: (deadline: AbortSignal) => Promise<T>): Promise<T | undefined> {
  const controller = new AbortController();
  const expire = (): void => controller.abort(new ActionError('network', 'The cache took too long.'));
  const timer = setTimeout(expire, ms);
  try {
    return await work(controller.signal);
  } catch {
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}

function keyOf(root: Cid): string {
  return `pinata-deploy-${root}`;
}

/** The bytes of an entry; undefined when there is none, or more of it than `MAX_BYTES`. */
async function loadEntry(
  options: ListingCacheOptions,
  root: Cid,
  deadline: AbortSignal,
): Promise<Uint8Array | undefined> {
  const traffic = options.traffic(deadline);
  const found = await ask(options, traffic, ['GetCacheEntryDownloadURL', { key: keyOf(root), restore_keys: [] }]);
  const url = isOk(found) ? field(found, 'signed_download_url') : undefined;
  if (url === undefined) return undefined;
  const response = await fetch(url, { signal: deadline, redirect: 'error' });
  if (response.status !== 200) {
    await response.body?.cancel();
    return undefined;
  }
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    if (bytes > MAX_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

interface Entry {
  readonly key: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

async function saveEntry(
  options: ListingCacheOptions,
  { key, bytes }: Entry,
  deadline: AbortSignal,
): Promise<'saved' | 'present' | undefined> {
  const traffic = options.traffic(deadline);
  const reserved = await ask(options, traffic, ['CreateCacheEntry', { key }]);
  // Asked twice, it may be our own reservation, whose answer got lost: nothing follows it then.
  if (reserved.status === 409) return traffic.sent() === 1 ? 'present' : undefined;
  const url = isOk(reserved) ? field(reserved, 'signed_upload_url') : undefined;
  if (url === undefined) return undefined;
  const sent = await fetch(url, {
    method: 'PUT',
    headers: { 'content-type': 'application/octet-stream', 'x-ms-blob-type': 'BlockBlob' },
    body: bytes,
    signal: deadline,
    redirect: 'error',
  });
  await sent.body?.cancel();
  if (sent.status !== 201) return undefined;
  const finished = await ask(options, traffic, [
    'FinalizeCacheEntryUpload',
    { key, size_bytes: String(bytes.byteLength) },
  ]);
  return isOk(finished) ? 'saved' : undefined;
}

/** One call of the cache service: Twirp, in JSON. */
async function ask(
  { resultsUrl, token }: ListingCacheOptions,
  traffic: Traffic,
  [method, fields]: readonly [method: string, fields: object],
): Promise<Answer> {
  const url = new URL(`/twirp/github.actions.results.api.v1.CacheService/${method}`, resultsUrl);
  const request: RequestInit = {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ ...fields, version: VERSION }),
    // Wherever it would lead, the token is not for there.
    redirect: 'manual',
  };
  return await traffic.exchange(
    'use the cache',
    async (signal) => await readAnswer(await fetch(url, { ...request, signal })),
  );
}

function isOk({ status, body }: Answer): boolean {
  return status === 200 && valueAt(parseJson(body), 'ok') === true;
}

/** A field by its name in the service's description, or by the name that JSON of protobuf usually has. */
function field({ body }: Answer, name: string): string | undefined {
  const answer = parseJson(body);
  const text =
    textAt(answer, name) ??
    textAt(
      answer,
      name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
    );
  return text === '' ? undefined : text;
}

/** Each block behind its length; undefined when there is none, or more than an entry may have. */
function packBlocks(blocks: Iterable<Uint8Array>): Uint8Array<ArrayBuffer> | undefined {
  const taken: Uint8Array[] = [];
  let bytes = 0;
  for (const block of blocks) {
    bytes += varintLength(block.length) + block.length;
    if (bytes > MAX_BYTES || taken.length === MAX_BLOCKS) return undefined;
    taken.push(block);
  }
  if (bytes === 0) return undefined;
  const packed = new Uint8Array(bytes);
  let at = 0;
  for (const block of taken) {
    at = writeVarint(packed, block.length, at);
    packed.set(block, at);
    at += block.length;
  }
  return packed;
}

/** The blocks up to the first that is not whole, by the CIDs that their bytes have. */
function readBlocks(packed: Uint8Array): ReadonlyMap<Cid, Uint8Array> {
  const blocks = new Map<Cid, Uint8Array>();
  let at = 0;
  for (let count = 0; count < MAX_BLOCKS; count += 1) {
    const length = readVarint(packed, at);
    if (length === undefined || length.value === 0 || length.end + length.value > packed.length) break;
    at = length.end + length.value;
    const block = packed.subarray(length.end, at);
    blocks.set(cidFromDigest(DAG_PB_CODEC, hash('sha256', block, 'buffer')), block);
  }
  return blocks;
}

/**
 * The cache service that the runner offers to actions, and the token of this run, which is a secret. Both '' without the
 * second version of the service: Enterprise Servers have none, whatever they say.
 */
export function readCacheService(): { readonly resultsUrl: string; readonly token: string } {
  const { ACTIONS_CACHE_SERVICE_V2, ACTIONS_RESULTS_URL, ACTIONS_RUNTIME_TOKEN, GITHUB_SERVER_URL } = process.env;
  const resultsUrl = ACTIONS_RESULTS_URL ?? '';
  const token = ACTIONS_RUNTIME_TOKEN ?? '';
  const isOffered = (ACTIONS_CACHE_SERVICE_V2 ?? '') !== '' && isGitHubCloud(GITHUB_SERVER_URL ?? '');
  return isOffered && resultsUrl !== '' && token !== '' ? { resultsUrl, token } : { resultsUrl: '', token: '' };
}

function isGitHubCloud(serverUrl: string): boolean {
  if (serverUrl === '') return true;
  const host = URL.parse(serverUrl)?.hostname ?? '';
  return host === 'github.com' || host.endsWith('.ghe.com');
}
