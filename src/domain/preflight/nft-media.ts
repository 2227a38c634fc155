import type { Collection, FileReference } from './nft-collection.ts';
import type { CollectionFault } from './nft-collection-faults.ts';
import { hashOf } from './nft-duplicates.ts';
import { renderNumbers } from './nft-ids.ts';
import { quote } from './quote.ts';

const MEDIA = /\.(?:png|jpe?g|gif|svg|webp|avif|mp4|m4v|mov|webm|ogv|mp3|wav|oga|ogg|glb|gltf)$/i;

/** Images and films of one directory, by the hashes of their names. */
type MediaDirectories = ReadonlyMap<string, ReadonlyMap<number, string>>;

export interface MediaFault extends CollectionFault {
  readonly path: string;
}

/** What references and the media of the same build say of each other, where most of them belong together. */
export function judgeMedia(collections: readonly Collection[], paths: Iterable<string>): readonly MediaFault[] {
  const directories = mediaIn(paths);
  const known = new Set([...directories.values()].flatMap((media) => [...media.keys()]));
  const used = new Set(collections.flatMap(({ references }) => references.map(({ hash }) => hash)));
  return [
    ...collections.flatMap((collection) => {
      const faults = [...missingFaults(collection.references, known), ...shiftFaults(collection.references)];
      return [...faults, ...idFaults(collection, directories)].map((fault) => ({ ...fault, path: collection.path }));
    }),
    ...[...directories].flatMap(([directory, media]) => [...unusedFaults(directory, media, used)]),
  ];
}

function mediaIn(paths: Iterable<string>): MediaDirectories {
  const directories = new Map<string, Map<number, string>>();
  for (const path of paths) {
    if (!MEDIA.test(path)) continue;
    const start = path.lastIndexOf('/') + 1;
    const directory = path.slice(0, start);
    const media = directories.get(directory) ?? new Map<number, string>();
    directories.set(directory, media);
    media.set(hashOf(path.slice(start)), path);
  }
  return directories;
}

function* missingFaults(references: readonly FileReference[], known: ReadonlySet<number>): Generator<CollectionFault> {
  const missing = references.filter(({ hash }) => !known.has(hash));
  // Most are elsewhere: then the media of this build are something else.
  if (missing.length === 0 || missing.length * 2 > references.length) return;
  const message = `${count(missing.length)} of ${count(references.length)} references name a file that is not in the build, where the others are: see ${placesOf(missing)}.`;
  yield { kind: 'missing-media', message, advice: 'Add the file, or correct its name in the metadata.' };
}

/** `7.json` names `8.png`, where all others name their own. */
function* shiftFaults(references: readonly FileReference[]): Generator<CollectionFault> {
  const shifts = new Map<number, FileReference[]>();
  let counted = 0;
  for (const reference of references) {
    if (reference.number === undefined || reference.token === undefined) continue;
    counted += 1;
    const shift = reference.number - reference.token;
    const same = shifts.get(shift);
    if (same !== undefined) same.push(reference);
    else shifts.set(shift, [reference]);
  }
  const usual = [...shifts.values()].sort((one, other) => other.length - one.length)[0] ?? [];
  if (usual.length === counted || usual.length < counted * 0.9) return;
  const others = [...shifts.values()].filter((same) => same !== usual).flat();
  const message = `${count(others.length)} of ${count(counted)} tokens have an image with another number than their own: see ${placesOf(others)}.`;
  yield { kind: 'shifted-image', message, advice: 'See whether these images were exchanged on purpose.' };
}

function* idFaults({ hasIdInImage }: Collection, directories: MediaDirectories): Generator<CollectionFault> {
  const paths = hasIdInImage ? [...directories.values()].flatMap((media) => [...media.values()]) : [];
  if (paths.some((path) => /(?:^|\/)[0-9a-f]{64}\.\w+$/.test(path))) return;
  const decimal = paths.find((path) => /(?:^|\/)\d{1,20}\.\w+$/.test(path));
  if (decimal === undefined) return;
  const message = `\`{id}\` in an image stands for 64 hexadecimal digits, and the images of the build are named as ${quote(decimal)}.`;
  yield { kind: 'id-in-uri', message, advice: 'Rename the images, or write the name of each into its metadata.' };
}

function* unusedFaults(
  directory: string,
  media: ReadonlyMap<number, string>,
  used: ReadonlySet<number>,
): Generator<MediaFault> {
  const unused = [...media].filter(([hash]) => !used.has(hash));
  const [first] = unused;
  if (first === undefined || unused.length * 2 > media.size) return;
  const where = directory === '' ? 'the root' : quote(directory);
  const message = `${count(unused.length)} of ${count(media.size)} images in ${where} are named by no metadata.`;
  const advice = 'Leave them out with exclude, or add the metadata.';
  yield { kind: 'unused-media', message, advice, level: 'note', path: first[1] };
}

function placesOf(references: readonly FileReference[]): string {
  const numbers = references.flatMap(({ token }) => token ?? []);
  if (numbers.length === references.length) return `${numbers.length === 1 ? 'id' : 'ids'} ${renderNumbers(numbers)}`;
  return quote(references[0]?.label ?? '');
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}
