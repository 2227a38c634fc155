/** Half of what is shown of a long text: its start and its end. */
const SHOWN = 58;
/** Characters that would end the line or the backticks, or that nobody sees. */
const UNSEEN = /[`\p{Cc}\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu;

/** Foreign text for a message: one line, in backticks, at most 120 characters with them. Who renders it escapes the rest. */
export function quote(text: string): string {
  const short = text.length > 2 * SHOWN + 1 ? shortened(text) : text;
  // Six places for a character that is not seen make the text long again.
  const seen = short.replace(UNSEEN, visible);
  return `\`${seen.length > 2 * SHOWN + 1 ? shortened(seen) : seen}\``;
}

/** Half of a surrogate pair is no character. */
function shortened(text: string): string {
  const start = text.slice(0, SHOWN).replace(/[\ud800-\udbff]$/, '');
  const end = text.slice(-SHOWN).replace(/^[\udc00-\udfff]/, '');
  return `${start}…${end}`;
}

function visible(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
