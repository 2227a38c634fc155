import { base64 } from 'multiformats/bases/base64';
import type { Secret } from './secret.ts';
import { AHEAD, countPlace, type Stretch, textOf } from './secret-stretches.ts';

/** What begins with the same word ends the line of every private key. */
export const PEM_NEEDLES = ['PRIVATE KEY-----', 'PRIVATE KEY BLOCK'];
const WORDS = 'PRIVATE KEY'.length;

/** A private key in PEM, with its body: parsers have the same lines without one, and documents a few dots between them. */
export function judgePem(stretch: Stretch, at: number): Secret | undefined {
  const opening = /-----BEGIN ([A-Z0-9 ]{0,20})$/.exec(textOf(stretch, at - 40, at))?.[1];
  if (opening === undefined || !countPlace(stretch)) return undefined;
  const body = bodyOf(textOf(stretch, at + WORDS, bodyEnd(stretch, at + WORDS + 14)));
  if (body === undefined || !isKey(body, opening)) return undefined;
  const around = textOf(stretch, at - 1000, at);
  if (/service_account/.test(around))
    return { kind: 'google-service-account', what: 'A Google service account', value: body };
  return { kind: 'pem-private-key', what: `A private key (${nameOf(opening)}PEM)`, value: body };
}

function nameOf(opening: string): string {
  const name = opening.trim();
  return name === '' ? '' : `${name}, `;
}

/** Where the next five dashes are. What is cut by the end of the file, or longer than is looked at, is a key all the same. */
function bodyEnd({ bytes, end }: Stretch, from: number): number {
  const text = bytes.subarray(0, Math.min(end, from + AHEAD - 100));
  for (let at = text.indexOf(0x2d, from); at !== -1; at = text.indexOf(0x2d, at + 1)) {
    if (text.subarray(at, at + 5).every((byte) => byte === 0x2d)) return at;
  }
  return text.length;
}

/** The base64 between the lines, without escapes, quotes and headers. */
function bodyOf(text: string): string | undefined {
  const start = /^( BLOCK)?-----/.exec(text)?.[0].length;
  if (start === undefined) return undefined;
  return text
    .slice(start)
    .replace(/\\+[nrt]|\\+u000[ad]|&#(10|13|xa|xd);|<br ?\/?>|%0[ad]/gi, '\n')
    .replace(/\b(Proc-Type|DEK-Info|Version|Comment|Hash|Charset): [^\n]{0,100}/g, '')
    .replace(/["'`]\s*[+,.]?\s*["'`]/g, '')
    .replace(/[\s\\"'`,;]|=[A-Za-z0-9+/]{4}\s*$/g, '');
}

/** The first bytes of DER or of OpenSSH, or at least what looks encrypted or belongs to PGP; 32 bytes and more. */
function isKey(body: string, opening: string): boolean {
  const text = /^[A-Za-z0-9+/]{44,}/.exec(body)?.[0];
  if (text === undefined || text.length < body.replace(/=+$/, '').length || new Set(body).size < 16) return false;
  if (/PGP/.test(opening)) return /^[lx]/.test(text);
  const bytes = base64.baseDecode(text.slice(0, 20));
  return bytes[0] === 0x30 || text.startsWith('b3BlbnNzaC1rZXk') || /ENCRYPTED/.test(opening) || isRandom(text);
}

/** Keys that are encrypted in the old way begin with anything. */
function isRandom(text: string): boolean {
  return text.length >= 100 && new Set(text).size >= 40;
}
