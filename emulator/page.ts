import type { Backend } from './backend.ts';

/**
 * One page of rows that come oldest first, by the query's `order`, `limit` and `pageToken`. The token is the base64 of
 * the last row's id; `""` ends the list, unless the knob lets the last token repeat for ever.
 */
export function listPage<T extends { readonly id: string }>(
  rows: readonly T[],
  query: URLSearchParams,
  backend: Backend,
): { readonly page: readonly T[]; readonly token: string } {
  const isRising = (query.get('order') ?? backend.knobs.listOrder).toUpperCase() === 'ASC';
  const last = Buffer.from(query.get('pageToken') ?? '', 'base64').toString('utf8');
  // By comparison: the row that the token names may be gone by now.
  const rest = last === '' ? rows : rows.filter(({ id }) => (isRising ? id > last : id < last));
  const page = (isRising ? rest : rest.toReversed()).slice(0, pageSize(query, backend));
  const final = page.at(-1);
  if (final !== undefined && page.length < rest.length) return { page, token: tokenOf(final.id) };
  if (!backend.knobs.repeatToken) return { page, token: '' };
  return { page, token: query.get('pageToken') || tokenOf(final?.id ?? 'none') };
}

function tokenOf(id: string): string {
  return Buffer.from(id).toString('base64');
}

function pageSize(query: URLSearchParams, backend: Backend): number {
  const asked = Number(query.get('limit') ?? 10);
  return Math.min(Number.isInteger(asked) && asked > 0 ? asked : 10, backend.knobs.listCap);
}
