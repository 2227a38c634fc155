import { quote } from './quote.ts';

/** What a reference is for, in the words of a finding. */
export type Use = 'script' | 'style' | 'image' | 'font' | 'media' | 'frame' | 'file' | 'page';

/** A URL that a file of the site names. */
export interface Reference {
  readonly url: string;
  readonly use: Use;
  /** Counts from 1. */
  readonly line: number;
}

/** Takes every reference of one file, in order. */
export type See = (reference: Reference) => void;

/** Longer ones are no path of a file: no gateway takes them. */
export const LONGEST_URL = 8192;

/** The same text on its own: a part of a text keeps the whole of it in memory. */
export function own(part: string): string {
  return ` ${part}`.slice(1);
}

const FONT = /\.(?:woff2?|ttf|otf|eot)$/i;

/** What a style sheet loads by `url()`. */
export function useOfStyleUrl(url: string): Use {
  const path = url.slice(0, LONGEST_URL).split(/[?#]/, 1)[0] ?? '';
  return FONT.test(path) ? 'font' : 'image';
}

/** An address for a message, with more of its start than of its end. */
export function quoted(text: string): string {
  const flat = text.length > 600 ? `${oneLine(text.slice(0, 300))}${oneLine(text.slice(-300))}` : oneLine(text);
  return quote(flat, { start: 80, end: 30 });
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ');
}
