import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import MarkdownIt from 'markdown-it';

/**
 * Markdown as a page that looks as on GitHub and needs nothing else: the styles are in it, scripts do not run, and
 * pictures are not loaded. HTML inside the Markdown stays, as it does in a job summary.
 *
 * @param title Plain text.
 */
export function renderPage(title: string, markdown: string): string {
  const styles = readFileSync(fileURLToPath(import.meta.resolve('github-markdown-css/github-markdown.css')), 'utf8');
  const renderer = new MarkdownIt({ html: true, linkify: true });
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${renderer.utils.escapeHtml(title)}</title>
<style>
${styles}
body { margin: 0; background: light-dark(#fff, #0d1117); }
.markdown-body { box-sizing: border-box; max-width: 980px; margin: 0 auto; padding: 32px 16px; }
</style>
</head>
<body>
<main class="markdown-body">
${renderer.render(markdown)}</main>
</body>
</html>
`;
}
