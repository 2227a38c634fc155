import { own } from './reference.ts';
import type { Scan } from './reference-window.ts';

/** A string of a script that is an absolute path. */
export interface ScriptPath {
  readonly path: string;
  readonly role: /** Where a bundler's runtime loads further scripts and files from. */
    | 'public-path'
    /** Of `import`: loaded for certain. */
    | 'import'
    | 'service-worker'
    /** A string somewhere: what becomes of it is not known. */
    | 'string';
  readonly line: number;
}

const LONGEST = 300;

/** Looks only at strings that begin with a slash and hold nothing but a path. */
export function createScriptScan(see: (found: ScriptPath) => void, hasFile: (path: string) => boolean): Scan {
  return ({ text, from, isLast, lineAt }) => {
    const end = isLast ? text.length : Math.max(from, text.length - LONGEST - 2);
    const has = remember((word) => text.includes(word));
    const places = { double: from - 1, single: from - 1, back: from - 1 };
    for (let at = nextString(text, from, places); at < end; at = nextString(text, at + 1, places)) {
      const path = pathAt(text, at);
      const role = path === undefined ? undefined : roleOf({ text, at, path, has, hasFile });
      if (path !== undefined && role !== undefined) see({ path: own(path), role, line: lineAt(at) });
    }
    return end;
  };
}

interface Places {
  double: number;
  single: number;
  back: number;
}

/** Where a string may begin that begins with a slash. Each kind of quote is looked for once per place. */
function nextString(text: string, from: number, places: Places): number {
  if (places.double < from) places.double = placeOf(text, '"/', from);
  if (places.single < from) places.single = placeOf(text, "'/", from);
  if (places.back < from) places.back = placeOf(text, '`/', from);
  return Math.min(places.double, places.single, places.back);
}

function placeOf(text: string, needle: string, from: number): number {
  const found = text.indexOf(needle, from);
  return found === -1 ? Number.POSITIVE_INFINITY : found;
}

type Test = (text: string) => boolean;

/** A window is searched for a word once, however often it is asked. */
function remember(test: Test): Test {
  const known = new Map<string, boolean>();
  return (text) => {
    const found = known.get(text) ?? test(text);
    known.set(text, found);
    return found;
  };
}

const PATH_CHARACTERS = new Set(
  [...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-~%@+()[]=&?#:!,'].map((c) => c.charCodeAt(0)),
);

/** Up to the same quote, with nothing between that a path would not have; `//` is another host or a comment. */
function pathAt(text: string, at: number): string | undefined {
  const quote = text.charCodeAt(at);
  let end = at + 1;
  const limit = Math.min(text.length, at + LONGEST);
  while (end < limit && PATH_CHARACTERS.has(text.charCodeAt(end))) end += 1;
  return text.charCodeAt(end) === quote && text[at + 2] !== '/' ? text.slice(at + 1, end) : undefined;
}

const KEYWORD = /(?:^|[^\w$.])(?:return|from|import|case|default|of|in|else)$/;

interface Candidate {
  readonly text: string;
  readonly at: number;
  readonly path: string;
  readonly has: Test;
  readonly hasFile: Test;
}

/** undefined where the string is no expression of its own: a part of a sum, in a comment, in another string. */
function roleOf(candidate: Candidate): ScriptPath['role'] | undefined {
  const { text, at, path } = candidate;
  const before = text.slice(Math.max(0, at - 40), at).trimEnd();
  const last = before.at(-1) ?? ';';
  if (!'(,=:[{?;&|>!}'.includes(last) && !KEYWORD.test(before)) return undefined;
  const next = text.slice(at + path.length + 2, at + path.length + 12).trimStart();
  const role = path.endsWith('/') ? publicPath(before, next, candidate.has) : fileRole(before, next, candidate);
  return role === undefined || isInComment(text, at) ? undefined : role;
}

function fileRole(before: string, next: string, { path, has, hasFile }: Candidate): ScriptPath['role'] | undefined {
  if (next !== '' && !/^[,)\]};:?&|.=\n]/.test(next)) return undefined;
  if (/\bregister\($/.test(before) && has('serviceWorker')) return 'service-worker';
  if (/(?:\bimport\s*\(?|\bfrom)$/.test(before)) return 'import';
  return hasFile(path.slice(1).split(/[?#]/, 1)[0] ?? '') ? 'string' : undefined;
}

/** The runtimes of webpack, Turbopack and Vite. */
function publicPath(before: string, next: string, has: Test): 'public-path' | undefined {
  if (/[\w$]\.p=$/.test(before)) return has('webpackChunk') || has('webpackJsonp') ? 'public-path' : undefined;
  if (before.endsWith('CHUNK_BASE_PATH:')) return 'public-path';
  return /\breturn$/.test(before) && next.startsWith('+') && has('modulepreload') ? 'public-path' : undefined;
}

/** As far as the same line tells. */
function isInComment(text: string, at: number): boolean {
  const back = text.slice(Math.max(0, at - LONGEST), at);
  const line = back.slice(back.lastIndexOf('\n') + 1);
  return /(?:^|[\s;{}(),])\/\/|^\s*\*|\/\*(?:[^*]|\*(?!\/))*$/.test(line);
}
