import { rm, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { FileStore } from '@tus/file-store';
import { Server } from '@tus/server';
import { type Answer, Refusal } from './answer.ts';
import type { Backend } from './backend.ts';
import { recordPin, storeParts } from './ingest.ts';
import type { Knobs } from './knobs.ts';
import type { Call } from './route.ts';
import { checkSignedContent, signedFields, useSigned } from './signed-uploads.ts';
import { parseUploadFields } from './upload-fields.ts';

/** Resumable uploads; a partial one survives a restart of the emulator. */
export interface Tus {
  create(call: Call): Promise<Answer>;
  append(call: Call): Promise<Answer>;
  head(call: Call): Promise<Answer>;
}

type Metadata = Readonly<Record<string, string | null>>;

/** Opens the partial uploads of a backend. */
export function createTus(backend: Backend): Tus {
  const { knobs } = backend;
  const partials = new FileStore({ directory: backend.partials });
  const server = createServer(partials, backend);
  const finishing = new Map<string, Promise<string>>();
  let patches = 0;

  /** The CID once all bytes are there; concurrent callers share one import. */
  const finish = async (id: string): Promise<string | undefined> => {
    const upload = await partials.getUpload(id);
    if (upload.size === undefined || upload.offset < upload.size) return undefined;
    const known = backend.store.finishedUploads.get(id)?.cid;
    if (known !== undefined) return known;
    const running = finishing.get(id) ?? importUpload(id, upload.metadata ?? {}, backend);
    finishing.set(id, running);
    try {
      return await running;
    } finally {
      finishing.delete(id);
    }
  };

  const exchange = async (call: Call): Promise<Answer> => {
    const bytes = new PassThrough();
    relay(call.body, bytes);
    const request = renderRequest(call, bytes, knobs);
    const response = await server.handleWeb(request).finally(() => call.body.unpipe(bytes));
    const answer = await renderResponse(response);
    if (answer.status >= 300) return answer;
    const id = call.params.id ?? uploadIdOf(answer.headers.location ?? '');
    const cid = await finish(id);
    return cid === undefined || call.method === 'HEAD' ? answer : withHeader(answer, 'Upload-Cid', cid);
  };

  return {
    create: (call) => exchange(call),
    head: (call) => exchange(call),
    append: async (call) => {
      patches += 1;
      if (knobs.tus500EveryN > 0 && patches % knobs.tus500EveryN === 0) {
        if (knobs.tusDropPartialOn500) await dropPartial(call.params.id ?? '', backend);
        throw new Refusal(500, 'Durable Object is overloaded. Requests queued for too long.');
      }
      const lost = patches <= knobs.tusLoseResponse;
      const answer = await exchange(call);
      return lost ? { ...answer, cut: true } : answer;
    },
  };
}

function createServer(partials: FileStore, backend: Backend): Server {
  return new Server({
    path: '/v3/files',
    datastore: partials,
    maxSize: backend.knobs.uploadLimit,
    // A presigned upload keeps the id that its URL is signed for.
    namingFunction: (request) => uploadIdOf(request.url) || backend.newId(),
    getFileIdFromRequest: (request) => uploadIdOf(request.url),
    generateUrl: (request, { id }) => locationOf(new URL(request.url), id, request.headers.get('upload-metadata')),
    onUploadCreate: (_request, upload) => {
      // What the plan refuses is refused before the bytes come.
      const metadata = upload.metadata ?? {};
      const content = { bytes: upload.size ?? 0, mimeType: metadata.filetype ?? '' };
      checkSignedContent(upload.id, content, backend);
      parseUploadFields(fieldsOf(upload.id, metadata, backend), backend);
      return Promise.resolve({});
    },
    // The library would make a 500 of an error it does not know.
    onResponseError: (_request, error) =>
      error instanceof Refusal ? { status_code: error.status, body: error.message } : undefined,
  });
}

/** `/v3/files/<id>/<filename>` → id. */
function uploadIdOf(url: string): string {
  return new URL(url).pathname.split('/')[3] ?? '';
}

/** Absolute, on the host that the client reached us by: there may be a proxy in between. */
function locationOf(url: URL, id: string, metadata: string | null): string {
  const encoded = /(?:^|,)\s*filename ([^,\s]+)/.exec(metadata ?? '')?.[1] ?? '';
  const filename = Buffer.from(encoded, 'base64').toString('utf8') || 'file';
  return `${url.origin}/v3/files/${id}/${encodeURIComponent(filename)}${url.search}`;
}

/** Between the connection and the library: a refused body can still be drained, a cut one ends what reads it. */
function relay(body: Readable, bytes: PassThrough): void {
  body.pipe(bytes);
  body.once('close', () => {
    if (!body.readableEnded) bytes.destroy(new Error('The connection was cut'));
  });
}

function renderRequest(call: Call, body: Readable, knobs: Knobs): Request {
  const headers = new Headers();
  for (const [name, value] of Object.entries(call.headers)) {
    if (typeof value === 'string') headers.set(name, value);
  }
  // Pinata's own client never sends it.
  if (!knobs.requireTusResumable && !headers.has('tus-resumable')) headers.set('tus-resumable', '1.0.0');
  if (call.method !== 'PATCH') return new Request(call.url, { method: call.method, headers });
  return new Request(call.url, { method: 'PATCH', headers, body: Readable.toWeb(body), duplex: 'half' });
}

async function renderResponse(response: Response): Promise<Answer> {
  const body = await response.text();
  if (response.status >= 400) throw new Refusal(response.status, body.trim());
  return { status: response.status, headers: Object.fromEntries(response.headers), body };
}

function withHeader(answer: Answer, name: string, value: string): Answer {
  return { ...answer, headers: { ...answer.headers, [name]: value } };
}

/** Resumable metadata under the names of the form's fields; `filename` is the record's name. */
function fieldsOf(id: string, metadata: Metadata, backend: Backend): ReadonlyMap<string, string> {
  const signed = signedFields(id, backend);
  if (signed !== undefined) return signed;
  const fields = new Map(Object.entries(metadata).map(([name, value]) => [name, value ?? '']));
  const filename = fields.get('filename');
  fields.delete('name');
  if (filename !== undefined) fields.set('name', filename);
  return fields;
}

async function importUpload(id: string, metadata: Metadata, backend: Backend): Promise<string> {
  const file = join(backend.partials, id);
  const fields = parseUploadFields(fieldsOf(id, metadata, backend), backend);
  const { size } = await stat(file);
  const part = { path: fields.name ?? 'file', mimeType: metadata.filetype ?? '', file, bytes: size };
  const { pin } = recordPin(await storeParts([part], fields, backend), fields, backend);
  backend.store.finishedUploads.put({ id, cid: pin.cid });
  useSigned(id, backend);
  // A hole of the same length: HEAD still tells the full offset, and the disk is free.
  await truncate(file, 0);
  await truncate(file, size);
  return pin.cid;
}

/** The upload goes on from byte 0. */
async function dropPartial(id: string, backend: Backend): Promise<void> {
  await truncate(join(backend.partials, id), 0).catch(() => rm(join(backend.partials, id), { force: true }));
}
