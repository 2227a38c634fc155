import type { Readable } from 'node:stream';
import * as v from 'valibot';
import { Refusal } from './answer.ts';

type Schema = v.GenericSchema;

/** The JSON in a request's body, checked against its shape. Throws 400 for anything else. */
export async function readJson<const S extends Schema>(schema: S, body: Readable): Promise<v.InferOutput<S>> {
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(Buffer.from(chunk as Uint8Array));
  return parseJson(schema, Buffer.concat(chunks).toString('utf8'));
}

/** JSON text, checked against its shape. Throws 400. */
export function parseJson<const S extends Schema>(schema: S, text: string): v.InferOutput<S> {
  try {
    return checkShape(schema, JSON.parse(text));
  } catch (error) {
    if (error instanceof SyntaxError) throw new Refusal(400, 'Malformed JSON');
    throw error;
  }
}

/** The value in its checked form. Throws 400 that names the field. */
export function checkShape<const S extends Schema>(schema: S, value: unknown): v.InferOutput<S> {
  const result = v.safeParse(schema, value);
  if (result.success) return result.output;
  const [issue] = result.issues;
  const field = v.getDotPath(issue);
  throw new Refusal(400, field === null ? issue.message : `${field}: ${issue.message}`);
}
