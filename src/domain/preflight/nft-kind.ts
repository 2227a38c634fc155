import { listAt, textAt, valueAt } from '../json.ts';

/** What a JSON value is meant to describe. `solana` is a token of a standard with other fields. */
export type NftKind = 'token' | 'solana' | 'contract' | 'other';

/** What the file and its name say before it is read. */
export interface NftContext {
  /** The name is a token id. */
  readonly isNamedById: boolean;
  /** The name without directory and extension. */
  readonly name: string;
  /** The user said that there is metadata. */
  readonly isForced: boolean;
}

const MEDIA_KEYS = ['image', 'image_url', 'image_data', 'animation_url'] as const;
const CONTRACT_KEYS = ['seller_fee_basis_points', 'fee_recipient', 'collaborators', 'banner_image', 'featured_image'];
const CONTRACT_NAME = /^(?:_?collection|contract)(?:[-_]?(?:metadata|uri))?$/i;
/** All that ERC-721, ERC-1155 and OpenSea name, and what generators of collections add. */
const TOKEN_KEYS = new Set([
  ...MEDIA_KEYS,
  ...['name', 'description', 'external_url', 'attributes', 'traits', 'background_color', 'youtube_url'],
  ...['decimals', 'properties', 'localization', 'id', 'tokenId', 'token_id', 'edition', 'date', 'dna', 'compiler'],
]);

/** Without `isForced` only what can hardly be anything else is metadata. */
export function recognise(value: unknown, context: NftContext): NftKind {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'other';
  if (listAt(value, 'properties', 'files') !== undefined || listAt(value, 'properties', 'creators') !== undefined) {
    return isToken(value, context) ? 'solana' : 'other';
  }
  if (isContract(value, context)) return 'contract';
  return isToken(value, context) ? 'token' : 'other';
}

function isContract(value: object, { isNamedById, name }: NftContext): boolean {
  if (isNamedById || Object.hasOwn(value, 'attributes') || !Object.hasOwn(value, 'name')) return false;
  const own = CONTRACT_KEYS.filter((key) => Object.hasOwn(value, key)).length;
  return own >= 2 || (own === 1 && hasMedia(value)) || (CONTRACT_NAME.test(name) && hasMedia(value));
}

function isToken(value: object, { isNamedById, isForced }: NftContext): boolean {
  const isNamed = isNamedById && Object.hasOwn(value, 'name');
  if (isForced && (isNamed || hasMedia(value) || hasTraits(value))) return true;
  if (!hasMedia(value) && !hasTraits(value)) return false;
  if (hasTraits(value)) return true;
  // Settings of a site have a name and a picture, too.
  return isNamedById
    ? hasContentUri(value) || isSchema(value)
    : hasContentUri(value) && Object.hasOwn(value, 'description');
}

function hasMedia(value: object): boolean {
  return MEDIA_KEYS.some((key) => Object.hasOwn(value, key));
}

function hasTraits(value: object): boolean {
  const first = listAt(value, 'attributes')?.[0];
  return valueAt(first, 'trait_type') !== undefined && valueAt(first, 'value') !== undefined;
}

function hasContentUri(value: object): boolean {
  return MEDIA_KEYS.some((key) => /^(?:ipfs|ar):\/\/|\/ipfs\//i.test(textAt(value, key)?.slice(0, 300) ?? ''));
}

/** The three fields of ERC-721, and nothing that no standard has. */
function isSchema(value: object): boolean {
  const keys = Object.keys(value);
  return (
    ['name', 'description', 'image'].every((key) => keys.includes(key)) && keys.every((key) => TOKEN_KEYS.has(key))
  );
}
