/**
 * Foreign text for the log. The runner reads lines as commands: `::name::` at the start of a line, `##[name]` anywhere.
 * Control and bidirectional characters are shown as escapes, so one value stays one line.
 */
export function printable(text: string): string {
  return text
    .replace(/[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, (character) => {
      const known: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };
      return known[character] ?? `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`;
    })
    .replace(/##\[/g, '# #[')
    .replace(/^(\s*)::/, '$1\\::');
}
