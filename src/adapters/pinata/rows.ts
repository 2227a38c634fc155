import * as v from 'valibot';
import { parseCid } from '../../domain/cid.ts';
import { ActionError } from '../../domain/errors.ts';
import type { Pin } from '../../domain/pin.ts';

/** A row as Pinata answers it. Only what is used is required; the rest varies between endpoints and years. */
const Row = v.object({
  id: v.pipe(v.string(), v.minLength(1)),
  cid: v.string(),
  name: v.optional(v.nullable(v.string()), ''),
  size: v.optional(v.number(), 0),
  created_at: v.optional(v.string(), ''),
  keyvalues: v.optional(v.nullable(v.record(v.string(), v.unknown()))),
  is_duplicate: v.optional(v.nullable(v.boolean())),
});

const Page = v.object({
  files: v.nullable(v.array(v.unknown())),
  next_page_token: v.optional(v.nullable(v.string()), ''),
});

export interface ParsedRow {
  readonly pin: Pin;
  readonly duplicate: boolean;
}

/** @throws ActionError of kind `network` when the row is not one. */
export function parseRow(value: unknown): ParsedRow {
  const result = v.safeParse(Row, value);
  if (!result.success) throw unexpected(v.flatten(result.issues).nested);
  const row = result.output;
  const pairs = Object.entries(row.keyvalues ?? {}).map(([key, pair]) => [key, String(pair)] as const);
  const created = new Date(row.created_at);
  return {
    pin: {
      id: row.id,
      cid: parseCid(row.cid),
      name: row.name ?? '',
      bytes: row.size,
      keyvalues: Object.fromEntries(pairs),
      createdAt: Number.isNaN(created.getTime()) ? new Date(0) : created,
    },
    duplicate: row.is_duplicate === true,
  };
}

/** One page of a list: its rows and the token of the next page, '' at the end. */
export function parsePage(value: unknown): { readonly pins: readonly Pin[]; readonly nextToken: string } {
  const result = v.safeParse(Page, value);
  if (!result.success) throw unexpected(v.flatten(result.issues).nested);
  return {
    pins: (result.output.files ?? []).map((row) => parseRow(row).pin),
    nextToken: result.output.next_page_token ?? '',
  };
}

function unexpected(where: unknown): ActionError {
  return new ActionError(
    'network',
    `Pinata answered something that is not a list of pins (${JSON.stringify(where)}).`,
    {
      hint: 'Run the job again. If it stays so, open an issue: the service may have changed its answers.',
    },
  );
}
