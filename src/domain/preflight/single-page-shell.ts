import { Parser } from 'htmlparser2';

/** Enough to see whether a page has text of its own. */
const MOST_CHARACTERS = 256 * 1024;
/** More than a loading message. */
const LONGEST_SHELL_TEXT = 200;
/** Deeper pages take a parser long, and nobody writes them. */
const DEEPEST = 1000;
const UNSEEN = new Set(['head', 'script', 'style', 'noscript', 'template', 'svg']);

export interface ShellReader {
  readonly take: (piece: string) => void;
  /** Whether the page shows nothing but what its scripts write; undefined where it is too long or too deep to be sure. */
  readonly isShell: () => boolean | undefined;
}

/** Reads the first page of a site. */
export function createShellReader(): ShellReader {
  let characters = 0;
  let text = 0;
  let scripts = 0;
  let unseen = 0;
  let depth = 0;
  const parser = new Parser({
    onopentagname: (name) => {
      depth += 1;
      if (depth > DEEPEST) parser.pause();
      if (name === 'script') scripts += 1;
      if (UNSEEN.has(name)) unseen += 1;
    },
    onclosetag: (name) => {
      depth -= 1;
      if (UNSEEN.has(name)) unseen -= 1;
    },
    ontext: (piece) => {
      if (unseen === 0) text += piece.replace(/\s+/g, '').length;
    },
  });
  return {
    take: (piece) => {
      const room = Math.max(0, MOST_CHARACTERS - characters);
      if (room > 0 && depth <= DEEPEST && text < LONGEST_SHELL_TEXT) parser.write(piece.slice(0, room));
      characters += piece.length;
    },
    isShell: () => {
      if (depth > DEEPEST) return undefined;
      parser.end();
      if (text >= LONGEST_SHELL_TEXT) return false;
      return characters > MOST_CHARACTERS ? undefined : scripts > 0;
    },
  };
}
