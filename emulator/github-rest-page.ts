import { type Answer, json } from './answer.ts';
import type { RestCall } from './github-rest-route.ts';

const mostRows = 100;
const usualRows = 30;

/** One page of rows, with links to the pages around it where there are any. GitHub cuts a size over 100 without a word. */
export function pageOf<T>({ parameters, url }: RestCall, rows: readonly T[], render: (row: T) => object): Answer {
  const { page: shown, links } = cutPage({ parameters, url }, rows);
  return json(200, shown.map(render), links);
}

/** The rows of the page that is asked for, and the header that leads to others. */
export function cutPage<T>(
  { parameters, url }: Pick<RestCall, 'parameters' | 'url'>,
  rows: readonly T[],
): { readonly page: readonly T[]; readonly links: Readonly<Record<string, string>> } {
  const size = Math.min(mostRows, positive(parameters.per_page) ?? usualRows);
  const page = positive(parameters.page) ?? 1;
  const last = Math.max(1, Math.ceil(rows.length / size));
  const link = (number: number, rel: string): string => {
    const target = new URL(url);
    target.searchParams.set('page', String(number));
    return `<${target.href}>; rel="${rel}"`;
  };
  const links = [
    ...(page > 1 ? [link(Math.min(page - 1, last), 'prev')] : []),
    ...(page < last ? [link(page + 1, 'next'), link(last, 'last')] : []),
    ...(page > 1 ? [link(1, 'first')] : []),
  ];
  return {
    page: rows.slice((page - 1) * size, page * size),
    links: links.length === 0 ? {} : { Link: links.join(', ') },
  };
}

function positive(value: unknown): number | undefined {
  return typeof value === 'number' && value >= 1 ? value : undefined;
}
