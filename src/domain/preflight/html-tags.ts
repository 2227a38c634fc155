import type { Scan, TextWindow } from './reference-window.ts';

/** What a page is made of, as far as anybody asks: tags, and the text of scripts and styles. */
export interface TagReader {
  /** Whether a tag of this name, in small letters, is worth reading. */
  readonly wants: (name: string) => boolean;
  /** The whole tag, `<` and `>` included. */
  readonly tag: (source: string, line: number) => void;
  /** What is between `<style>` and `</style>`, or of `<script>`; a long one in parts. */
  readonly raw: (element: 'style' | 'script', text: string, line: number) => void;
  /** A tag is too long to be read. */
  readonly tooLong: (line: number) => void;
}

/** Elements whose text is no markup, by HTML's rules for parsing. */
const RAW = new Set(['script', 'style', 'textarea', 'title', 'xmp', 'iframe', 'noembed', 'noframes']);

type State =
  | { readonly kind: 'text' }
  | { readonly kind: 'raw'; readonly name: string }
  | { readonly kind: 'comment' }
  /** A closing tag, a doctype, or what HTML takes for a comment: up to the next `>`. */
  | { readonly kind: 'bogus' }
  | { readonly kind: 'rest-of-tag'; readonly name: string; readonly place: Place }
  | { readonly kind: 'plaintext' };

const TEXT: State = { kind: 'text' };
const BOGUS: State = { kind: 'bogus' };

/** Where the walk through a tag is. */
type Place = 'before' | 'name' | 'after' | 'value' | 'unquoted' | '"' | "'";

/**
 * Finds where tags begin and end, and leaves what is in them to a tokenizer: most tags name no file,
 * and finding their ends takes a tenth of the time of reading them.
 */
export function createTagScan(reader: TagReader): Scan {
  let state = TEXT;
  return (window) => {
    let at = window.from;
    for (;;) {
      const step = stepOf(window, at, { state, reader });
      state = step.state;
      at = step.at;
      if (step.isWaiting) return window.isLast ? window.text.length : at;
    }
  };
}

interface Step {
  readonly at: number;
  readonly state: State;
  /** The window has nothing more. */
  readonly isWaiting: boolean;
}

interface Walk {
  readonly state: State;
  readonly reader: TagReader;
}

const wait = (at: number, state: State): Step => ({ at, state, isWaiting: true });
const go = (at: number, state: State = TEXT): Step => ({ at, state, isWaiting: false });

function stepOf(window: TextWindow, at: number, walk: Walk): Step {
  const { text } = window;
  const { state } = walk;
  switch (state.kind) {
    case 'text': {
      const open = nextMarkup(text, at);
      return open === -1 ? wait(text.length, TEXT) : markupAt(window, open, walk);
    }
    case 'comment': {
      const end = endOfComment(text, at);
      return end === -1 ? wait(Math.max(at, text.length - 3), state) : go(end);
    }
    case 'bogus': {
      const end = text.indexOf('>', at);
      return end === -1 ? wait(text.length, state) : go(end + 1);
    }
    case 'raw':
      return rawAt(window, at, { name: state.name, reader: walk.reader });
    case 'rest-of-tag': {
      const end = endOfTag(text, at, state.place);
      if (end.at === -1) return wait(text.length, { ...state, place: end.place });
      return go(end.at, afterTag(state.name));
    }
    case 'plaintext':
      return wait(text.length, state);
  }
}

/** The next `<`, closing tags passed over: half of all tags are, and nothing is in them. */
function nextMarkup(text: string, at: number): number {
  let open = text.indexOf('<', at);
  while (open !== -1 && text.charCodeAt(open + 1) === 47 && isLetter(text.charCodeAt(open + 2))) {
    const end = text.indexOf('>', open + 3);
    if (end === -1) return open;
    open = text.indexOf('<', end + 1);
  }
  return open;
}

const isLetter = (code: number): boolean => (code | 32) >= 97 && (code | 32) <= 122;

function markupAt(window: TextWindow, open: number, walk: Walk): Step {
  const { text } = window;
  const code = text.charCodeAt(open + 1);
  if (isLetter(code)) return tagAt(window, open, walk);
  if (code === 33) return commentAt(window, open);
  if (code === 47) return go(open + 2, BOGUS);
  if (code === 63) return go(open + 1, BOGUS);
  return Number.isNaN(code) ? wait(open, TEXT) : go(open + 1);
}

/** `<!-->` and `<!--->` are comments too, and end where others only begin. */
function commentAt({ text, isLast }: TextWindow, open: number): Step {
  if (text.length - open < 6 && !isLast) return wait(open, TEXT);
  if (!text.startsWith('<!--', open)) return go(open + 2, BOGUS);
  if (text[open + 4] === '>') return go(open + 5);
  if (text.startsWith('->', open + 4)) return go(open + 6);
  return go(open + 4, { kind: 'comment' });
}

/** `-->`, and by mistake `--!>`. */
function endOfComment(text: string, from: number): number {
  for (let at = text.indexOf('--', from); at !== -1; at = text.indexOf('--', at + 1)) {
    if (text[at + 2] === '>') return at + 3;
    if (text[at + 2] === '!' && text[at + 3] === '>') return at + 4;
  }
  return -1;
}

/** A longer name is none that matters. */
const LONGEST_NAME = 32;

function tagAt(window: TextWindow, open: number, { reader }: Walk): Step {
  const { text } = window;
  const nameEnd = endOfName(text, open + 2);
  const name = nameEnd - open > LONGEST_NAME ? '' : text.slice(open + 1, nameEnd).toLowerCase();
  const end = endOfTag(text, nameEnd, 'before');
  if (end.at === -1) return unfinishedTag(window, open, { name, place: end.place, reader });
  const isWanted = reader.wants(name);
  if (isWanted || end.hasStyle) {
    const source = text.slice(open, end.at);
    if (isWanted || source.includes('(')) reader.tag(source, window.lineAt(open));
  }
  return go(end.at, afterTag(name));
}

function endOfName(text: string, from: number): number {
  let end = from;
  while (end < text.length && !endsName(text.charCodeAt(end))) end += 1;
  return end;
}

interface UnfinishedTag {
  readonly name: string;
  readonly place: Place;
  readonly reader: TagReader;
}

/** An image of a megabyte in its own tag is no reference. */
function unfinishedTag(window: TextWindow, open: number, { name, place, reader }: UnfinishedTag): Step {
  const { text, isFull, isLast, lineAt } = window;
  if (!isFull || isLast) return wait(open, TEXT);
  const isEmbedded = /[\s"'=]data:/i.test(text.slice(open, open + 4096));
  if (reader.wants(name) && !isEmbedded) reader.tooLong(lineAt(open));
  return wait(text.length, { kind: 'rest-of-tag', name, place });
}

function endsName(code: number): boolean {
  return code === 62 || code === 47 || isSpace(code);
}

function isSpace(code: number): boolean {
  return code === 32 || code === 10 || code === 9 || code === 13 || code === 12;
}

function afterTag(name: string): State {
  if (RAW.has(name)) return { kind: 'raw', name };
  return name === 'plaintext' ? { kind: 'plaintext' } : TEXT;
}

interface TagEnd {
  /** Behind the `>`; -1 when it is not there. */
  readonly at: number;
  readonly place: Place;
  /** It may have an attribute of this name. */
  readonly hasStyle: boolean;
}

/** A quote counts only where a value begins; a `>` in a quoted value is none. */
function endOfTag(text: string, from: number, first: Place): TagEnd {
  let { at, place } = behindQuote(text, from, first);
  let hasStyle = false;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === 62) return { at: at + 1, place, hasStyle };
    const next = placeAfter(place, code);
    hasStyle ||= next === 'name' && place !== next && isStyleName(text, at);
    at += 1;
    place = next;
    if (next === '"' || next === "'") ({ at, place } = behindQuote(text, at, next));
  }
  return { at: -1, place, hasStyle };
}

/** Behind the end of a quoted value, when it is one; else the same. */
function behindQuote(text: string, at: number, place: Place): { at: number; place: Place } {
  if (place !== '"' && place !== "'") return { at, place };
  const end = text.indexOf(place, at);
  return end === -1 ? { at: text.length, place } : { at: end + 1, place: 'before' };
}

function placeAfter(place: Place, code: number): Place {
  const isBlank = isSpace(code);
  if (place === 'value') return isBlank ? place : startOfValue(code);
  if (place === 'unquoted') return isBlank ? 'before' : place;
  if (code === 47) return 'before';
  if (isBlank) return place === 'name' ? 'after' : place;
  return code === 61 && place !== 'before' ? 'value' : 'name';
}

function startOfValue(code: number): Place {
  if (code === 34) return '"';
  return code === 39 ? "'" : 'unquoted';
}

function isStyleName(text: string, at: number): boolean {
  return (text.charCodeAt(at) | 32) === 115 && text.slice(at, at + 5).toLowerCase() === 'style';
}

function rawAt(window: TextWindow, at: number, { name, reader }: { name: string; reader: TagReader }): Step {
  const { text } = window;
  const close = closeOf(text, at, name);
  const element = name === 'style' || name === 'script' ? name : undefined;
  if (close !== -1) {
    if (element !== undefined && close > at) reader.raw(element, text.slice(at, close), window.lineAt(at));
    return go(close + 2, BOGUS);
  }
  const state: State = { kind: 'raw', name };
  if (element === undefined) return wait(Math.max(at, text.length - name.length - 3), state);
  if (!window.isFull) return wait(at, state);
  const end = window.isLast ? text.length : Math.max(at, text.length - name.length - 3);
  if (end > at) reader.raw(element, text.slice(at, end), window.lineAt(at));
  return wait(end, state);
}

/** `</name` with something behind it that ends a name. */
function closeOf(text: string, from: number, name: string): number {
  for (let at = text.indexOf('</', from); at !== -1; at = text.indexOf('</', at + 2)) {
    const end = at + 2 + name.length;
    if (endsName(text.charCodeAt(end)) && text.slice(at + 2, end).toLowerCase() === name) return at;
  }
  return -1;
}
