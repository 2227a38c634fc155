const STRING = String.raw`"(?:[^"\\]|\\.)*"`;
const QUOTED = new RegExp(String.raw`^\s*${STRING}(?:\s+${STRING})*\s*$`);

/** What the API shows of a TXT record: character strings in quotes (RFC 1035), or the bare value of an older record. */
export function isQuoted(content: string): boolean {
  return QUOTED.test(content);
}

/** The value that DNS answers: the strings joined. */
export function parseContent(content: string): string {
  if (!isQuoted(content)) return content;
  return (content.match(new RegExp(STRING, 'g')) ?? []).map((text) => unescaped(text.slice(1, -1))).join('');
}

function unescaped(text: string): string {
  return text.replace(/\\(\d{3}|.)/g, (_all, code: string) =>
    /^\d{3}$/.test(code) ? String.fromCharCode(Number(code)) : code,
  );
}

export function renderContent(value: string): string {
  return `"${value.replace(/["\\]/g, '\\$&')}"`;
}
