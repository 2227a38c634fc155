import type { Secret } from './secret.ts';
import { isPattern } from './secret-placeholder.ts';
import { countPlace, type Stretch, textOf } from './secret-stretches.ts';

/** Keys of RSA are long, and their members in any order. */
const AROUND = 4000;

/** Whether the member `d` may be what a run is the value of: `"d":"`, `d: '`. */
export function isBeforeJwk({ bytes }: Stretch, start: number): boolean {
  const quote = bytes[start - 1];
  if (quote !== 0x22 && quote !== 0x27) return false;
  return bytes.subarray(Math.max(0, start - 8), start - 1).includes(0x64);
}

/** A JSON Web Key with its private part, such as the key file of an Arweave wallet. */
export function judgeJwk(stretch: Stretch, start: number, end: number): Secret | undefined {
  if (!/(?<![\w-])d\\*["']?\s?:\s?\\*["']$/.test(textOf(stretch, start - 12, start)) || !countPlace(stretch))
    return undefined;
  const value = textOf(stretch, start, end);
  if (!/["']?kty\\*["']?\s?:/.test(textOf(stretch, start - AROUND, end + AROUND)) || isPattern(value)) return undefined;
  return { kind: 'private-jwk', what: 'A JSON Web Key with its private part', value };
}
