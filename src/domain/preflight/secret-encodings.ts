import { base64, base64url } from 'multiformats/bases/base64';

/** More of a value than this tells it from every other text, and fits between two looks at a file. */
const LONGEST_NEEDLE = 4096;

/** The ways in which a value may stand in a file, each once: as it is, escaped, and within base64 of something longer. */
export function encodingsOf(value: string): readonly Uint8Array[] {
  const bytes = new TextEncoder().encode(value);
  const texts = [value, ...escapedForms(value), ...base64Forms(bytes)].filter((text) => text.length >= 2);
  return [...new Set(texts)].map((text) => new TextEncoder().encode(text).subarray(0, LONGEST_NEEDLE));
}

function escapedForms(value: string): readonly string[] {
  const encoded = encodeURIComponent(value.toWellFormed());
  const strict = encoded.replace(/[!'()*]/g, percentEncoded);
  const percent = [encoded, strict, strict.replaceAll('%20', '+')];
  const json = JSON.stringify(value).slice(1, -1);
  return [
    ...percent,
    ...percent.map((text) => text.replace(/%[0-9A-F]{2}/g, (hex) => hex.toLowerCase())),
    json,
    json.replaceAll('/', '\\/'),
    json.replace(/[<>&]/g, (character) => `\\u00${hexOf(character)}`),
    JSON.stringify(json).slice(1, -1),
    value.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;').replaceAll('>', '&gt;'),
  ];
}

function percentEncoded(character: string): string {
  return `%${hexOf(character).toUpperCase()}`;
}

function hexOf(character: string): string {
  return character.charCodeAt(0).toString(16).padStart(2, '0');
}

/** What of the base64 of any text with these bytes in it depends on nothing else: one form for each place modulo 3. */
function base64Forms(bytes: Uint8Array): readonly string[] {
  return [0, 1, 2].flatMap((before) => {
    const shifted = new Uint8Array(before + bytes.length);
    shifted.set(bytes, before);
    const first = Math.ceil((before * 8) / 6);
    const last = Math.floor((shifted.length * 8) / 6);
    return [base64, base64url].map((alphabet) => alphabet.baseEncode(shifted).slice(first, last));
  });
}
