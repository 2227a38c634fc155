/** What is shown of a long text. */
interface Cut {
  readonly start: number;
  readonly end: number;
}

const LONGEST = 117;
const HALVES: Cut = { start: 58, end: 58 };
/** Characters that would end the line or the backticks, or that nobody sees, and halves of such. */
const UNSEEN = /[`\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** Foreign text for a message: one line, in backticks, at most 120 characters with them. Who renders it escapes the rest. */
export function quote(text: string, cut: Cut = HALVES): string {
  // Six places for a character that is not seen make the text long again.
  return `\`${shortened(shortened(text, cut).replace(UNSEEN, visible), cut)}\``;
}

/** Half of a surrogate pair is no character. */
function shortened(text: string, cut: Cut): string {
  if (text.length <= LONGEST) return text;
  const start = text.slice(0, cut.start).replace(/[\ud800-\udbff]$/, '');
  const end = text.slice(-cut.end).replace(/^[\udc00-\udfff]/, '');
  return `${start}…${end}`;
}

function visible(character: string): string {
  return `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`;
}
