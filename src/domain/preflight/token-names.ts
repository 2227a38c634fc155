import type { ValueName } from './secret-names.ts';
import { type Stretch, textOf } from './secret-stretches.ts';

/** Parts of names, in lower case, of what is private. */
const PRIVATE =
  /privatekey|privkey|privatekeys|secretkey|signingkey|(wallet|deployer|signer|owner|admin|minter|relayer|operator|keeper|faucet|sender|account|eth)pk$|mnemonic|apisecret|secretapikey|pinatasecret|secretseed|walletsecret/;
/** Whose key it is: private in one program, and public in the next. */
const OWNED = /(wallet|deployer|signer|owner|admin|minter|relayer|operator|keeper|faucet|sender|account|eth)key$/;
/** What such names have in them when they name something else. */
const PUBLIC =
  /public|pubkey|hash|address|length$|id$|path$|example|format|pattern|regex|type$|schema|selector|role|slot|topic/;
/** Functions that take a private key first. */
const CALL =
  /(^|\.)(Wallet|SigningKey|privateKeyToAccount|privateKeyToAddress|\w*(fromPrivateKey|FromPrivateKey|fromSecretKey))$/;
const CALLS_AHEAD =
  /\b(?:Wallet|SigningKey|privateKeyToAccount|privateKeyToAddress|fromPrivateKey|fromSecretKey)\)?\(\s?([\w$]{1,40})\s?[,)]/g;
const AHEAD = 200;
/** As far as a stretch is kept before what is looked at. */
const BEHIND = 900;

/** A value with its name. */
interface NamedValue {
  readonly start: number;
  readonly end: number;
  readonly name: ValueName;
}

/** What stands before and after a value says of 32 bytes in hex; undefined where that is nothing. */
export function meaningOf(stretch: Stretch, value: NamedValue): 'ciphertext' | 'private' | 'owned' | undefined {
  const { name } = value;
  if (name.name === 'ciphertext') return 'ciphertext';
  if (isPrivateName(name) || isAmongPrivate(stretch, value) || isCalledWith(stretch, value)) return 'private';
  if (isShortName(name)) return isEthereum(stretch, value) ? 'private' : 'owned';
  return isOwnedName(name) ? 'owned' : undefined;
}

/** A name of 64 bytes, which no public key has: with `signerKey` they are a private one before its public one. */
export function namesPair(name: ValueName): boolean {
  return isPrivateName(name) || isOwnedName(name);
}

function isPrivateName({ written, name, connector }: ValueName): boolean {
  if (PUBLIC.test(name)) return false;
  if (connector.endsWith('(')) return CALL.test(written);
  return PRIVATE.test(name) || (connector.endsWith('[') && name === 'accounts');
}

function isOwnedName({ name, connector }: ValueName): boolean {
  return OWNED.test(name) && !PUBLIC.test(name) && !connector.endsWith('(');
}

/**
 * `PK` and `SK` of an object. Without `0x` they are the keys of a row of DynamoDB as well; small ones are public keys and
 * variables of minified programs.
 */
function isShortName({ written, connector }: ValueName): boolean {
  return (written === 'PK' || written === 'SK') && connector === ':';
}

function isEthereum({ bytes }: Stretch, { start, end }: NamedValue): boolean {
  return end - start === 66 && bytes[start + 1] === 0x78;
}

/** By its address in an object of keys, as Ganache writes them: `"private_keys":{"0x…":"…"}`. */
function isAmongPrivate(stretch: Stretch, { start, name }: NamedValue): boolean {
  if (!/^0x[0-9a-fA-F]{40}$/.test(name.written)) return false;
  const from = Math.max(0, start - BEHIND);
  const brace = stretch.bytes.subarray(from, start).lastIndexOf(0x7b);
  return brace !== -1 && /private_?keys\\*["']?\s?:\s?$/i.test(textOf(stretch, from + brace - 30, from + brace));
}

/** A variable that a function for private keys is called with: `const t="0x…",n=privateKeyToAccount(t)`. */
function isCalledWith(stretch: Stretch, { end, name }: NamedValue): boolean {
  if (name.connector !== '=' || /[.-]/.test(name.written)) return false;
  // In the next function the same letter is another variable.
  const ahead = textOf(stretch, end, end + AHEAD).split(/\}|=>|function/, 1)[0] ?? '';
  return [...ahead.matchAll(CALLS_AHEAD)].some(([, variable]) => variable === name.written);
}
