import { textAt, valueAt } from '../json.ts';
import type { FieldFault } from './nft-fault.ts';
import type { NftKind } from './nft-kind.ts';
import { readUri, type TokenUri } from './nft-uri.ts';

export interface SeenUri {
  readonly field: string;
  readonly text: string;
  readonly uri: TokenUri;
}

type Described = Exclude<NftKind, 'other'>;

const URI_FIELDS: Readonly<Record<Described, readonly string[]>> = {
  token: ['image', 'image_url', 'animation_url'],
  solana: ['image', 'animation_url'],
  contract: ['image', 'banner_image', 'featured_image'],
};

/** The references to content that metadata has. */
export function urisOf(value: object, kind: Described): readonly SeenUri[] {
  return URI_FIELDS[kind].flatMap((field) => {
    const text = textAt(value, field)?.trim();
    return text === undefined || text === '' ? [] : [{ field, text, uri: readUri(text) }];
  });
}

export function judgeUris(value: object, uris: readonly SeenUri[], kind: Described): readonly FieldFault[] {
  const faults = uris.flatMap(({ field, uri }) => {
    return uri.faults.map(({ says, ...fault }) => ({ ...fault, message: `\`${field}\` ${says}`, at: [field] }));
  });
  const missing = URI_FIELDS[kind].flatMap((field) => textFault(value, field) ?? []);
  // Tools of Solana replace relative names when they publish.
  return [...faults.filter((fault) => kind !== 'solana' || fault.kind !== 'relative-uri'), ...missing];
}

function textFault(value: object, field: string): FieldFault | undefined {
  const found = valueAt(value, field);
  const fault = { advice: 'Write the URI of the content.', at: [field] };
  if (typeof found === 'string') {
    const isMissing = field === 'image' && found.trim() === '';
    return isMissing ? { ...fault, kind: 'empty-field', message: '`image` is empty.' } : undefined;
  }
  // Some tools write null for what a token does not have.
  if (found === undefined || (found === null && field !== 'image')) return undefined;
  return { ...fault, kind: 'wrong-type', message: `\`${field}\` is no text.` };
}
