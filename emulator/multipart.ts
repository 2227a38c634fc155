import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import type { IncomingHttpHeaders } from 'node:http';
import { join } from 'node:path';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import busboy from 'busboy';
import { Refusal } from './answer.ts';

/** One file part, its bytes in a scratch file. */
export interface Part {
  /** The filename as it was sent, folders included. */
  readonly path: string;
  readonly mimeType: string;
  readonly file: string;
  readonly bytes: number;
}

/** A received form; `discard` removes its scratch files. */
export interface Form {
  readonly fields: ReadonlyMap<string, string>;
  readonly parts: readonly Part[];
  discard(): Promise<void>;
}

interface FormLimits {
  /** Scratch files go below this directory. */
  readonly scratch: string;
  /** Largest body in bytes. */
  readonly bodyBytes: number;
}

/** Receives a multipart form without holding it in memory. Throws 400 when it is malformed, 413 when it is too large. */
export async function receiveForm(headers: IncomingHttpHeaders, body: Readable, limits: FormLimits): Promise<Form> {
  if (Number(headers['content-length'] ?? 0) > limits.bodyBytes) throw tooLarge();
  const directory = await mkdtemp(join(limits.scratch, 'form-'));
  const discard = (): Promise<void> => rm(directory, { recursive: true, force: true });
  try {
    return { ...(await parseForm({ headers, body, directory }, limits)), discard };
  } catch (error) {
    await discard();
    if (error instanceof Refusal) throw error;
    throw new Refusal(400, `Malformed multipart body: ${error instanceof Error ? error.message : String(error)}`);
  }
}

interface IncomingForm {
  readonly headers: IncomingHttpHeaders;
  readonly body: Readable;
  readonly directory: string;
}

async function parseForm(form: IncomingForm, limits: FormLimits): Promise<Omit<Form, 'discard'>> {
  // Without these two, folders are cut off and UTF-8 names are read as Latin-1.
  const parser = busboy({ headers: form.headers, preservePath: true, defParamCharset: 'utf8' });
  const fields = new Map<string, string>();
  const written: Promise<Part>[] = [];
  parser.on('field', (name, value) => fields.set(name, value));
  parser.on('file', (name, stream, part) => {
    if (name !== 'file') {
      stream.resume();
      return;
    }
    const file = join(form.directory, String(written.length));
    const writing = writePart(stream, file).then((bytes) => ({
      path: part.filename ?? 'file',
      mimeType: part.mimeType,
      file,
      bytes,
    }));
    // A rejection is reported by the pipeline below; unhandled here it would end the emulator.
    writing.catch(() => undefined);
    written.push(writing);
  });
  await pipeline(form.body, limitBytes(limits.bodyBytes), parser);
  return { fields, parts: await Promise.all(written) };
}

async function writePart(stream: Readable, file: string): Promise<number> {
  const target = createWriteStream(file);
  await pipeline(stream, target);
  return target.bytesWritten;
}

function limitBytes(most: number): Transform {
  let bytes = 0;
  return new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      bytes += chunk.byteLength;
      if (bytes > most) done(tooLarge());
      else done(null, chunk);
    },
  });
}

function tooLarge(): Refusal {
  return new Refusal(413, 'Payload Too Large');
}
