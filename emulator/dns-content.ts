/** A TXT record's content: character strings in quotes, or a bare text that is one string. Undefined for broken quotes. */
export function parseStrings(content: string): readonly string[] | undefined {
  const text = content.trim();
  if (!text.startsWith('"')) return cut(text);
  const strings: string[] = [];
  let at = 0;
  while (at < text.length) {
    const match = /^"((?:[^"\\]|\\.)*)"\s*/.exec(text.slice(at));
    if (match === null) return undefined;
    strings.push(...cut((match[1] ?? '').replace(/\\(.)/g, '$1')));
    at += match[0].length;
  }
  return strings;
}

/** The service cuts what is longer than a character string of DNS can be. */
function cut(text: string): readonly string[] {
  return text.match(/.{1,255}/gs) ?? [''];
}

/** How the API shows a TXT record's content, by the knob. */
export function showContent(content: string, quotes: 'as-sent' | 'on' | 'off'): string {
  const strings = parseStrings(content);
  if (quotes === 'as-sent' || strings === undefined) return content;
  if (quotes === 'off') return strings.join('');
  return strings.map((text) => `"${text.replace(/["\\]/g, '\\$&')}"`).join(' ');
}
