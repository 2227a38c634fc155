import { basename } from 'node:path/posix';

export interface ListingRow {
  readonly name: string;
  readonly cid: string;
  /** The link's Tsize: the bytes of the DAG below it. */
  readonly bytes: bigint;
}

/** The page shown for a directory without an index.html. */
export function renderListing(path: string, rows: readonly ListingRow[]): string {
  const items = rows.map(
    ({ name, cid, bytes }) =>
      `<tr><td><a href="./${escapeHtml(encodeURIComponent(name))}">${escapeHtml(name)}</a></td><td><code>${cid}</code></td><td>${bytes}</td></tr>`,
  );
  const title = escapeHtml(`${basename(path)}/`);
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>${title}</title></head>
<body>
<h1>${title}</h1>
<p><a href="..">Up</a></p>
<table>
<thead><tr><th>Name</th><th>CID</th><th>Bytes</th></tr></thead>
<tbody>
${items.join('\n')}
</tbody>
</table>
</body>
</html>
`;
}

/** What a misbehaving gateway sends with status 200 in place of the content. */
export function renderErrorPage(): string {
  return '<!doctype html><html lang="en"><title>Error</title><h1>Content unavailable</h1><p>ERR_ID:00006</p></html>\n';
}

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}
