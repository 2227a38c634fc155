import { hash } from 'node:crypto';
import { type Cid, cidFromDigest, codecOf, DAG_PB_CODEC } from '../../domain/cid.ts';
import { type GatewayTemplate, renderLink, renderPath } from '../../domain/link.ts';
import { readVarint } from '../../domain/varint.ts';
import type { WantedBlock } from './base-side.ts';
import { isTimeout, readStart, reasonOf, refusalIn } from './body.ts';

export type BlocksRead =
  /** The wanted block, and those that came with it; each verified. */
  | { readonly kind: 'read'; readonly blocks: ReadonlyMap<Cid, Uint8Array>; readonly bytes: number }
  /** What the gateway may be asked afterwards: nothing more, for other blocks, or even for the same one. */
  | { readonly kind: 'failed'; readonly reason: string; readonly worth: 'nothing' | 'others' | 'again' };

/** A gateway that serves blocks. */
export interface BlockSource {
  readonly host: string;
  /** Whether one answer brings all shards of a directory. */
  readonly shards: 'together' | 'one by one';
  read(wanted: WantedBlock, root: Cid, signal: AbortSignal): Promise<BlocksRead>;
}

/** No tool of today makes a directory larger than that, and eight may be under way at a time. */
const MAX_BLOCK_BYTES = 1024 * 1024;
/** All shards of a directory of a hundred thousand names. */
const MAX_CAR_BYTES = 8 * 1024 * 1024;
const MAX_CAR_NODES = 30_000;
const DEDICATED_TIMEOUT_MS = 4000;
const PUBLIC_TIMEOUT_MS = 5000;

/**
 * A gateway as a source of verified blocks. Public ones are asked by CID. The account's own refuses CIDs inside of what is
 * pinned, so it is asked by path; what has no path, the inner shards of a directory, comes from it as a CAR.
 */
export function createBlockSource(gateway: GatewayTemplate, key: string | undefined): BlockSource {
  const request: SourceRequest = {
    headers: key === undefined ? {} : { 'x-pinata-gateway-token': key },
    // A redirect would carry the key to another host.
    redirect: key === undefined ? 'follow' : 'error',
    timeoutMs: gateway.dedicated ? DEDICATED_TIMEOUT_MS : PUBLIC_TIMEOUT_MS,
  };
  const linkTo = (cid: Cid): string => renderLink(gateway.template, cid, 'file');
  return {
    host: new URL(linkTo(EXAMPLE)).host,
    shards: gateway.dedicated ? 'together' : 'one by one',
    read: async ({ cid, path, part }, root, signal) => {
      if (!gateway.dedicated) {
        return await readBlock(cid, { ...request, url: `${linkTo(cid)}?format=raw`, signal });
      }
      const place = path === '' ? linkTo(root) : `${linkTo(root).replace(/\/$/, '')}/${renderPath(path)}`;
      return part === 'whole'
        ? await readBlock(cid, { ...request, url: `${place}?format=raw`, signal })
        : await readCar(cid, { ...request, url: `${place}?format=car&dag-scope=entity`, signal });
    },
  };
}

const EXAMPLE = cidFromDigest(DAG_PB_CODEC, new Uint8Array(32));

interface SourceRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly redirect: 'follow' | 'error';
  readonly timeoutMs: number;
}

interface SentRequest extends SourceRequest {
  readonly url: string;
  readonly signal: AbortSignal;
}

async function readBlock(cid: Cid, request: SentRequest): Promise<BlocksRead> {
  const body = await open(request, { maxBytes: MAX_BLOCK_BYTES, accept: 'application/vnd.ipld.raw' });
  if (body.kind === 'failed') return body;
  if (cidFromDigest(codecOf(cid), hash('sha256', body.bytes, 'buffer')) !== cid) return wrongBytes(body.bytes);
  return { kind: 'read', blocks: new Map([[cid, body.bytes]]), bytes: body.bytes.length };
}

async function readCar(cid: Cid, request: SentRequest): Promise<BlocksRead> {
  const accept = 'application/vnd.ipld.car; version=1; order=dfs; dups=n';
  const body = await open(request, { maxBytes: MAX_CAR_BYTES, accept });
  if (body.kind === 'failed') return body;
  const blocks = new Map<Cid, Uint8Array>();
  for (const [found, bytes] of nodesInCar(body.bytes)) {
    if (blocks.size >= MAX_CAR_NODES) break;
    blocks.set(found, bytes);
  }
  return blocks.has(cid) ? { kind: 'read', blocks, bytes: body.bytes.length } : wrongBytes(body.bytes);
}

function wrongBytes(body: Buffer): BlocksRead {
  const refusal = refusalIn(body);
  const reason = refusal === undefined ? 'answered with other bytes' : `refused it (ERR_ID:${refusal})`;
  return { kind: 'failed', reason, worth: 'nothing' };
}

type Body = { readonly kind: 'body'; readonly bytes: Buffer } | Extract<BlocksRead, { kind: 'failed' }>;

async function open(
  { url, headers, redirect, timeoutMs, signal }: SentRequest,
  { maxBytes, accept }: { readonly maxBytes: number; readonly accept: string },
): Promise<Body> {
  try {
    const response = await fetch(url, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
      redirect,
      // Compressed, a few bytes could stand for any number.
      headers: { ...headers, accept, 'accept-encoding': 'identity' },
    });
    if (!response.ok) return await refused(response);
    const { bytes, whole } = await readStart(response, maxBytes);
    if (whole) return { kind: 'body', bytes };
    return { kind: 'failed', reason: `answered with more than ${maxBytes >> 20} MiB`, worth: 'nothing' };
  } catch (error) {
    return { kind: 'failed', reason: reasonOf(error), worth: isTimeout(error) ? 'others' : 'again' };
  }
}

/** What may pass: too many requests, and everything that is the gateway's own trouble. */
const PASSING = new Set([408, 429, 500, 502, 503, 504]);

async function refused(response: Response): Promise<Body> {
  const { bytes } = await readStart(response, 4096).catch(() => ({ bytes: Buffer.alloc(0) }));
  const refusal = refusalIn(bytes);
  const reason = `answered ${response.status}${refusal === undefined ? '' : ` (ERR_ID:${refusal})`}`;
  return { kind: 'failed', reason, worth: PASSING.has(response.status) ? 'again' : 'nothing' };
}

/** The dag-pb blocks of a CAR under the CIDs that they have, not those that they are said to have. */
function* nodesInCar(car: Buffer): Generator<[Cid, Uint8Array]> {
  // The first frame is the header.
  let frame = frameAt(car, 0);
  while (frame !== undefined) {
    frame = frameAt(car, frame.end);
    const block = frame === undefined ? undefined : blockOf(frame.bytes);
    if (block !== undefined) yield [cidFromDigest(DAG_PB_CODEC, hash('sha256', block, 'buffer')), block];
  }
}

function frameAt(car: Buffer, at: number): { readonly bytes: Buffer; readonly end: number } | undefined {
  const length = readVarint(car, at);
  if (length === undefined || length.end + length.value > car.length) return undefined;
  return { bytes: car.subarray(length.end, length.end + length.value), end: length.end + length.value };
}

const CID_V0_BYTES = 34;
const CID_V1_BYTES = 36;

/** What stands behind the CID of a frame, where that is one of a dag-pb node. */
function blockOf(frame: Buffer): Buffer | undefined {
  if (frame[0] === 0x12 && frame[1] === 0x20) return frame.subarray(CID_V0_BYTES);
  return frame[0] === 1 && frame[1] === DAG_PB_CODEC ? frame.subarray(CID_V1_BYTES) : undefined;
}
