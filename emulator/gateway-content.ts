import type { IncomingHttpHeaders } from 'node:http';
import { text } from 'node:stream/consumers';
import { NotFoundError, type UnixFSDirectory, type UnixFSEntry } from 'ipfs-unixfs-exporter';
import type { CID } from 'multiformats/cid';
import { type ContentAddress, contentPath } from './gateway-address.ts';
import {
  contentDisposition,
  type GatewayAnswer,
  GatewayRefusal,
  redirectAnswer,
  textAnswer,
} from './gateway-answer.ts';
import { type DagScope, streamCar } from './gateway-car.ts';
import { contentTypeOf } from './gateway-content-type.ts';
import { type RequireBlock, type ResolvedPath, readEntry, readFileBytes, resolvePath } from './gateway-dag.ts';
import { answerBytes, isUnchanged, unchangedAnswer } from './gateway-file.ts';
import { type ListingRow, renderListing } from './gateway-listing.ts';
import { MAX_REDIRECTS_BYTES, matchRedirect, parseRedirects } from './gateway-redirects.ts';

/** One request for content that access control has let through. */
export interface ContentRequest {
  readonly method: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly address: ContentAddress;
  readonly read: RequireBlock;
}

const IMMUTABLE = 'public, max-age=29030400, immutable';
/** A generated page changes with the gateway, not with the CID. */
const GENERATED = 'public, max-age=604800';

/** A file, a directory's index.html or listing, or what `_redirects` says (subdomain form only). */
export async function answerPage(request: ContentRequest): Promise<GatewayAnswer> {
  const { address, read } = request;
  let path: ResolvedPath;
  try {
    path = await resolvePath(read, address.root, address.segments);
  } catch (error) {
    if (error instanceof NotFoundError && address.form === 'subdomain') {
      return answerRedirects(request, error);
    }
    throw error;
  }
  const entry = await readEntry(read, path.cid);
  if (entry.type !== 'directory') {
    return answerFile(request, { entry, roots: path.roots, name: address.segments.at(-1) ?? '', status: 200 });
  }
  if (address.form === 'files') {
    throw new GatewayRefusal(400, 'This is a directory: a signed URL names one file.');
  }
  if (!address.pathname.endsWith('/')) {
    return redirectAnswer(301, `${address.pathname}/${address.search}`);
  }
  const index = await findFile(read, path.cid, 'index.html');
  return index === undefined
    ? answerListing(request, path, entry)
    : answerFile(request, { entry: index, roots: path.roots, name: 'index.html', status: 200 });
}

/** The block at the end of the path, as stored. */
export async function answerRaw(request: ContentRequest): Promise<GatewayAnswer> {
  const { address, read } = request;
  const path = await resolvePath(read, address.root, address.segments);
  const { cid } = path;
  const block = await read(cid);
  return answerBytes(request, {
    status: 200,
    headers: {
      ...contentHeaders(address, path.roots),
      Etag: `"${cid.toString()}.raw"`,
      'Content-Type': 'application/vnd.ipld.raw',
      'Content-Disposition': contentDisposition('attachment', offeredName(address) ?? `${cid.toString()}.bin`),
    },
    bytes: block.byteLength,
    async *read({ start, end }) {
      yield block.subarray(start, end);
    },
  });
}

/** A CAR of the path's blocks and what `dag-scope` asks for below it. */
export async function answerCar(request: ContentRequest): Promise<GatewayAnswer> {
  const { address, read } = request;
  const scope = parseScope(address.query.get('dag-scope') ?? 'all');
  const path = await resolvePath(read, address.root, address.segments);
  const { cid, pathCids } = path;
  // Read before the status is sent: a CAR whose root is missing is an error, one cut later is not.
  await read(cid);
  const headers = {
    ...contentHeaders(address, path.roots),
    Etag: `"${cid.toString()}.car.${scope}"`,
    'Accept-Ranges': 'none',
    'Content-Type': 'application/vnd.ipld.car; version=1; order=dfs; dups=n',
    'Content-Disposition': contentDisposition('attachment', offeredName(address) ?? `${cid.toString()}.car`),
  };
  if (isUnchanged(request.headers, headers.Etag)) {
    return unchangedAnswer(headers);
  }
  return { status: 200, headers, body: streamCar(read, { root: cid, scope, pathCids }) };
}

interface FoundFile {
  readonly entry: UnixFSEntry;
  readonly roots: readonly CID[];
  readonly name: string;
  readonly status: number;
}

function answerFile(request: ContentRequest, { entry, roots, name, status }: FoundFile): GatewayAnswer {
  const { address, read } = request;
  if (entry.type === 'object' || entry.type === 'directory') {
    throw new GatewayRefusal(400, `${entry.cid.toString()} is no UnixFS file.`);
  }
  const offered = offeredName(address);
  const download = address.query.get('download') === 'true';
  const disposition =
    offered === undefined && !download
      ? {}
      : { 'Content-Disposition': contentDisposition(download ? 'attachment' : 'inline', offered ?? name) };
  return answerBytes(request, {
    status,
    headers: {
      ...contentHeaders(address, roots),
      ...disposition,
      Etag: `"${entry.cid.toString()}"`,
      'Content-Type': contentTypeOf(offered ?? name),
    },
    bytes: Number(entry.size),
    read: (range) => readFileBytes(read, entry.cid, range),
  });
}

async function answerListing(
  request: ContentRequest,
  path: ResolvedPath,
  directory: UnixFSDirectory,
): Promise<GatewayAnswer> {
  const headers = {
    ...contentHeaders(request.address, path.roots),
    'Cache-Control': GENERATED,
    Etag: `"DirIndex-1_CID-${directory.cid.toString()}"`,
  };
  if (isUnchanged(request.headers, headers.Etag)) {
    return unchangedAnswer(headers);
  }
  const rows: ListingRow[] = [];
  for await (const { name, cid, size } of directory.entries()) {
    rows.push({ name, cid: cid.toString(), bytes: size });
  }
  const page = textAnswer(200, renderListing(contentPath(request.address), rows), 'text/html; charset=utf-8');
  return { ...page, headers: { ...headers, ...page.headers } };
}

async function answerRedirects(request: ContentRequest, notFound: NotFoundError): Promise<GatewayAnswer> {
  const { address, read } = request;
  const file = await findFile(read, address.root, '_redirects');
  if (file === undefined) {
    throw notFound;
  }
  if (file.size > MAX_REDIRECTS_BYTES) {
    throw new GatewayRefusal(500, `_redirects is larger than ${MAX_REDIRECTS_BYTES} bytes.`);
  }
  const whole = readFileBytes(read, file.cid, { start: 0, end: Number(file.size) });
  const match = matchRedirect(parseRules(await text(whole)), decodeURIComponent(address.pathname));
  if (match === undefined) {
    throw notFound;
  }
  if (match.kind === 'redirect') {
    return redirectAnswer(match.status, encodeURI(match.to));
  }
  const segments = match.to.split('/').filter(Boolean);
  const { cid, roots } = await resolvePath(read, address.root, segments);
  const entry = await readEntry(read, cid);
  return answerFile(request, { entry, roots, name: segments.at(-1) ?? '', status: match.status });
}

function parseRules(lines: string): ReturnType<typeof parseRedirects> {
  try {
    return parseRedirects(lines);
  } catch (error) {
    throw new GatewayRefusal(500, error instanceof Error ? error.message : '_redirects cannot be read.');
  }
}

function parseScope(scope: string): DagScope {
  if (scope === 'block' || scope === 'entity' || scope === 'all') {
    return scope;
  }
  throw new GatewayRefusal(400, `dag-scope must be block, entity or all, got "${scope}".`);
}

/** Undefined when the directory has nothing, or a directory, under the name. */
async function findFile(read: RequireBlock, directory: CID, name: string): Promise<UnixFSEntry | undefined> {
  try {
    const { cid } = await resolvePath(read, directory, [name]);
    const entry = await readEntry(read, cid);
    return entry.type === 'directory' ? undefined : entry;
  } catch (error) {
    if (error instanceof NotFoundError) {
      return undefined;
    }
    throw error;
  }
}

function contentHeaders(address: ContentAddress, roots: readonly CID[]): Readonly<Record<string, string>> {
  if (address.form === 'files') {
    return { 'Cache-Control': 'private, no-store' };
  }
  return {
    'Cache-Control': IMMUTABLE,
    'X-Ipfs-Path': contentPath(address),
    'X-Ipfs-Roots': roots.map((cid) => cid.toString()).join(','),
  };
}

function offeredName(address: ContentAddress): string | undefined {
  return address.query.get('filename') ?? undefined;
}
