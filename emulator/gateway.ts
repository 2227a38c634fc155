import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { NoResolverError, NotFoundError, NotUnixFSError } from 'ipfs-unixfs-exporter';
import type { CID } from 'multiformats/cid';
import { type ContentAddress, parseAddress } from './gateway-address.ts';
import {
  type GatewayAnswer,
  GatewayRefusal,
  redirectAnswer,
  sendAnswer,
  spoilBody,
  textAnswer,
} from './gateway-answer.ts';
import { answerCar, answerPage, answerRaw } from './gateway-content.ts';
import { MissingBlock, requireBlocks, spellings } from './gateway-dag.ts';
import { renderErrorPage } from './gateway-listing.ts';

/** What the gateway needs to know of the emulator: its blocks, its pins and its clock. */
export interface GatewayBackend {
  /** The stored bytes of a block, or undefined when it is not stored. */
  readBlock(cid: CID): Promise<Uint8Array | undefined>;
  /** True when a live pin has this CID as its root. */
  isPinned(root: CID): boolean;
  /** When the oldest live pin of this root was made; undefined without one. */
  pinnedSince(root: CID): Date | undefined;
  /** What a hot swap puts in the place of this root; undefined when nothing does, or there are no swaps at all. */
  swappedFor?(root: CID): CID | undefined;
  /** True when this root is pinned, and privately only: no address without a signature leads to it. */
  isPrivate?(root: CID): boolean;
  /** When the oldest private pin of a signed address was made; undefined without one. Throws the refusal of its signature. */
  admitSigned?(address: ContentAddress, method: string): Date | undefined;
  now(): Date;
}

/**
 * `dedicated`: only roots of live pins, no HTML (a *.mypinata.cloud host). `custom-domain`: the same with HTML.
 * `shared`: any stored CID, no HTML. `public`: any stored CID, but a root nobody pinned hangs and ends in 504.
 */
export type GatewayMode = 'dedicated' | 'custom-domain' | 'shared' | 'public';

/** `html200`: an error page with status 200. `wrong-bytes`: one byte is flipped. `truncate`: cut before the end. */
export type GatewayLie = 'html200' | 'wrong-bytes' | 'truncate';

/** All may be changed while the gateway serves: each request reads them anew. */
export interface GatewayOptions {
  /** Default `dedicated`. */
  readonly mode?: GatewayMode | undefined;
  /** When set, every request must carry it, and it opens any stored CID. */
  readonly token?: string | undefined;
  /** Content pinned less than this ago is answered as if it were unknown. Default 0. */
  readonly gatewayLagMs?: number | undefined;
  /** Answer `format=raw` and `format=car`; a gateway without them ignores the request for them. Default true. */
  readonly trustless?: boolean | undefined;
  /** How long a request hangs before its 504. Default 1000. */
  readonly hangMs?: number | undefined;
  readonly lies?: GatewayLie | undefined;
}

export type Gateway = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

const DEFAULT_HANG_MS = 1000;

/** Serves `/ipfs/<cid>[/path]` and `<cid>.ipfs.localhost` from the backend's blocks, as Pinata's gateways do. */
export function createGateway(backend: GatewayBackend, options: GatewayOptions): Gateway {
  return async (request, response) => {
    const answer = await answerRequest(request, backend, options).catch((error: unknown) => answerError(error));
    if (answer.status === 504) {
      await hang(response, options.hangMs ?? DEFAULT_HANG_MS);
    }
    await sendAnswer(request, response, answer);
  };
}

async function answerRequest(
  request: IncomingMessage,
  backend: GatewayBackend,
  options: GatewayOptions,
): Promise<GatewayAnswer> {
  const { method, headers } = request;
  if (method === 'OPTIONS') {
    return { status: 204, headers: {}, body: undefined };
  }
  if (method !== 'GET' && method !== 'HEAD') {
    return { ...textAnswer(405, 'A gateway only reads.'), headers: { Allow: 'GET, HEAD, OPTIONS' } };
  }
  const address = parseAddress(headers.host ?? '', request.url ?? '/');
  if ('location' in address) {
    return redirectAnswer(301, address.location);
  }
  const mapped = admit(request, address, { backend, options });
  const served = mapped === undefined ? address : { ...address, root: mapped };
  if (options.lies === 'html200') {
    return textAnswer(200, renderErrorPage(), 'text/html; charset=utf-8');
  }
  const content = { method, headers, address: served, read: requireBlocks((cid) => backend.readBlock(cid)) };
  const found = await ANSWER_BY_FORMAT[readFormat(request, address, options)](content);
  refuseHtml(found, options.mode);
  const answer = mapped === undefined ? found : nameSwapped(found, mapped);
  return options.lies === undefined ? answer : spoilBody(answer, options.lies);
}

interface Opened {
  readonly backend: GatewayBackend;
  readonly options: GatewayOptions;
}

/** Throws the refusal, unless the address may be served; answers what a hot swap puts in its place. */
function admit(request: IncomingMessage, address: ContentAddress, { backend, options }: Opened): CID | undefined {
  if (address.form === 'files') {
    requireSigned(address, request.method ?? '', { backend, options });
    return undefined;
  }
  const token = readToken(request, address);
  requireAccess({ address, token }, backend, options);
  const mapped = isOwn(options.mode) ? backend.swappedFor?.(address.root) : undefined;
  if (mapped !== undefined) requireAccess({ address: { ...address, root: mapped }, token }, backend, options);
  return mapped;
}

/** A signature is worth as much as the gateway's token, and serves what no token opens. */
function requireSigned(address: ContentAddress, method: string, { backend, options }: Opened): void {
  const since = isOwn(options.mode) ? backend.admitSigned?.(address, method) : undefined;
  const lagStart = backend.now().getTime() - (options.gatewayLagMs ?? 0);
  if (since === undefined || since.getTime() > lagStart) {
    throw new GatewayRefusal(404, 'This private file was not found.');
  }
}

/** True for the gateways of an account: only they know its hot swaps and its private files. */
function isOwn(mode: GatewayMode = 'dedicated'): boolean {
  return mode === 'dedicated' || mode === 'custom-domain';
}

/** The tag of swapped content is the CID it was swapped for, and it may change at any time. */
function nameSwapped(answer: GatewayAnswer, mapped: CID): GatewayAnswer {
  if (answer.headers.Etag === undefined) return answer;
  return { ...answer, headers: { ...answer.headers, Etag: `"${mapped.toString()}"`, 'Cache-Control': 'no-cache' } };
}

const ANSWER_BY_FORMAT = { page: answerPage, raw: answerRaw, car: answerCar };

function readFormat(
  request: IncomingMessage,
  address: ContentAddress,
  options: GatewayOptions,
): keyof typeof ANSWER_BY_FORMAT {
  if (options.trustless === false || address.form === 'files') {
    return 'page';
  }
  const accepted = /application\/vnd\.ipld\.(raw|car)\b/.exec(request.headers.accept ?? '')?.[1];
  const format = address.query.get('format') ?? accepted ?? 'page';
  if (format === 'page' || format === 'raw' || format === 'car') {
    return format;
  }
  throw new GatewayRefusal(406, `This gateway has no format "${format}".`);
}

function readToken(request: IncomingMessage, address: ContentAddress): string | undefined {
  const header = request.headers['x-pinata-gateway-token'];
  return typeof header === 'string' ? header : (address.query.get('pinataGatewayToken') ?? undefined);
}

/** Throws the refusal of the mode, unless the root may be served. */
function requireAccess(
  { address, token }: { readonly address: ContentAddress; readonly token: string | undefined },
  backend: GatewayBackend,
  options: GatewayOptions,
): void {
  if (options.token !== undefined && token !== options.token) {
    throw new GatewayRefusal(403, 'This content cannot be requested without the gateway token - ERR_ID:00024');
  }
  const mode = options.mode ?? 'dedicated';
  const roots = spellings(address.root);
  const pinned = roots.some((root) => backend.isPinned(root));
  const anyCid = mode === 'shared' || options.token !== undefined;
  const lagStart = backend.now().getTime() - (options.gatewayLagMs ?? 0);
  const pinTimes = roots.map((root) => backend.pinnedSince(root)?.getTime()).filter((time) => time !== undefined);
  const arrived = pinTimes.length === 0 || pinTimes.some((time) => time <= lagStart);
  const hidden = !pinned && roots.some((root) => backend.isPrivate?.(root) === true);
  if (hidden || !(arrived && (pinned || anyCid))) {
    throw unknownRoot(mode);
  }
}

function unknownRoot(mode: GatewayMode): GatewayRefusal {
  switch (mode) {
    case 'dedicated':
    case 'custom-domain':
      return new GatewayRefusal(403, 'The owner of this gateway has not pinned this content - ERR_ID:00006');
    case 'shared':
      return new GatewayRefusal(404, 'This content was not found.');
    case 'public':
      return new GatewayRefusal(504, 'No provider of this content answered in time.');
  }
}

function refuseHtml(answer: GatewayAnswer, mode: GatewayMode | undefined): void {
  const html = answer.headers['Content-Type']?.startsWith('text/html') ?? false;
  if (html && mode !== 'custom-domain' && mode !== 'public') {
    throw new GatewayRefusal(403, 'HTML is only served through a custom domain - ERR_ID:00023');
  }
}

function answerError(error: unknown): GatewayAnswer {
  if (error instanceof GatewayRefusal) {
    return textAnswer(error.status, error.message);
  }
  if (error instanceof NotFoundError) {
    return textAnswer(404, 'Nothing is stored at this path.');
  }
  if (error instanceof MissingBlock) {
    return textAnswer(504, error.message);
  }
  if (error instanceof NotUnixFSError || error instanceof NoResolverError) {
    return textAnswer(400, `This content is not UnixFS: ${error.message}`);
  }
  return textAnswer(500, error instanceof Error ? error.message : String(error));
}

/** Waits, or until the client has gone. */
async function hang(response: ServerResponse, ms: number): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  await sleep(ms, undefined, { signal: gone.signal }).catch(() => undefined);
}
