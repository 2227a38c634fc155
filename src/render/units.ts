import prettyBytes from 'pretty-bytes';

/** `4.81 MB`: decimal units, as Pinata counts them. */
export function renderBytes(bytes: number): string {
  return prettyBytes(bytes, { maximumFractionDigits: bytes < 1000 ? 0 : 2 });
}

/** `+31.4 kB`, `−12 B`, `±0 B`: a difference for people, with the sign that typesetters use for minus. */
export function renderDelta(bytes: number): string {
  return bytes === 0 ? '±0 B' : `${signOf(bytes)}${renderBytes(Math.abs(bytes))}`;
}

/** `+0.8 %`, `−12 %`, `under 0.1 %`: a difference as a share of what was before; '' where there was nothing. */
export function renderShare(delta: number, before: number): string {
  if (before === 0) return '';
  const percent = Math.abs(delta / before) * 100;
  if (percent === 0) return '±0 %';
  if (percent < 0.1) return 'under 0.1 %';
  const digits = percent < 10 ? 1 : 0;
  return `${signOf(delta)}${percent.toLocaleString('en-US', { maximumFractionDigits: digits })} %`;
}

/** `3.1 s`, `240 ms`, `2 min 5 s`. */
export function renderMs(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** `7d`, `36h`, `90m`: a time as people write it in a workflow. */
export function renderSpan(ms: number): string {
  if (ms % 86_400_000 === 0) return `${ms / 86_400_000}d`;
  return ms % 3_600_000 === 0 ? `${ms / 3_600_000}h` : `${Math.round(ms / 60_000)}m`;
}

/** `now`, `12 min`, `5 h`, `9 d`: how long ago. */
export function renderAge(ms: number): string {
  if (ms < 60_000) return 'now';
  if (ms < 3_600_000) return `${Math.floor(ms / 60_000)} min`;
  if (ms < 86_400_000) return `${Math.floor(ms / 3_600_000)} h`;
  return `${Math.floor(ms / 86_400_000)} d`;
}

/** `213 files`, `1 file`. */
export function renderCount(count: number, noun: string): string {
  return `${count.toLocaleString('en-US')} ${noun}${count === 1 ? '' : 's'}`;
}

/** A path of at most 120 characters, cut in the middle. */
export function shortPath(path: string): string {
  return shortText(path, 120);
}

/** A text of at most `most` characters, cut in the middle. */
export function shortText(text: string, most: number): string {
  if (text.length <= most) return text;
  const half = Math.floor(most / 2);
  // Half of a surrogate pair is no character.
  const [start, end] = [
    text.slice(0, half).replace(/[\ud800-\udbff]$/, ''),
    text.slice(half + 1 - most).replace(/^[\udc00-\udfff]/, ''),
  ];
  return `${start}…${end}`;
}

/** `bafybei…zdi`: enough to recognise a CID, never enough to use it. */
export function shortCid(cid: string): string {
  return `${cid.slice(0, 8)}…${cid.slice(-3)}`;
}

function signOf(difference: number): string {
  return difference < 0 ? '−' : '+';
}
