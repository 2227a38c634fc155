/** What a page calls itself, and whether that is an error. */
export interface WebPage {
  /** One line of at most 60 characters; '' where it has no title. */
  readonly title: string;
  readonly isError: boolean;
}

/** What looks for marks of a page needs no more of it. */
const HEAD_LENGTH = 16_384;
const MAX_TITLE_LENGTH = 60;
const ERROR_WORDS =
  /\b(?:error|forbidden|denied|unauthorized|not found|not available|unavailable|unreachable|bad gateway|timed? ?-?out|too many requests|rate limit(?:ed)?|blocked|suspended|captcha|just a moment|attention required)\b|^[45]\d\d\W*$/i;

/** The start of an answer as the page that it is; undefined where it is none. */
export function readWebPage(text: string): WebPage | undefined {
  const head = text.slice(0, HEAD_LENGTH);
  if (
    !/^\ufeff?\s*(?:<!--[^>]{0,500}-->\s*)?<(?:!doctype\s+html|html|head|body|title|h1|meta|p|div|center)\b/i.test(head)
  ) {
    return undefined;
  }
  const titles = ['title', 'h1'].map((name) => textOf(head, name));
  return {
    title: titles.find((title) => title !== '') ?? '',
    isError: titles.some((title) => ERROR_WORDS.test(title)),
  };
}

/** The text of the first element of a name, in one line and short. */
function textOf(head: string, name: string): string {
  const start = new RegExp(`<${name}(?:\\s[^>]{0,200})?>`, 'i').exec(head);
  if (start === null) return '';
  const rest = head.slice(start.index + start[0].length, start.index + start[0].length + 1000);
  const end = rest.search(new RegExp(`</${name}`, 'i'));
  const text = (end < 0 ? rest : rest.slice(0, end))
    .replace(/<[^>]*>/g, ' ')
    .replace(/[^\p{L}\p{N}\p{P}\p{S} ]+/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  return text.length > MAX_TITLE_LENGTH ? `${text.slice(0, MAX_TITLE_LENGTH - 1).trimEnd()}…` : text;
}
