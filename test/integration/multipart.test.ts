import { Readable } from 'node:stream';
import busboy from 'busboy';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { multipartBody } from '../../src/adapters/http/multipart.ts';

interface Received {
  readonly fields: [string, string][];
  readonly files: [string, string][];
}

/** What another implementation reads out of a body; bytes as hex. */
async function receive(contentType: string, pieces: AsyncIterable<Uint8Array>): Promise<Received> {
  const received: Received = { fields: [], files: [] };
  const parser = busboy({ headers: { 'content-type': contentType }, preservePath: true, defParamCharset: 'utf8' });
  parser.on('field', (name, value) => received.fields.push([name, value]));
  parser.on('file', (_name, stream, { filename }) => {
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('end', () => received.files.push([String(filename), Buffer.concat(chunks).toString('hex')]));
  });
  await new Promise((resolve, reject) => Readable.from(pieces).pipe(parser).on('close', resolve).on('error', reject));
  return received;
}

const name = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
  .filter((text) => !/["\r\n\0]/.test(text) && text.isWellFormed());
const file = fc.record({ name: name.map((text) => `build/${text}`), content: fc.uint8Array({ maxLength: 300 }) });

describe('a multipart body', () => {
  it('is read by others as the fields and files it was made of, and has the length it says', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(file, { minLength: 1, maxLength: 6 }), async (files) => {
        const body = multipartBody(
          [['pinataOptions', '{"cidVersion":1}']],
          files.map(({ name: path, content }) => ({
            name: path,
            bytes: content.length,
            read: async function* () {
              yield content;
            },
          })),
        );
        const sent: Uint8Array[] = [];
        for await (const piece of body.pieces) sent.push(Uint8Array.from(piece));
        expect(sent.reduce((sum, piece) => sum + piece.length, 0)).toBe(body.bytes);
        const received = await receive(body.contentType, Readable.from(sent));
        expect(received.fields).toEqual([['pinataOptions', '{"cidVersion":1}']]);
        expect(received.files).toEqual(
          files.map(({ name: path, content }) => [path, Buffer.from(content).toString('hex')]),
        );
      }),
      { numRuns: 50 },
    );
  });
});
