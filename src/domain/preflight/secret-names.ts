import { type Stretch, textOf } from './secret-stretches.ts';

const SKIPPED = flags(' \t\r\n"\'`\\[():=|?>;');
const CONNECTORS = flags(':=|?([');
const LETTERS = flags('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_$-.');
const MOST_SKIPPED = 40;
const LONGEST_NAME = 80;

function flags(letters: string): Uint8Array {
  const table = new Uint8Array(256);
  for (const letter of letters) table[letter.charCodeAt(0)] = 1;
  return table;
}

/** What a value is assigned to. */
export interface ValueName {
  /** As it is written: `e.Wallet`. */
  readonly written: string;
  /** In lower case, with nothing but letters and digits. */
  readonly name: string;
  /** Of the bytes between name and value, those that say how they belong together: `=`, `:[`, `(`. */
  readonly connector: string;
}

/**
 * The name before a value: of a variable, a key, an attribute or a function, as in `key = "…"`, `"key":"…"`,
 * `key: Hex = "…"`, `process.env.KEY || "…"`, `call("…")`. Undefined where there is none.
 */
export function nameBefore(stretch: Stretch, at: number): ValueName | undefined {
  const first = partBefore(stretch, at);
  if (first?.connector !== '=') return first;
  // With a type between: the name is before the colon.
  const second = partBefore(stretch, first.start);
  return second?.connector === ':' ? { ...second, name: `${second.name} ${first.name}`, connector: '=' } : first;
}

function partBefore(stretch: Stretch, at: number): (ValueName & { readonly start: number }) | undefined {
  const { bytes } = stretch;
  let end = at;
  let connector = '';
  while (end > 0 && at - end < MOST_SKIPPED && SKIPPED[bytes[end - 1] ?? 0] === 1) {
    end -= 1;
    if (CONNECTORS[bytes[end] ?? 0] === 1) connector = String.fromCharCode(bytes[end] ?? 0) + connector;
  }
  let start = end;
  while (start > 0 && end - start < LONGEST_NAME && LETTERS[bytes[start - 1] ?? 0] === 1) start -= 1;
  if (connector === '' || start === end) return undefined;
  const written = textOf(stretch, start, end);
  return { written, name: squeezed(written), connector, start };
}

function squeezed(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '');
}
