/**
 * Mermaid's own parser, which wants a browser for one thing: DOMPurify, which cleans labels. With a document that can do
 * nothing DOMPurify hands every text back as it is.
 */
Object.assign(globalThis, { window: { document: { nodeType: 9, createElement: () => ({}) }, Element: class {} } });
const { default: mermaid } = await import('mermaid');

/** The kinds of the diagrams in a Markdown text, as Mermaid reads them. Throws where it cannot read one. */
export async function parseCharts(markdown: string): Promise<readonly string[]> {
  const charts = [...markdown.matchAll(/^```mermaid\n(.*?)^```$/gms)].map(([, chart = '']) => chart);
  return await Promise.all(charts.map(async (chart) => (await mermaid.parse(chart)).diagramType));
}
