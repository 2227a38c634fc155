/** How the scripts of a site route: by the path of the address, by its fragment, or not that anybody can tell. */
export type Routing = 'path' | 'hash' | 'unknown';

export interface RoutingReader {
  /** Another file follows. */
  readonly begin: () => void;
  readonly take: (piece: string) => void;
  readonly read: () => Routing;
}

/** What stays in minified code; react-dom alone has the second. */
const PATH_MARKS = ['pushState', 'popstate'] as const;
/** Routers by hash have the marks above as well. With `withHashLocation` of Angular no mark tells the two apart. */
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
] as const;

const LONGEST_MARK = Math.max(...[...PATH_MARKS, ...HASH_MARKS].map((mark) => mark.length));
/** Routers are in the first scripts or in none that matters. */
const MOST_CHARACTERS = 12e6;

/** Looks for routers in the scripts of one site, one after the other. */
export function createRoutingReader(): RoutingReader {
  const missing = new Set<string>([...PATH_MARKS, ...HASH_MARKS]);
  let rest = '';
  let characters = 0;
  return {
    begin: () => {
      rest = '';
    },
    take: (whole) => {
      const piece = whole.slice(0, MOST_CHARACTERS - characters);
      if (piece === '') return;
      characters += piece.length;
      const seam = rest + piece.slice(0, LONGEST_MARK);
      for (const mark of missing) {
        if (piece.includes(mark) || seam.includes(mark)) missing.delete(mark);
      }
      rest = (piece.length < LONGEST_MARK ? rest + piece : piece).slice(-LONGEST_MARK);
    },
    read: () => {
      if (HASH_MARKS.some((mark) => !missing.has(mark))) return 'hash';
      return PATH_MARKS.every((mark) => !missing.has(mark)) ? 'path' : 'unknown';
    },
  };
}
