import type { Readable } from 'node:stream';
import { Refusal } from './answer.ts';

/** Gives back the value in its checked form, or throws a 400 that names `field`. */
export type Shape<T> = (value: unknown, field: string) => T;

type Shaped<S> = S extends Shape<infer T> ? T : never;

export const text: Shape<string> = (value, field) => {
  if (typeof value === 'string') return value;
  throw new Refusal(400, `${field} must be a string`);
};

export const wholeNumber: Shape<number> = (value, field) => {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  throw new Refusal(400, `${field} must be a whole number`);
};

export const truth: Shape<boolean> = (value, field) => {
  if (typeof value === 'boolean') return value;
  throw new Refusal(400, `${field} must be true or false`);
};

/** One of the words or numbers given. */
export function wordOf<const T extends string | number>(words: readonly T[]): Shape<T> {
  return (value, field) => {
    const found = words.find((word) => word === value);
    if (found === undefined) throw new Refusal(400, `${field} must be one of ${words.join(', ')}`);
    return found;
  };
}

export function listOf<T>(item: Shape<T>): Shape<readonly T[]> {
  return (value, field) => {
    if (!Array.isArray(value)) throw new Refusal(400, `${field} must be a list`);
    return value.map((element, index) => item(element, `${field}[${index}]`));
  };
}

export function mapOf<T>(item: Shape<T>): Shape<Readonly<Record<string, T>>> {
  return (value, field) => {
    const entries = Object.entries(plainObject(value, field));
    return Object.fromEntries(entries.map(([key, element]) => [key, item(element, `${field}.${key}`)]));
  };
}

/** Null passes too: it asks for a removal. */
export function orNull<T>(shape: Shape<T>): Shape<T | null> {
  return (value, field) => (value === null ? null : shape(value, field));
}

/** A field that may be left out, and what it is then. */
export function absentAs<T, const D>(absent: D, shape: Shape<T>): Shape<T | D> {
  return (value, field) => (value === undefined ? absent : shape(value, field));
}

/** An object with these fields; others are ignored, as the service does. */
export function fields<F extends Readonly<Record<string, Shape<unknown>>>>(
  shapes: F,
): Shape<{ readonly [K in keyof F]: Shaped<F[K]> }> {
  return (value, field) => {
    const given = plainObject(value, field);
    const checked = Object.entries(shapes).map(([name, shape]) => [name, shape(given[name], name)]);
    return Object.fromEntries(checked) as { readonly [K in keyof F]: Shaped<F[K]> };
  };
}

/** The same, but a field that is not among them is an error. */
export function onlyFields<F extends Readonly<Record<string, Shape<unknown>>>>(
  shapes: F,
): ReturnType<typeof fields<F>> {
  const check = fields(shapes);
  return (value, field) => {
    const unknown = Object.keys(plainObject(value, field)).find((name) => !Object.hasOwn(shapes, name));
    if (unknown !== undefined) throw new Refusal(400, `${unknown} is not a field of ${field}`);
    return check(value, field);
  };
}

/** The value as an object that is no list. Throws 400. */
export function plainObject(value: unknown, field: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  throw new Refusal(400, `${field} must be a JSON object`);
}

/** The JSON in a request's body. Throws 400 when it has another shape. */
export async function readJson<T>(shape: Shape<T>, body: Readable): Promise<T> {
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(Buffer.from(chunk as Uint8Array));
  return parseJson(shape, Buffer.concat(chunks).toString('utf8'), 'The body');
}

/** JSON text from the field named. Throws 400 when it has another shape. */
export function parseJson<T>(shape: Shape<T>, json: string, field: string): T {
  return shape(parseText(json, field), field);
}

function parseText(json: string, field: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    throw new Refusal(400, `${field} is not JSON`);
  }
}
