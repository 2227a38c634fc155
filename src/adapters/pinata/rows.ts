import { parseCid } from '../../domain/cid.ts';
import { ActionError } from '../../domain/errors.ts';
import { listAt, numberAt, textAt, valueAt } from '../../domain/json.ts';
import type { Pin } from '../../domain/pin.ts';
import type { Keyvalues } from '../../domain/tag.ts';

/** A pin as Pinata answers it, and whether an upload met it there. */
export interface ParsedRow {
  readonly pin: Pin;
  readonly duplicate: boolean;
}

/**
 * Reads a row. Only its id is required; the rest varies between endpoints and years.
 * @throws ActionError of kind `network` when it is not a row.
 */
export function parseRow(value: unknown): ParsedRow {
  const id = idOf(value);
  if (id === undefined) throw unexpected('a pin');
  const created = new Date(textAt(value, 'created_at') ?? 0);
  return {
    pin: {
      id,
      cid: parseCid(textAt(value, 'cid') ?? ''),
      name: textAt(value, 'name') ?? '',
      bytes: numberAt(value, 'size') ?? 0,
      keyvalues: parseKeyvalues(valueAt(value, 'keyvalues')),
      createdAt: Number.isNaN(created.getTime()) ? new Date(0) : created,
      expiresAt: parseExpiry(valueAt(value, 'expires_at')),
    },
    duplicate: valueAt(value, 'is_duplicate') === true,
  };
}

/** It becomes part of an address: a text that would be another address is none. */
function idOf(row: unknown): string | undefined {
  const id = textAt(row, 'id') ?? '';
  return /^[\w-]{1,100}$/.test(id) ? id : undefined;
}

/** Rows made through older endpoints may hold numbers and booleans, or no map at all. */
function parseKeyvalues(value: unknown): Keyvalues {
  const pairs = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  return Object.fromEntries(pairs.flatMap(([key, pair]) => (pair === null ? [] : [[key, String(pair)] as const])));
}

/** Unix seconds or a date; null is never, and undefined where the row does not tell. */
function parseExpiry(value: unknown): Date | null | undefined {
  if (value === null) return null;
  const date =
    typeof value === 'number' ? new Date(value * 1000) : new Date(typeof value === 'string' ? value : Number.NaN);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

/** One page of a list: its rows, but for single ones that are none, and the token of the next page, '' at the end. */
export function parsePage(value: unknown): { readonly pins: readonly Pin[]; readonly nextToken: string } {
  const rows = valueAt(value, 'files') === null ? [] : listAt(value, 'files');
  if (rows === undefined) throw unexpected('a list of pins');
  const pins = rows.filter((row) => idOf(row) !== undefined);
  if (pins.length === 0 && rows.length > 0) throw unexpected('a list of pins');
  return { pins: pins.map((row) => parseRow(row).pin), nextToken: textAt(value, 'next_page_token') ?? '' };
}

function unexpected(what: string): ActionError {
  return new ActionError('network', `Pinata answered something that is not ${what}.`, {
    hint: 'Run the job again. If it stays so, open an issue: the service may have changed its answers.',
  });
}
