import { base64url } from 'multiformats/bases/base64';
import { parseJson, textAt, valueAt } from '../json.ts';
import type { Secret } from './secret.ts';
import { isPattern } from './secret-placeholder.ts';

const LONGEST = 8192;
/** Who signs tokens with which anybody may store in somebody's name. */
const STORAGE_ISSUERS: ReadonlySet<unknown> = new Set(['nft-storage', 'web3-storage']);

/**
 * What a JSON Web Token says that it is for. Many are meant for browsers, such as the anonymous key of a Supabase project:
 * only what opens an account is a secret, and of what cannot be told there is a note.
 * @param text begins with the token.
 */
export function judgeJwt(text: string): Secret | undefined {
  const [value, header = '', payload = '', signature = ''] = splitJwt(text) ?? [];
  if (value === undefined || signature.length < 20 || isPattern(signature)) return undefined;
  const claims = decodePart(payload);
  return textAt(decodePart(header), 'alg') === undefined ? undefined : judgeClaims(claims, value);
}

function judgeClaims(claims: unknown, value: string): Secret | undefined {
  const has = (claim: string): boolean => valueAt(claims, claim) !== undefined;
  if (has('scopedKeySecret') || (has('userInformation') && has('authenticationType'))) {
    return { kind: 'pinata-jwt', what: 'A JWT of a Pinata account', value };
  }
  const role = valueAt(claims, 'role');
  const issuer = valueAt(claims, 'iss');
  if (role === 'service_role') {
    const level = issuer === 'supabase-demo' ? 'note' : undefined;
    return { kind: 'supabase-service-key', what: 'A service key of a Supabase project', value, level };
  }
  if (STORAGE_ISSUERS.has(issuer)) return { kind: 'storage-jwt', what: 'A JWT of a storage service', value };
  // The example of jwt.io stands in every second page about these tokens.
  if (claims === undefined || role === 'anon' || valueAt(claims, 'name') === 'John Doe') return undefined;
  return { kind: 'jwt', what: 'A JSON Web Token that may be meant for everybody', value, level: 'note' };
}

function splitJwt(text: string): readonly string[] | undefined {
  return /^([\w-]+)\.([\w-]+)\.([\w-]+)/.exec(text.slice(0, LONGEST)) ?? undefined;
}

function decodePart(part: string): unknown {
  try {
    return parseJson(new TextDecoder().decode(base64url.baseDecode(part)));
  } catch {
    return undefined;
  }
}
