import type { Sighting } from './finding.ts';
import { type JsonDocument, readJson } from './nft-document.ts';
import type { FieldFault } from './nft-fault.ts';
import { judgeFields } from './nft-fields.ts';
import type { TokenId } from './nft-ids.ts';
import { recognise } from './nft-kind.ts';
import { judgeUris, type SeenUri, urisOf } from './nft-uris.ts';
import type { SmallFile } from './small-file.ts';

/** A file that may hold metadata. */
export interface Candidate {
  readonly path: string;
  readonly id: TokenId | undefined;
  readonly isJson: boolean;
}

/** What a file turns out to be. */
export type Seen =
  | { readonly kind: 'nothing' }
  /** What may be metadata, and is not right. */
  | {
      readonly kind: 'fault';
      readonly sightings: readonly Sighting[];
      /** It is wrong whatever the files beside it are. */
      readonly isSure: boolean;
    }
  | {
      readonly kind: 'metadata';
      readonly document: JsonDocument;
      readonly value: object;
      readonly isToken: boolean;
      readonly uris: readonly SeenUri[];
      readonly faults: readonly FieldFault[];
    };

/** `file` is undefined where it is too large. */
export function judgeFile(candidate: Candidate, file: SmallFile | undefined, isForced: boolean): Seen {
  const isHeld = isForced || candidate.id !== undefined;
  if (file === undefined) {
    const message = 'A file has more than 1 MB and was not looked at as metadata.';
    const advice = 'Keep images out of the metadata, and name them by URI.';
    const isMeant = isHeld && candidate.isJson;
    return isMeant
      ? fault(candidate, undefined, { kind: 'not-checked', message, advice, level: 'note' })
      : { kind: 'nothing' };
  }
  if (!couldBeMetadata(candidate, file.text, isHeld)) return { kind: 'nothing' };
  const document = readJson(file.text.startsWith('\ufeff') ? file.text.slice(1) : file.text);
  if (!('value' in document)) {
    const message = 'The file is no valid JSON.';
    const advice = 'Correct it there; JSON has no trailing commas, no comments and no single quotes.';
    if (!isHeld) return { kind: 'nothing' };
    const seen = fault(candidate, document.line, { kind: 'invalid-json', message, advice });
    return { ...seen, isSure: /"image"|ipfs:\/\//.test(file.text) };
  }
  return judgeDocument(candidate, document, { file, isForced });
}

function couldBeMetadata({ isJson }: Candidate, text: string, isHeld: boolean): boolean {
  if (isJson && isHeld) return true;
  const isObject = /^\ufeff?\s*\{/.test(text.slice(0, 1000));
  return isObject && (isHeld || text.includes('"image') || text.includes('"animation_url"'));
}

interface Look {
  readonly file: SmallFile;
  readonly isForced: boolean;
}

function judgeDocument(candidate: Candidate, document: JsonDocument, { file, isForced }: Look): Seen {
  const { value } = document;
  const isNamedById = candidate.id !== undefined;
  const name = candidate.path.replace(/^.*\//s, '').replace(/\.json$/i, '');
  const kind = recognise(value, { isNamedById, isForced, name });
  if (kind !== 'other' && typeof value === 'object' && value !== null) {
    const uris = urisOf(value, kind);
    const faults = [...fileFaults(document, file), ...judgeFields(value, kind), ...judgeUris(value, uris, kind)];
    return { kind: 'metadata', document, value, isToken: kind !== 'contract', uris, faults };
  }
  if (!isNamedById) return { kind: 'nothing' };
  const message = 'The file is named by an id, and is no metadata of a token.';
  return fault(candidate, 1, {
    kind: 'no-metadata',
    message,
    advice: 'Name it otherwise, or add name, description and image.',
  });
}

type Fault = Extract<Seen, { kind: 'fault' }>;

function fault({ path }: Candidate, line: number | undefined, sighting: Omit<Sighting, 'path' | 'line'>): Fault {
  return { kind: 'fault', sightings: [{ ...sighting, path, line }], isSure: false };
}

function* fileFaults({ hasTwice }: JsonDocument, { text, isUtf8 }: SmallFile): Generator<FieldFault> {
  if (text.startsWith('\ufeff')) {
    const message = 'The file starts with a byte order mark, which JSON does not have.';
    yield { kind: 'byte-order-mark', message, advice: 'Save it as UTF-8 without BOM.', at: [] };
  }
  if (!isUtf8) yield { kind: 'not-utf8', message: 'The file is not UTF-8.', advice: 'Save it as UTF-8.', at: [] };
  if (hasTwice()) {
    const message = 'An object has one key twice; readers take one or the other.';
    yield { kind: 'duplicate-key', message, advice: 'Remove one.', at: 'twice' };
  }
}
