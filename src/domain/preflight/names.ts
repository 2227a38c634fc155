import { quote } from './quote.ts';
import type { Report, Rule, Site } from './rule.ts';

/** What a file system or a URL makes of one name, or of a path as a whole. */
interface NameFault {
  readonly kind: string;
  readonly message: string;
  readonly advice: string;
  readonly level?: 'note' | 'error';
}

const LONGEST_NAME = 255;
const LONGEST_PATH = 4096;
const RENAME = 'Rename it in what is built, or leave it out with exclude.';
const REFUSED = 'Leave it out with exclude; no file of a site has such a path.';

/** Names that mean something else elsewhere: above the site, in a URL, on Windows, on file systems without case. */
export function createNamesRule(site: Site): (report: Report) => Rule {
  return (report) => ({
    name: 'names',
    open: () => undefined,
    finish: () => {
      for (const path of site.files.keys()) {
        for (const fault of faultsOf(path)) report({ ...fault, path, line: undefined });
      }
      reportCaseTwins(site.files.keys(), report);
    },
  });
}

/** Most paths have none of this, and one look says so. */
const UNUSUAL = /[^\w./@()[\]+=,~$!&';-]|^\/|\/$|\/\/|(?:^|\/)\.{1,2}(?:\/|$)|\.(?:\/|$)/;
const RESERVED = /(?:^|\/)(?:con|prn|aux|nul|com[1-9¹²³]|lpt[1-9¹²³])(?:\.[^/]*)?(?:\/|$)/i;

function* faultsOf(path: string): Generator<NameFault> {
  if (path.length > LONGEST_NAME / 3) yield* lengthFaults(path);
  if (RESERVED.test(path)) yield* path.split('/').flatMap(reservedName);
  if (!UNUSUAL.test(path)) return;
  yield* pathFaults(path);
  yield* characterFaults(path);
}

function* lengthFaults(path: string): Generator<NameFault> {
  if (path.split('/').some((name) => utf8Length(name) > LONGEST_NAME)) {
    const message = 'A name is longer than 255 bytes of UTF-8, which most file systems cannot hold.';
    yield { kind: 'long-name', message, advice: 'Give it a shorter name.' };
  }
  if (utf8Length(path) > LONGEST_PATH) {
    const message = 'A path is longer than 4,096 bytes of UTF-8, which most systems cannot open.';
    yield { kind: 'long-path', message, advice: 'Use fewer or shorter directories.' };
  }
}

function* pathFaults(path: string): Generator<NameFault> {
  if (/^(?:\/|\\\\|[A-Za-z]:(?:[\\/]|$))/.test(path)) {
    const message = 'A path is absolute, and would be written outside of where the site is saved.';
    yield { kind: 'absolute-path', message, advice: REFUSED, level: 'error' };
  }
  // A leading slash was told above.
  const names = path.replace(/^\/+/, '').split('/');
  if (path.split(/[\\/]/).includes('..')) {
    const message = 'A path has `..`, and leads out of the directory it is in.';
    yield { kind: 'parent-path', message, advice: REFUSED, level: 'error' };
  }
  if (names.includes('.') || names.includes('')) {
    const message = 'A path has an empty name or `.`, which no URL reaches.';
    yield { kind: 'empty-name', message, advice: RENAME };
  }
  if (names.some((name) => /^\s|\s$/u.test(name))) {
    const message = 'A name starts or ends with a space, which nobody sees in a URL and Windows drops.';
    yield { kind: 'space-at-end', message, advice: RENAME };
  }
  if (names.some((name) => /[^.]\.$|^\.{3,}$/.test(name))) {
    const message = 'A name ends with a dot, which Windows drops.';
    yield { kind: 'dot-at-end', message, advice: RENAME };
  }
}

interface Characters {
  readonly pattern: RegExp;
  readonly fault: (character: string) => NameFault;
}

const CHARACTERS: readonly Characters[] = [
  {
    // Its own class, since no system has it in a name.
    pattern: /\0/,
    fault: () => ({
      kind: 'nul',
      message: 'A name has the character NUL, where most systems end it.',
      advice: REFUSED,
      level: 'error',
    }),
  },
  {
    pattern: /[^\P{Cc}\0]|[\u2028\u2029]/u,
    fault: (character) => ({
      kind: 'control-character',
      message: `A name has the control character ${codePoint(character)}.`,
      advice: RENAME,
    }),
  },
  {
    pattern: /[\u202a-\u202e\u2066-\u2069]/,
    fault: (character) => ({
      kind: 'bidirectional',
      message: `A name has ${codePoint(character)}, which shows what follows in another order: \`exe.gpj\` reads as \`jpg.exe\`.`,
      advice: RENAME,
    }),
  },
  {
    pattern: /[\u00ad\u200b\u2060\ufeff]/,
    fault: (character) => ({
      kind: 'invisible-character',
      message: `A name has ${codePoint(character)}, which nobody sees.`,
      advice: RENAME,
      level: 'note',
    }),
  },
  {
    pattern: /\\/,
    fault: () => ({
      kind: 'backslash',
      message: 'A name has a backslash, which browsers and Windows read as `/`.',
      advice: RENAME,
    }),
  },
  {
    pattern: /[<>:"|*]/,
    fault: (character) => ({
      kind: 'windows-character',
      message: `A name has ${quote(character)}, which no name on Windows can have.`,
      advice: RENAME,
    }),
  },
  {
    pattern: /[?#%]/,
    fault: (character) => ({
      kind: 'url-character',
      message: `A name has ${quote(character)}, which a URL means otherwise.`,
      advice: `Write ${quote(encodeURIComponent(character))} wherever it is linked.`,
      level: 'note',
    }),
  },
];

function* characterFaults(path: string): Generator<NameFault> {
  for (const { pattern, fault } of CHARACTERS) {
    const found = pattern.exec(path)?.[0];
    if (found !== undefined) yield fault(found);
  }
}

function reservedName(name: string): readonly NameFault[] {
  if (!RESERVED.test(name)) return [];
  const message = `${quote(name)} is a device on Windows, which can hold no file of that name.`;
  return [{ kind: 'reserved-name', message, advice: RENAME }];
}

/** Names beside each other that differ only in case: one of them is lost on Windows, macOS and in many archives. */
function reportCaseTwins(paths: Iterable<string>, report: Report): void {
  const firstOf = new Map<string, string>();
  const seen = new Set<string>();
  for (const path of paths) {
    for (let end = path.length; end > 0; end = path.lastIndexOf('/', end - 1)) {
      const whole = path.slice(0, end);
      // What is above a known directory is known, too.
      if (end < path.length && seen.has(whole)) break;
      if (end < path.length) seen.add(whole);
      reportTwin(firstOf, whole, report);
    }
  }
}

function reportTwin(firstOf: Map<string, string>, path: string, report: Report): void {
  const start = path.lastIndexOf('/') + 1;
  // Only the name is folded: the directories above it are told on their own.
  const look = path.slice(0, start) + folded(path.slice(start));
  const first = firstOf.get(look);
  if (first === undefined) firstOf.set(look, path);
  if (first === undefined || first === path || first.normalize('NFC') === path.normalize('NFC')) return;
  const message = `${quote(first)} and ${quote(path.slice(start))} differ only in case; Windows and macOS keep one of them.`;
  report({ kind: 'case-twins', message, advice: RENAME, path, line: undefined });
}

function folded(name: string): string {
  const lower = name.toLowerCase();
  return /[\u0080-\uffff]/.test(lower) ? lower.normalize('NFC').toLowerCase().normalize('NFC') : lower;
}

function codePoint(character: string): string {
  return `U+${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`;
}

function utf8Length(text: string): number {
  return new TextEncoder().encode(text).length;
}
