import { listAt, numberAt, textAt, valueAt } from '../json.ts';
import { judgeAttributes } from './nft-attributes.ts';
import type { FieldFault } from './nft-fault.ts';
import type { NftKind } from './nft-kind.ts';
import { quote } from './quote.ts';

type Check = (value: object) => Iterable<FieldFault>;

/** Fields of metadata, but for references to content. */
export function judgeFields(value: object, kind: NftKind): readonly FieldFault[] {
  return (CHECKS[kind] ?? []).flatMap((check) => [...check(value)]);
}

const CHECKS: Readonly<Partial<Record<NftKind, readonly Check[]>>> = {
  token: [nameFaults, mediaFaults, descriptionFaults, displayFaults, multiTokenFaults, judgeAttributes],
  solana: [nameFaults, royaltyFaults, judgeAttributes],
  contract: [nameFaults, descriptionFaults, contractFaults, royaltyFaults],
};

function* nameFaults(value: object): Generator<FieldFault> {
  yield* textFaults(value, 'name', 'Give it a name; wallets show nothing else where the image fails.');
}

function* mediaFaults(value: object): Generator<FieldFault> {
  if (['image', 'image_url', 'image_data', 'animation_url'].some((key) => Object.hasOwn(value, key))) return;
  const message = 'There is no `image`, nor anything that would be shown instead.';
  yield { kind: 'missing-field', message, advice: 'Add image with the URI of the content.', at: [] };
}

function* descriptionFaults(value: object): Generator<FieldFault> {
  if (textAt(value, 'description') !== undefined) return;
  if (Object.hasOwn(value, 'description')) yield wrongType('description', 'a text');
  else {
    const message = 'There is no `description`, which ERC-721 and marketplaces show.';
    yield { kind: 'missing-field', message, advice: 'Add one.', at: [], level: 'note' };
  }
}

function* textFaults(value: object, key: string, advice: string): Generator<FieldFault> {
  const text = textAt(value, key);
  if (!Object.hasOwn(value, key)) {
    yield { kind: 'missing-field', message: `There is no \`${key}\`.`, advice, at: [] };
  } else if (text === undefined) {
    yield wrongType(key, 'a text');
  } else if (text.trim() === '') {
    yield { kind: 'empty-field', message: `\`${key}\` is empty.`, advice, at: [key] };
  }
}

/** What OpenSea shows, in the form that it documents. */
function* displayFaults(value: object): Generator<FieldFault> {
  const color = valueAt(value, 'background_color');
  if (isSet(color) && !(typeof color === 'string' && /^[0-9a-f]{6}$/i.test(color))) {
    const message = `\`background_color\` is ${shown(color)}, not six hexadecimal digits without \`#\`.`;
    yield { kind: 'background-color', message, advice: 'Write ffffff for white.', at: ['background_color'] };
  }
  for (const key of ['external_url', 'youtube_url'] as const) {
    const url = valueAt(value, key);
    if (!isSet(url) || (typeof url === 'string' && isWebUrl(url))) continue;
    const message = `\`${key}\` is no URL that a browser opens.`;
    yield { kind: 'web-url', message, advice: 'Write a URL that begins with https://, or leave it out.', at: [key] };
  }
}

/** What ERC-1155 adds to ERC-721. */
function* multiTokenFaults(value: object): Generator<FieldFault> {
  const decimals = valueAt(value, 'decimals');
  if (decimals !== undefined && !(Number.isInteger(decimals) && Number(decimals) >= 0))
    yield wrongType('decimals', 'a whole number');
  const properties = valueAt(value, 'properties');
  if (isSet(properties) && (typeof properties !== 'object' || Array.isArray(properties)))
    yield wrongType('properties', 'an object');
  const localization = valueAt(value, 'localization');
  if (!isSet(localization)) return;
  const at = ['localization'];
  if (textAt(localization, 'uri')?.includes('{locale}') !== true) {
    const message = '`localization.uri` has no `{locale}`, so that all languages have one file.';
    yield { kind: 'localization', message, advice: 'Write ipfs://<cid>/{locale}.json.', at: [...at, 'uri'] };
  }
  if (textAt(localization, 'default') === undefined || listAt(localization, 'locales') === undefined) {
    const message = '`localization` has not both, a text `default` and a list `locales`.';
    yield { kind: 'localization', message, advice: 'Add default: en and locales: [en, …].', at };
  }
}

const ADDRESS = /^0x[0-9a-f]{40}$/i;

function* contractFaults(value: object): Generator<FieldFault> {
  const recipient = valueAt(value, 'fee_recipient');
  if (isSet(recipient) && !(typeof recipient === 'string' && ADDRESS.test(recipient))) {
    const message = '`fee_recipient` is no address: `0x` and 40 hexadecimal digits.';
    yield { kind: 'address', message, advice: 'Copy the address whole.', at: ['fee_recipient'] };
  }
  const collaborators = valueAt(value, 'collaborators');
  if (isSet(collaborators) && !(Array.isArray(collaborators) && collaborators.every(isAddress))) {
    const message = '`collaborators` is no list of addresses.';
    yield { kind: 'address', message, advice: 'Write a list of 0x and 40 hexadecimal digits.', at: ['collaborators'] };
  }
  const link = valueAt(value, 'external_link');
  if (isSet(link) && !(typeof link === 'string' && isWebUrl(link))) {
    const message = '`external_link` is no URL that a browser opens.';
    yield { kind: 'web-url', message, advice: 'Write a URL that begins with https://.', at: ['external_link'] };
  }
}

function isAddress(value: unknown): boolean {
  return typeof value === 'string' && ADDRESS.test(value);
}

function* royaltyFaults(value: object): Generator<FieldFault> {
  const points = valueAt(value, 'seller_fee_basis_points');
  if (points === undefined) return;
  const number = numberAt(value, 'seller_fee_basis_points');
  if (number !== undefined && Number.isInteger(number) && number >= 0 && number <= 10_000) return;
  const message = `\`seller_fee_basis_points\` is ${shown(points)}, not a whole number from 0 to 10,000: 100 is one percent.`;
  yield { kind: 'royalty', message, advice: 'Write 500 for five percent.', at: ['seller_fee_basis_points'] };
}

function isWebUrl(text: string): boolean {
  // A link on the site may itself be published on IPFS. Addresses without scheme are what people get wrong.
  return text === '' || /^(?:https?|ip[fn]s):\/\/[^\s/]/i.test(text);
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '';
}

function shown(value: unknown): string {
  return typeof value === 'object' && value !== null ? 'an object' : quote(String(value));
}

function wrongType(key: string, type: string): FieldFault {
  return { kind: 'wrong-type', message: `\`${key}\` is not ${type}.`, advice: `Write ${type}.`, at: [key] };
}
