import { type Answer, json } from './answer.ts';
import type { Backend } from './backend.ts';
import type { DnsToken } from './dns-records.ts';
import type { Call } from './route.ts';

export interface CloudflareCall extends Call {
  readonly token: DnsToken;
}

export interface CloudflareRoute {
  readonly method: string;
  /** Segments; `:name` takes any one. */
  readonly path: string;
  answer(call: CloudflareCall, backend: Backend): Promise<Answer> | Answer;
}

export function result(value: unknown): Answer {
  return json(200, { result: value, success: true, errors: [], messages: [] });
}

const defaultPage = 100;

/** One page of rows, with what the service says about the others. */
export function resultPage(rows: readonly unknown[], { searchParams }: URL): Answer {
  const perPage = Math.max(1, Number(searchParams.get('per_page') ?? defaultPage) || defaultPage);
  const page = Math.max(1, Number(searchParams.get('page') ?? 1) || 1);
  const shown = rows.slice((page - 1) * perPage, page * perPage);
  const info = {
    page,
    per_page: perPage,
    count: shown.length,
    total_count: rows.length,
    total_pages: Math.ceil(rows.length / perPage),
  };
  return json(200, { result: shown, success: true, errors: [], messages: [], result_info: info });
}
