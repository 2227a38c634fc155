/** The only file that escapes: foreign text enters Markdown through here. */

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '|': '&#124;',
  '`': '&#96;',
  '@': '&#64;',
  '#': '&#35;',
  '*': '&#42;',
  _: '&#95;',
  '~': '&#126;',
  '[': '&#91;',
  ']': '&#93;',
  '\\': '&#92;',
  ':': '&#58;',
  $: '&#36;',
};

/** Where a line may break, and where GitHub sees two words: it finds mentions and addresses in what is escaped, too. */
const BREAK = '\u0000';

/**
 * Text as code that works inside tables, whatever it holds: no mention, link or cell can come out of it. GitHub looks for
 * no references inside code, but for mail and web addresses.
 */
export function code(text: string): string {
  return `<code>${escapeCode(text)}</code>`;
}

/** What `code` has between its tags. */
export function escapeCode(text: string): string {
  return entities(splitAddresses(visible(text)));
}

/**
 * Foreign text with every character that Markdown or HTML reads made harmless, and invisible ones made visible. Nothing
 * in it becomes a mention, a reference to an issue or a commit, an address or an emoji.
 */
export function escapeText(text: string): string {
  return entities(
    splitAddresses(visible(text))
      .replace(/[@#](?=\w)|(?<=\bGH)-(?=\d)|:(?=[\w+-]+:)/gi, `$&${BREAK}`)
      // Seven hexadecimal digits may be a commit.
      .replace(/\b[0-9a-f]{7,}\b/gi, (digits) => digits.replace(/.{6}(?=.)/g, `$&${BREAK}`)),
  );
}

function splitAddresses(text: string): string {
  return text.replace(/(?<=[\w.+-])@(?=\w)|www(?=\.)/gi, `$&${BREAK}`);
}

function visible(text: string): string {
  return text
    .toWellFormed()
    .replace(/\r\n|[\r\n\u2028\u2029]/g, '␊')
    .replace(
      /[\p{Cc}\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu,
      (character) => `⟨U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}⟩`,
    );
}

function entities(text: string): string {
  return text
    .replace(/[&<>"'|`@#*_~[\]\\:$]/g, (character) => ENTITIES[character] ?? character)
    .replaceAll(BREAK, '<wbr>');
}

/** A link whose text and address are escaped; only http and https addresses become links. */
export function link(text: string, address: string): string {
  return linked(escapeText(text), address);
}

/** As `link`, with a text that is Markdown already. */
export function linked(markdown: string, address: string): string {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) return markdown;
  return `[${markdown}](<${url.href.replace(/[<>\\|]/g, (character) => encodeURIComponent(character))}>)`;
}

/** A table; cells are Markdown already. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return rowsOf(head, '---', rows);
}

/** As `table`, with its head at the left like what is below it: for names and what they have. */
export function leftTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return rowsOf(head, ':--', rows);
}

function rowsOf(head: readonly string[], rule: string, rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => rule)), ...rows.map(line)].join('\n');
}
