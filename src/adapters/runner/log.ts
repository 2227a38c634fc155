import { endGroup, info, notice, startGroup, warning } from '@actions/core';
import type { Log } from '../../ports.ts';
import { printable } from './printable.ts';

const PROGRESS_INTERVAL_MS = 1000;
const PROGRESS_STEP = 0.05;

/** The step's log. Lines of long work appear at most once a second and every 5 %. */
export function createLog(formatBytes: (bytes: number) => string): Log {
  const last = new Map<string, { at: number; share: number }>();
  return {
    line: (text) => info(printable(text)),
    notice: (text) => notice(printable(text)),
    warn: (text) => warning(printable(text)),
    group: (title, lines) => {
      startGroup(printable(title));
      for (const line of lines) info(printable(line));
      endGroup();
    },
    progress: (what, done, total) => {
      const share = total === 0 ? 1 : done / total;
      const before = last.get(what);
      if (before === undefined) {
        last.set(what, { at: Date.now(), share });
        return;
      }
      if (Date.now() - before.at < PROGRESS_INTERVAL_MS || share - before.share < PROGRESS_STEP) return;
      last.set(what, { at: Date.now(), share });
      info(printable(`  ${what} ${formatBytes(done)} of ${formatBytes(total)} (${Math.floor(share * 100)} %)`));
    },
  };
}
