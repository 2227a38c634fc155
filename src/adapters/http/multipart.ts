import { randomUUID } from 'node:crypto';
import type { StreamedBody } from './stream.ts';

/** One file of a multipart body. */
export interface FilePart {
  /** As the service sees it; without quotes and line ends, which a header would change. */
  readonly name: string;
  readonly bytes: number;
  readonly read: () => AsyncIterable<Uint8Array>;
}

export interface MultipartBody extends StreamedBody {
  readonly contentType: string;
}

/**
 * A multipart/form-data body (RFC 7578) that is made while it is sent: text fields, then files under the name `file`. Names
 * are raw UTF-8. Its length is known before, so the service can refuse early.
 */
export function multipartBody(
  fields: readonly (readonly [string, string])[],
  files: readonly FilePart[],
): MultipartBody {
  const boundary = `pinata-deploy-${randomUUID()}`;
  const texts = fields.map(
    ([name, value]) => `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  );
  const head = Buffer.from(texts.join(''));
  const headerOf = (file: FilePart): Buffer =>
    Buffer.from(
      `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="${file.name}"\r\nContent-Type: application/octet-stream\r\n\r\n`,
    );
  const lineEnd = Buffer.from('\r\n');
  const tail = Buffer.from(`--${boundary}--\r\n`);

  async function* pieces(): AsyncGenerator<Uint8Array> {
    if (head.length > 0) yield head;
    for (const file of files) {
      yield headerOf(file);
      yield* file.read();
      yield lineEnd;
    }
    yield tail;
  }

  const bytes = files.reduce(
    (sum, file) => sum + headerOf(file).length + file.bytes + lineEnd.length,
    head.length + tail.length,
  );
  return { bytes, pieces: pieces(), contentType: `multipart/form-data; boundary=${boundary}` };
}
