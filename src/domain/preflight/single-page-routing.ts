/** How the scripts of a site route: by the path of the address, by its fragment, or not that anybody can tell. */
export type Routing = 'path' | 'hash' | 'unknown';

export interface RoutingReader {
  /** Another file follows. */
  readonly begin: () => void;
  readonly take: (piece: string) => void;
  readonly read: () => Routing;
}

/** What stays in minified code; react-dom alone has the second, and a gallery that keeps its place the first two. */
const PATH_MARKS = ['pushState', 'popstate', 'pathname'] as const;
/** Routers by hash have the marks above as well. */
const HASH_MARKS = [
  // react-router 6 and 7, and the history package below it.
  'not supported in hash history',
  // react-router 4 and 5.
  'Hash history cannot',
  // vue-router 4 and 5, where they make a base for hash routing; each minifier has its own quotes.
  '+="#")',
  '+=`#`)',
  "+='#')",
  // wouter.
  'new HashChangeEvent(',
  // Angular.
  'useHash:!0',
  // The history of TanStack.
  '.location.search}#${',
] as const;
/** Of code that routes by both: which of them is asked for, nobody can tell. */
const EITHER_MARKS = [
  // vue-router 3, by fragment unless it is told otherwise.
  ...inQuotes('?"popstate":"hashchange"'),
  // Angular, in which `withHashLocation` leaves no mark of its own.
  ...inQuotes('?"#"+'),
] as const;

const MARKS: readonly string[] = [...PATH_MARKS, ...HASH_MARKS, ...EITHER_MARKS];
/** The router of Solid, and whoever keeps a place in the page that is open: `pushState(x, '', '#' + y)`, or with `?`. */
const SAME_PAGE = { call: 'pushState(', mark: /(["'`])\1,\s*["'`][#?]/, longest: 200 } as const;
/** More than any mark. */
const SEAM = 256;

/** Each minifier has its own. */
function inQuotes(mark: string): readonly string[] {
  return ['"', "'", '`'].map((quote) => mark.replaceAll('"', quote));
}

/** Routers are in the first scripts or in none that matters. */
const MOST_CHARACTERS = 12e6;

function hasSamePage(text: string): boolean {
  const { call, mark, longest } = SAME_PAGE;
  for (let at = text.indexOf(call); at !== -1; at = text.indexOf(call, at + call.length)) {
    if (mark.test(text.slice(at, at + longest))) return true;
  }
  return false;
}

/** Looks for routers in the scripts of one site, one after the other. */
export function createRoutingReader(): RoutingReader {
  const missing = new Set<string>(MARKS);
  let rest = '';
  let characters = 0;
  let isSamePage = false;
  return {
    begin: () => {
      rest = '';
    },
    take: (whole) => {
      const piece = whole.slice(0, MOST_CHARACTERS - characters);
      if (piece === '') return;
      characters += piece.length;
      const seam = rest + piece.slice(0, SEAM);
      for (const mark of missing) {
        if (piece.includes(mark) || seam.includes(mark)) missing.delete(mark);
      }
      isSamePage ||= hasSamePage(piece) || hasSamePage(seam);
      rest = (piece.length < SEAM ? rest + piece : piece).slice(-SEAM);
    },
    read: () => {
      if (isSamePage || HASH_MARKS.some((mark) => !missing.has(mark))) return 'hash';
      if (EITHER_MARKS.some((mark) => !missing.has(mark))) return 'unknown';
      return PATH_MARKS.every((mark) => !missing.has(mark)) ? 'path' : 'unknown';
    },
  };
}
