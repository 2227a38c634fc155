import type { JsonPath } from './nft-document.ts';

/** What is wrong in one file, without the file. */
export interface FieldFault {
  readonly kind: string;
  readonly message: string;
  readonly advice: string;
  /** Where: a value, or the first key that is there twice. */
  readonly at: JsonPath | 'twice';
  readonly level?: 'note';
}
