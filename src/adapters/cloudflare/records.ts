import { ActionError } from '../../domain/errors.ts';
import { listAt, numberAt, parseJson, textAt } from '../../domain/json.ts';
import type { CloudflareOptions } from './account.ts';
import { callCloudflare } from './calls.ts';
import { DOING, explainCloudflare, isFine } from './errors.ts';

export interface DnsRecord {
  readonly id: string;
  readonly type: string;
  readonly content: string;
}

const PAGE_SIZE = 100;
const MAX_PAGES = 100;

/** Every record of exactly this name, re-checked row by row: a filter that is not understood would be ignored. */
export async function listRecords(
  options: CloudflareOptions,
  { id, name }: { readonly id: string; readonly name: string },
): Promise<readonly DnsRecord[]> {
  const found: DnsRecord[] = [];
  for (let page = 1; page <= MAX_PAGES; page += 1) {
    const query = `name=${encodeURIComponent(name)}&per_page=${PAGE_SIZE}&page=${page}`;
    const answer = await callCloudflare(options, DOING.list, {
      method: 'GET',
      path: `/zones/${encodeURIComponent(id)}/dns_records?${query}`,
    });
    if (!isFine(answer)) throw explainCloudflare(answer, DOING.list);
    const body = parseJson(answer.body);
    found.push(
      ...rowsOf(body)
        .filter((row) => textAt(row, 'name')?.toLowerCase() === name)
        .flatMap(parseRecord),
    );
    if (page >= (numberAt(body, 'result_info', 'total_pages') ?? 1)) return found;
  }
  return found;
}

export function rowsOf(body: unknown): readonly unknown[] {
  const rows = listAt(body, 'result');
  if (rows !== undefined) return rows;
  throw new ActionError('network', 'Cloudflare answered something that is not a list.', {
    hint: 'Run the job again. If it stays so, open an issue: the service may have changed its answers.',
  });
}

/** Its id becomes part of an address: a text that would be another address is none. */
function parseRecord(row: unknown): readonly DnsRecord[] {
  const id = textAt(row, 'id') ?? '';
  if (!/^\w{1,64}$/.test(id)) return [];
  return [{ id, type: textAt(row, 'type') ?? '', content: textAt(row, 'content') ?? '' }];
}
