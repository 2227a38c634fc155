/** No file system has longer names. */
const LONGEST_NAME = 255;

/**
 * The path with `*` for each content hash that a bundler put into it, so that two builds of one file have one name.
 * The same path when there is none. `extra` says what else is a hash: its capture groups, or the whole match without any.
 */
export function stripHash(path: string, extra: readonly RegExp[]): string {
  const asked = extra.reduce(stripMatches, path);
  const slash = asked.lastIndexOf('/');
  const name = asked.slice(slash + 1);
  const directory = asked.slice(0, slash + 1);
  return stripBuildId(directory, name) + (name.length > LONGEST_NAME ? name : stripName(name, directory));
}

/** The path with `*` where a hash of the usual eight characters may stand, though it looks like a word or a number. */
export function unprovenHash(path: string): string | undefined {
  const slash = path.lastIndexOf('/');
  if (path.length - slash > LONGEST_NAME) return undefined;
  const [, before, after] = /^(.*[-.])[A-Za-z0-9_-]{8}((?:\.[A-Za-z0-9]+)+)$/.exec(path.slice(slash + 1)) ?? [];
  return before === undefined || after === undefined ? undefined : `${path.slice(0, slash + 1)}${before}*${after}`;
}

/** Next puts its build id, a nanoid by default, between these directories and its manifests or pages. */
function stripBuildId(directory: string, name: string): string {
  if (!directory.includes('_next/')) return directory;
  const id = /^_(build|ssg|middleware|clientMiddleware)Manifest\.js/i.test(name) ? '[^/]+' : '[A-Za-z0-9_-]{21}';
  return directory.replace(new RegExp(`((?:^|/)_next/(?:static|data)/)${id}/`), '$1*/');
}

/** Where SvelteKit, Nuxt and Astro put files that may have a hash for a name, and no others of eight letters. */
const BUNDLED = /(^|\/)(_app\/immutable|_nuxt|_astro)\//;

/** Where a part of a name stands: a whole name may be a hash only with digits in it, but where all are bundled. */
type Place = 'first' | 'first-bundled' | 'later';

/** The last part of a name is its extension, never a hash: `main.3f9a1b2c.chunk.js.map`. */
function stripName(name: string, directory: string): string {
  const parts = name.split('.');
  const extension = parts.pop() ?? '';
  if (parts.length === 0) return name;
  const first = BUNDLED.test(directory) ? 'first-bundled' : 'first';
  return [...parts.map((part, index) => stripPart(part, index === 0 ? first : 'later')), extension].join('.');
}

function stripPart(part: string, place: Place): string {
  if (isWholeHash(part, place)) return '*';
  const opening = /^[0-9a-f]{16,64}(?=-)/.exec(part)?.[0];
  if (opening !== undefined && looksRandom(opening)) return `*${part.slice(opening.length)}`;
  const start = hashStart(part);
  return start === undefined ? part : `${part.slice(0, start)}*`;
}

/** A part that is nothing but a hash: `CQs8sBdN.js` of SvelteKit and Nuxt, 16 and more hex digits of the others. */
function isWholeHash(part: string, place: Place): boolean {
  if (!/^[A-Za-z0-9_-]{4,64}$/.test(part) || (place === 'first' && !/\d/.test(part))) return false;
  if (/[_-]/.test(part)) return part.length === 8 && looksRandomWithDashes(part);
  if (place === 'later') return looksRandom(part);
  const long = part.length >= 16 && /^([0-9a-f]+|[0-9A-F]+)$/.test(part);
  return (long || (part.length === 8 && isMixedCase(part))) && looksRandom(part);
}

/** Where the hash at the end of `name-hash` begins. */
function hashStart(part: string): number | undefined {
  const last = Math.max(part.lastIndexOf('-'), part.lastIndexOf('_'));
  const tail = part.slice(last + 1);
  // Eight base64url characters may have a dash or an underscore among them: `index-DiwrgT-_.js`.
  const window = /(?<=-)[A-Za-z0-9_-]{8}$/.exec(part)?.[0];
  if (window !== undefined && /[_-]/.test(window) && looksRandomWithDashes(window) && !endsOwnHash(window, tail)) {
    return part.length - 8;
  }
  if (last === -1 || !/^[A-Za-z0-9]{4,64}$/.test(tail) || !looksRandom(tail)) return undefined;
  return part[last] === '_' && tail.length < 8 ? undefined : last + 1;
}

/** `app-B1x9` of `my-app-B1x9`: a word and a short hash, eight characters by accident. */
function endsOwnHash(window: string, tail: string): boolean {
  return /^[a-z]{2,}[_-]$/.test(window.slice(0, window.length - tail.length)) && looksRandom(tail);
}

function looksRandomWithDashes(text: string): boolean {
  if (!isMixedCase(text)) return false;
  return /[_-]$|_-|-_/.test(text) || text.split(/[_-]/).some((piece) => !looksWritten(piece));
}

/**
 * Letters and digits that nobody wrote: four to seven must have all three kinds; more of them need only not be words, a
 * number or a date.
 */
export function looksRandom(token: string): boolean {
  return (token.length >= 8 || (/\d/.test(token) && isMixedCase(token))) && !looksWritten(token);
}

/** What people write: words in any case, numbers, dates, sizes, and words with a number. */
function looksWritten(token: string): boolean {
  if (/^\d*(x\d+)?$/i.test(token) || /^(19|20)\d\d(0\d|1[0-2])[0-3]\d/.test(token)) return true;
  if (/^[A-Za-z]+$/.test(token)) return isWrittenInLetters(token);
  if (/^([0-9a-f]{8,}|[0-9A-F]{8,})$/.test(token)) return /^[a-z]{4,}\d{1,4}$/.test(token);
  return /^([A-Z]?[a-z]+|[A-Z]+)\d{1,5}$/.test(token) ? hasNoNoise(token) : isWordsWithNumbers(token);
}

function isWrittenInLetters(token: string): boolean {
  if (/^[a-z]+$/.test(token)) return true;
  if (/^[A-Z]+$/.test(token)) return token.length !== 8 || isSpeakable(token);
  return token.length < 4
    ? /^([A-Z][a-z]+|[A-Z]+s|[a-z][A-Z]+)$/.test(token)
    : isCamelCase(token) && isSpeakable(token);
}

function isWordsWithNumbers(token: string): boolean {
  const numbers = token.match(/\d+/g)?.length ?? 0;
  if (numbers > 2 || !hasNoNoise(token)) return false;
  if (!/[A-Z]/.test(token)) return true;
  if (!/[a-z]/.test(token)) return numbers < 2 && !/^[A-Z]+[2-7]+[A-Z2-7]+$/.test(token);
  const words = token.split(/\d+/).filter((word) => word !== '');
  if (token.length < 4) return words.length === 1;
  return (
    words.some((word) => word.length >= 4 && /[a-z]/.test(word) && isSpeakable(word)) &&
    words.every((word) => word.length === 1 || isCamelCase(word))
  );
}

/** No run of letters between the digits is one that nobody can say. */
function hasNoNoise(token: string): boolean {
  return (token.match(/[A-Za-z]{4,}/g) ?? []).every((run) => /^(x?html|https?|glsl)$/i.test(run) || isSpeakable(run));
}

/** `DarkMode`, `iOSDevice`, `MySQL`, `XMLHttpRequest`: after the first word none has two letters, but a few. */
function isCamelCase(letters: string): boolean {
  return /^([A-Z]?[a-z]+|[A-Z]{2,4}(?=$|[A-Z][a-z]))?([A-Z][a-z]{2,}|[A-Z]{2,4}(?=$|[A-Z][a-z])|(By|In|Js|Me|On|To|Up))*$/.test(
    letters,
  );
}

/** Has the vowels of a word, and no letters beside each other that no word has; short forms aside, as in `MySQL`. */
function isSpeakable(letters: string): boolean {
  const words = isMixedCase(letters) ? letters.replace(/[A-Z]{2,4}(?=$|[A-Z][a-z])/g, '') : letters;
  const lower = words.toLowerCase();
  const vowels = lower.match(/[aeiouy]/g)?.length ?? 0;
  if (vowels < lower.length / 5 || /[^aeiouy]{6}/.test(lower)) return false;
  return !/q[^u]|[jvxz][bdfgjkmnqrwxz]|[bcdfghjkmpqtvw][jqx]|[bcdfghjkmpqvwx]z/.test(lower);
}

function isMixedCase(text: string): boolean {
  return /[A-Z]/.test(text) && /[a-z]/.test(text);
}

function stripMatches(path: string, pattern: RegExp): string {
  let stripped = '';
  let end = 0;
  for (const match of path.matchAll(withIndices(pattern))) {
    const groups = (match.indices ?? []).slice(1).filter((span) => span !== undefined);
    for (const [from, to] of match.length > 1 ? groups : [[match.index, match.index + match[0].length] as const]) {
      if (from < end || from === to) continue;
      stripped += `${path.slice(end, from)}*`;
      end = to;
    }
  }
  return stripped + path.slice(end);
}

/** A new one, since an expression remembers where its last match was. */
function withIndices(pattern: RegExp): RegExp {
  return new RegExp(pattern, [...new Set(`${pattern.flags}dg`)].join(''));
}

/**
 * A line of `strip-hash`. Undefined when it is no regular expression, is longer than 200 characters, matches nothing at
 * all, or repeats a group that repeats something, which can take longer than the run.
 */
export function parseStripHash(line: string): RegExp | undefined {
  if (line === '' || line.length > 200 || repeatsRepetition(line)) return undefined;
  try {
    const pattern = new RegExp(line, 'dg');
    return ''.search(pattern) === -1 ? pattern : undefined;
  } catch {
    return undefined;
  }
}

/** Groups are taken from the inside out; `\0` stands for one that can match a text in several ways. */
function repeatsRepetition(source: string): boolean {
  let rest = source.replace(/\\./g, 'x').replace(/\[[^\]]*\]/g, 'x');
  for (;;) {
    const group = /\(([^()]*)\)([*+]|\{\d)?/.exec(rest);
    if (group === null) return false;
    const [whole, inner = '', quantifier = ''] = group;
    const ambiguous = /[*+?|\0]|\{\d/.test(inner);
    if (ambiguous && quantifier !== '') return true;
    rest = rest.replace(whole, () => (ambiguous ? '\0' : 'x') + quantifier);
  }
}
