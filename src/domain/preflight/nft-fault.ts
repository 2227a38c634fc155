import type { JsonPath } from './nft-document.ts';

/** What is wrong in one file, without the file. */
export interface FieldFault {
  readonly kind: string;
  readonly message: string;
  readonly advice: string;
  readonly at: JsonPath;
  /** Where it is known without looking for `at`. */
  readonly line?: number | undefined;
  readonly level?: 'note';
}
