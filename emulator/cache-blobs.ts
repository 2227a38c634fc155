import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type Answer, Refusal } from './answer.ts';
import type { Backend } from './backend.ts';
import type { Call } from './route.ts';

const signedMs = 10 * 60 * 1000;

/** `r` reads, `cw` creates or writes: words of a shared access signature. */
type BlobPermission = 'r' | 'cw';

/** A URL that lets anybody read or write one blob for a while. */
export function signBlobUrl(
  blob: string,
  { origin, may }: { readonly origin: string; readonly may: BlobPermission },
  backend: Backend,
): string {
  const query = new URLSearchParams({
    se: new Date(backend.clock.now().getTime() + signedMs).toISOString(),
    sp: may,
    spr: 'https,http',
    sr: 'b',
    sv: '2025-07-05',
  });
  query.set('sig', renderSignature(blob, query, backend));
  return `${origin}/blob/${blob}?${query.toString()}`;
}

function renderSignature(blob: string, query: URLSearchParams, backend: Backend): string {
  const known = backend.store.settings.get('blob-secret')?.value;
  const secret = known ?? randomBytes(32).toString('hex');
  if (known === undefined) backend.store.settings.put({ id: 'blob-secret', value: secret });
  const covered = ['se', 'sp', 'sr', 'sv'].map((name) => query.get(name) ?? '');
  return createHmac('sha256', secret)
    .update(JSON.stringify([blob, ...covered]))
    .digest('base64');
}

/** The blob storage: `GET` and `PUT` of signed URLs, in one piece. */
export async function answerBlob(
  { method, url, headers, body }: Omit<Call, 'params'>,
  backend: Backend,
): Promise<Answer> {
  const blob = url.pathname.slice('/blob/'.length);
  // The storage takes another authorization than its own for a broken one of its own.
  if (headers.authorization !== undefined) throw new Refusal(400, 'Not in the correct format', unauthorized);
  verifySignature(blob, { method, query: url.searchParams }, backend);
  if (method === 'PUT') {
    if (headers['x-ms-blob-type'] !== 'BlockBlob') {
      throw new Refusal(400, 'x-ms-blob-type has to be BlockBlob', { reason: 'MissingRequiredHeader' });
    }
    const path = blobPath(blob, backend);
    await pipeline(body, createWriteStream(`${path}.part`));
    await rename(`${path}.part`, path);
    return { status: 201, headers: {}, body: '' };
  }
  const bytes = await readBlob(blob, backend);
  if (bytes === undefined) throw new Refusal(404, 'The specified blob does not exist.', { reason: 'BlobNotFound' });
  return { status: 200, headers: { 'Content-Type': 'application/octet-stream' }, body: bytes };
}

const unauthorized = { reason: 'InvalidAuthenticationInfo' };

function verifySignature(
  blob: string,
  { method, query }: { readonly method: string; readonly query: URLSearchParams },
  backend: Backend,
): void {
  const given = Buffer.from(query.get('sig') ?? '');
  const expected = Buffer.from(renderSignature(blob, query, backend));
  const isSigned = given.length === expected.length && timingSafeEqual(given, expected);
  const isFresh = Date.parse(query.get('se') ?? '') > backend.clock.now().getTime();
  const allowed = query.get('sp') === 'cw' ? ['PUT'] : ['GET'];
  if (isSigned && isFresh && allowed.includes(method)) return;
  throw new Refusal(403, 'Server failed to authenticate the request.', { reason: 'AuthenticationFailed' });
}

/** Errors of the storage are XML. */
export function renderBlobRefusal({ status, reason, message }: Refusal): Answer {
  const error = `<Error><Code>${reason ?? 'InternalError'}</Code><Message>${message}</Message></Error>`;
  return {
    status,
    headers: { 'Content-Type': 'application/xml' },
    body: `<?xml version="1.0" encoding="utf-8"?>${error}`,
  };
}

/** Where the bytes of a blob are; ids are ours, so they are names of files. */
export function blobPath(blob: string, backend: Backend): string {
  return join(backend.cacheBlobs, blob);
}

export async function readBlob(blob: string, backend: Backend): Promise<Buffer | undefined> {
  return await readFile(blobPath(blob, backend)).catch(() => undefined);
}

/** Undefined where there is none. */
export async function blobBytes(blob: string, backend: Backend): Promise<number | undefined> {
  return await stat(blobPath(blob, backend)).then(
    ({ size }) => size,
    () => undefined,
  );
}

export async function removeBlob(blob: string, backend: Backend): Promise<void> {
  await rm(blobPath(blob, backend), { force: true });
}
