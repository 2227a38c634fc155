import * as v from 'valibot';
import { type Answer, envelope, Refusal } from './answer.ts';
import type { Backend } from './backend.ts';
import { parseJson, readJson } from './json-body.ts';
import type { Call } from './route.ts';
import { isSameSignature, renderSignature } from './signature.ts';
import { parseUploadFields } from './upload-fields.ts';

const grantSchema = v.object({
  date: v.optional(v.number()),
  expires: v.number(),
  network: v.optional(v.string(), 'private'),
  filename: v.optional(v.string()),
  group_id: v.optional(v.string()),
  keyvalues: v.optional(v.record(v.string(), v.string())),
  max_file_size: v.optional(v.number()),
  allow_mime_types: v.optional(v.array(v.string())),
});

type Grant = v.InferOutput<typeof grantSchema>;

/** `POST /v3/files/sign`: a URL for one upload whose metadata is fixed here. */
export async function signUpload(call: Call, backend: Backend): Promise<Answer> {
  const grant = await readJson(grantSchema, call.body);
  parseUploadFields(fieldsOf(grant), backend);
  const id = backend.newId();
  backend.store.signedUploads.put({ id, fields: JSON.stringify(grant), used: false });
  const query = new URLSearchParams({
    'X-Algorithm': 'PINATA2',
    'X-Date': String(grant.date ?? Math.floor(backend.clock.now().getTime() / 1000)),
    'X-Expires': String(grant.expires),
    'X-Method': '["HEAD","PATCH","POST"]',
    'X-User-ID': '00000000-0000-4000-8000-000000000001',
  });
  query.set('X-Signature', signatureOf(id, query, backend));
  return envelope(`${call.url.origin}/v3/files/${id}?${query.toString()}`);
}

/** True for a URL that carries a signature in place of a key. */
export function isSigned(url: URL): boolean {
  return url.searchParams.has('X-Signature');
}

/** Throws 403 unless the URL was signed here and has not expired, 409 when it was used. */
export function verifySigned(call: Pick<Call, 'method' | 'url'>, backend: Backend): void {
  const id = call.url.pathname.split('/')[3] ?? '';
  const query = call.url.searchParams;
  const signed = backend.store.signedUploads.get(id);
  const expected = signatureOf(id, query, backend);
  if (signed === undefined || !isSameSignature(query.get('X-Signature'), expected)) {
    throw new Refusal(403, 'The signature of the presigned URL is not valid');
  }
  // Only the start counts: a resumable upload may outlast the URL.
  if (call.method !== 'POST') return;
  const expiresMs = (Number(query.get('X-Date')) + Number(query.get('X-Expires'))) * 1000;
  if (backend.clock.now().getTime() >= expiresMs) throw new Refusal(403, 'The presigned URL has expired');
  if (signed.used) throw new Refusal(409, 'The presigned URL has been used already');
}

function signatureOf(id: string, query: URLSearchParams, backend: Backend): string {
  const covered = ['X-Algorithm', 'X-Date', 'X-Expires', 'X-Method', 'X-User-ID'].map((name) => query.get(name) ?? '');
  return renderSignature([id, ...covered], backend);
}

/** The fields fixed when `id` was signed; undefined when this is no presigned upload. */
export function signedFields(id: string, backend: Backend): ReadonlyMap<string, string> | undefined {
  const signed = backend.store.signedUploads.get(id);
  return signed === undefined ? undefined : fieldsOf(parseJson(grantSchema, signed.fields));
}

function fieldsOf(grant: Grant): ReadonlyMap<string, string> {
  const { network, filename, group_id: group, keyvalues } = grant;
  return new Map([
    ['network', network],
    ...(filename === undefined ? [] : [['name', filename] as const]),
    ...(group === undefined ? [] : [['group_id', group] as const]),
    ...(keyvalues === undefined ? [] : [['keyvalues', JSON.stringify(keyvalues)] as const]),
  ]);
}

/** Throws 413 or 400 when the content is not what `id` was signed for. */
export function checkSignedContent(
  id: string,
  content: { readonly bytes: number; readonly mimeType: string },
  backend: Backend,
): void {
  const signed = backend.store.signedUploads.get(id);
  if (signed === undefined) return;
  const grant = parseJson(grantSchema, signed.fields);
  // Reported of the service: a file of exactly the limit is refused as well.
  if (grant.max_file_size !== undefined && content.bytes >= grant.max_file_size) {
    throw new Refusal(413, 'Upload-Length exceeds maximum upload size');
  }
  const allowed = grant.allow_mime_types;
  if (allowed !== undefined && !allowed.some((pattern) => matchesMimeType(pattern, content.mimeType))) {
    throw new Refusal(
      400,
      `Presigned URL does not grant permissions to upload detected MIME type: ${content.mimeType}`,
    );
  }
}

/** `image/*` covers `image/png`, but no wildcard covers `directory`. */
function matchesMimeType(pattern: string, mimeType: string): boolean {
  if (pattern === mimeType) return true;
  return mimeType.includes('/') && pattern.endsWith('/*') && mimeType.startsWith(pattern.slice(0, -1));
}

/** Called once the upload has a record. */
export function useSigned(id: string, backend: Backend): void {
  const signed = backend.store.signedUploads.get(id);
  if (signed !== undefined) backend.store.signedUploads.put({ ...signed, used: true });
}
