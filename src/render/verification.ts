import { type BlockCheck, isSound } from '../domain/verification.ts';
import { figure } from './diff-cells.ts';
import { code, escapeText, table } from './markdown.ts';
import { renderBytes, renderCount, renderMs } from './units.ts';

const RESULTS: Readonly<Record<BlockCheck['state'], string>> = {
  whole: '✅ whole',
  sample: '✅ sample',
  broken: '❌ broken',
  unread: '❌ not read',
};

/** What reading the DAG from each gateway came to, Markdown; '' where none was asked. */
export function renderBlockTable(checks: readonly BlockCheck[]): string {
  if (checks.length === 0) return '';
  const rows = checks.map((check) => [
    code(check.host),
    RESULTS[check.state],
    check.blocks.toLocaleString('en-US'),
    figure(bytesOf(check)),
    figure(renderMs(check.ms)),
    escapeText(check.note),
  ]);
  return table(['Gateway', 'Result', 'Blocks', 'Bytes', 'Time', 'Note'], rows);
}

/** The same in one line of the log; '' where none was asked. */
export function renderBlockLine(checks: readonly BlockCheck[]): string {
  const sound = checks.find(isSound);
  const others = checks.filter((check) => !isSound(check)).map(({ host, note }) => `${host} ${note}`);
  if (sound === undefined)
    return checks.length === 0 ? '' : oneLine(`No gateway has all blocks: ${others.join('; ')}.`);
  const read = `Read ${renderCount(sound.blocks, 'block')} (${bytesOf(sound)}) in ${renderMs(sound.ms)}`;
  const before = others.length === 0 ? '' : `; before that ${others.join('; ')}`;
  return oneLine(`${read}: ${sound.host} ${sound.note}${before}.`);
}

/** `4.81 MB`, and of how many where that was not all. */
function bytesOf({ state, bytes, totalBytes }: BlockCheck): string {
  const isAll = state === 'whole' || totalBytes === undefined;
  return isAll ? renderBytes(bytes) : `${renderBytes(bytes)} of ${renderBytes(totalBytes)}`;
}

function oneLine(text: string): string {
  return text.replace(/\r\n|[\r\n\u2028\u2029]/g, '␊');
}
