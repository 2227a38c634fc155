import type { Secret } from './secret.ts';
import { isPattern } from './secret-placeholder.ts';
import { countPlace, type Stretch, textOf } from './secret-stretches.ts';
import { lintToken } from './token-lint.ts';

/** Parts of the names that secret keys of AWS are given. */
export const AWS_NEEDLES = ['ecretAccessKey', 'ECRET_ACCESS_KEY', 'ecret_access_key', 'ecret-access-key'];

const AROUND = 400;
const NAMED =
  /secret[-_]?access[-_]?key[\\"'`\])\s]{0,8}(?::|=>?|\|\||\?\?|,)[\\"'`(\s]{0,8}([A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])/i;

/** The secret key after a name that says so. */
export function judgeAwsName(stretch: Stretch, at: number): Secret | undefined {
  if (!countPlace(stretch)) return undefined;
  const text = textOf(stretch, at - 10, at + 160);
  return asSecret(NAMED.exec(text)?.[1]) ?? asSecret(lintToken('aws', text)[0]);
}

/** The secret key near an access key id. An id that stands alone opens nothing, and without a digit it may be a word. */
export function judgeAwsId(stretch: Stretch, at: number): Secret | undefined {
  const text = textOf(stretch, at - AROUND, at + AROUND);
  const quoted = [...text.matchAll(/(?<=["'`=:])(?<![\w/+]=)[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])/g)].map(([key]) => key);
  const keys = [NAMED.exec(text)?.[1], ...lintToken('aws', text), ...quoted];
  const secret = keys.map(asSecret).find((one) => one !== undefined);
  const value = textOf(stretch, at, at + 20);
  if (secret !== undefined || !/[2-7]/.test(value)) return secret;
  return { kind: 'aws-access-key-id', what: 'An access key id of AWS, without its secret,', value, level: 'note' };
}

/** 40 characters with everything in them: hex is a hash, and a path has words. */
function asSecret(value: string | undefined): Secret | undefined {
  if (value === undefined || /^[0-9a-f]+$/i.test(value) || /EXAMPLE|xxxx/i.test(value) || isPattern(value)) {
    return undefined;
  }
  const isMixed = /[a-z]/.test(value) && /[A-Z]/.test(value) && (value.match(/[0-9]/g)?.length ?? 0) >= 2;
  return isMixed ? { kind: 'aws-secret-key', what: 'A secret access key of AWS', value } : undefined;
}
