import type { Probe } from '../domain/outcome.ts';
import { code, escapeText, link, table } from './markdown.ts';
import { renderBytes, renderMs } from './units.ts';

const STATES: Readonly<Record<Probe['state'], string>> = {
  live: '✅ live',
  opens: '✅ opens',
  files: '◐ files only',
  down: '❌ not served',
  unopened: 'not opened',
};

/** Where the content was looked for and what came back, Markdown; '' without any gateway. */
export function renderProbeTable(probes: readonly Probe[]): string {
  if (probes.length === 0) return '';
  const rows = probes.map((probe) => [
    // What did not open is no link.
    probe.state === 'down' || probe.state === 'files' ? code(probe.host) : link(probe.host, probe.link),
    STATES[probe.state],
    probe.status === undefined ? '' : String(probe.status),
    probe.firstByteMs === undefined ? '' : renderMs(probe.firstByteMs),
    probe.bytes === 0 ? '' : renderBytes(probe.bytes),
    escapeText(probe.note),
  ]);
  const head = ['Gateway', 'State', 'Status', 'First byte', 'Bytes checked', 'Note'];
  return `#### Where it is served\n\n${table(head, rows)}`;
}
