import { listAt, textAt } from '../json.ts';
import { isAttribute } from './nft-attributes.ts';
import { createDuplicates, type Duplicates, hashOf, mixHashes } from './nft-duplicates.ts';
import type { TokenId } from './nft-ids.ts';
import type { UriForm } from './nft-uri.ts';
import type { SeenUri } from './nft-uris.ts';

/** The metadata of one token, as a collection remembers it: numbers and hashes. */
export interface SeenToken {
  readonly path: string;
  readonly id: TokenId | undefined;
  readonly value: object;
  readonly uris: readonly SeenUri[];
}

/** A reference to a file by its name. */
export interface FileReference {
  readonly hash: number;
  /** The number in the name, `7.png`; undefined where it is none. */
  readonly number: number | undefined;
  readonly token: number | undefined;
  readonly label: string;
}

/** All metadata of one directory. */
export interface Collection {
  /** The first file of it. */
  readonly path: string;
  tokens: number;
  readonly numbers: number[];
  /** Ids that are too large to be counted on. */
  largeIds: number;
  /** How the files are named → how often, and by which name first. */
  readonly namings: Map<Naming, { count: number; readonly example: string }>;
  readonly names: Duplicates;
  readonly traits: Duplicates;
  readonly images: Duplicates;
  readonly roots: Map<string, number>;
  readonly forms: Map<UriForm, number>;
  readonly versions: [number, number];
  readonly references: FileReference[];
  /** An image with `{id}`, which stands for 64 hexadecimal digits. */
  hasIdInImage: boolean;
}

export type Naming = 'decimal' | 'hex' | 'prefixed-hex' | 'upper-case' | 'leading-zeros' | 'extension' | 'bare';

const MOST_REFERENCES = 200_000;
const MOST_ROOTS = 1000;
const MOST_TRAITS = 1000;

export function createCollection(path: string): Collection {
  return {
    path,
    tokens: 0,
    numbers: [],
    largeIds: 0,
    namings: new Map(),
    names: createDuplicates(),
    traits: createDuplicates(),
    images: createDuplicates(),
    roots: new Map(),
    forms: new Map(),
    versions: [0, 0],
    references: [],
    hasIdInImage: false,
  };
}

export function addToken(collection: Collection, { path, id, value, uris }: SeenToken): void {
  const label = path.slice(path.lastIndexOf('/') + 1);
  collection.tokens += 1;
  if (id !== undefined) addId(collection, id, label);
  const name = textAt(value, 'name');
  if (name !== undefined) collection.names.add(hashOf(name), label);
  const attributes = listAt(value, 'attributes');
  if (attributes !== undefined && attributes.length > 0) collection.traits.add(traitsHash(attributes), label);
  for (const seen of uris) addUri(collection, seen, { label, number: id?.number });
}

/** The order of traits means nothing; what is no trait is not compared. */
function traitsHash(attributes: readonly unknown[]): number {
  return attributes.slice(0, MOST_TRAITS).reduce<number>((hash, entry) => {
    if (!isAttribute(entry)) return hash;
    return mixHashes(hash, hashOf(`${textOf(entry.trait_type)}\0${textOf(entry.value)}`));
  }, 0);
}

/** 7 is not "7". */
function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return typeof value === 'object' ? '\0object' : `\0${String(value)}`;
}

function addId(collection: Collection, id: TokenId, label: string): void {
  if (id.number === undefined) collection.largeIds += 1;
  else collection.numbers.push(id.number);
  const namings: readonly (Naming | false)[] = [
    id.form,
    id.hasUpperCase && 'upper-case',
    id.hasLeadingZeros && 'leading-zeros',
    id.hasExtension ? 'extension' : 'bare',
  ];
  for (const naming of namings) {
    if (naming === false) continue;
    const known = collection.namings.get(naming);
    if (known === undefined) collection.namings.set(naming, { count: 1, example: label });
    else known.count += 1;
  }
}

interface Owner {
  readonly label: string;
  readonly number: number | undefined;
}

function addUri(collection: Collection, seen: SeenUri, { label, number }: Owner): void {
  const { field, uri } = seen;
  const isImage = field === 'image';
  if (isImage) addImage(collection, seen, label);
  if (uri.version !== undefined) collection.versions[uri.version] += 1;
  if (uri.file === undefined || collection.references.length >= MOST_REFERENCES) return;
  const digits = isImage ? /^(\d{1,15})\.\w+$/.exec(uri.file)?.[1] : undefined;
  const numbered = digits === undefined ? undefined : Number(digits);
  collection.references.push({ hash: hashOf(uri.file), number: numbered, token: number, label });
}

function addImage(collection: Collection, { text, uri }: SeenUri, label: string): void {
  // Content in the metadata itself may be short, and the same.
  if (uri.form !== 'data') collection.images.add(hashOf(text), label);
  if (text.includes('{id}')) collection.hasIdInImage = true;
  collection.forms.set(uri.form, (collection.forms.get(uri.form) ?? 0) + 1);
  if (uri.root !== undefined) addRoot(collection.roots, uri.root);
}

function addRoot(roots: Map<string, number>, root: string): void {
  const count = roots.get(root);
  if (count !== undefined || roots.size < MOST_ROOTS) roots.set(root, (count ?? 0) + 1);
}
