import type { Collection, Naming } from './nft-collection.ts';
import type { Repeats } from './nft-duplicates.ts';
import { gapsIn } from './nft-ids.ts';
import type { UriForm } from './nft-uri.ts';
import { quote } from './quote.ts';

/** What only all metadata of a directory together tells. */
export interface CollectionFault {
  readonly kind: string;
  readonly message: string;
  readonly advice: string;
  readonly level?: 'note';
}

export function judgeCollection(collection: Collection): readonly CollectionFault[] {
  if (collection.tokens < 2) return [...namingFaults(collection)];
  return [
    ...namingFaults(collection),
    ...idFaults(collection),
    ...duplicateFaults(collection),
    ...rootFaults(collection),
    ...formFaults(collection),
  ];
}

const NAMING_FAULTS: readonly (readonly [Naming, string, string])[] = [
  ['prefixed-hex', 'has a prefix `0x`', 'Write 64 hexadecimal digits in lower case, without 0x.'],
  ['upper-case', 'has upper-case digits', 'ERC-1155 asks for lower case: rename the files.'],
  ['leading-zeros', 'has leading zeros', 'Contracts append the number without: name the file 7.json, not 0007.json.'],
];

function* namingFaults({ namings }: Collection): Generator<CollectionFault> {
  for (const [naming, says, advice] of NAMING_FAULTS) {
    const found = namings.get(naming);
    if (found === undefined) continue;
    const others = found.count - 1;
    const like = others === 0 ? '' : `, like ${count(others)} other${others === 1 ? '' : 's'},`;
    const message = `The name ${quote(found.example)}${like} ${says}, and no contract asks for it.`;
    yield { kind: 'id-name', message, advice };
  }
  const [decimal, hex] = [namings.get('decimal'), namings.get('hex')];
  if (decimal !== undefined && hex !== undefined) {
    const message = `Some files are named by decimal ids (${quote(decimal.example)}), others by 64 hexadecimal digits (${quote(hex.example)}).`;
    yield { kind: 'mixed-names', message, advice: 'Use decimal for ERC-721, hexadecimal for the {id} of ERC-1155.' };
  }
  const [extension, bare] = [namings.get('extension'), namings.get('bare')];
  if (extension !== undefined && bare !== undefined) {
    const message = `Some files end with \`.json\` (${quote(extension.example)}), others do not (${quote(bare.example)}).`;
    yield { kind: 'mixed-names', message, advice: 'Use the one that the contract appends.' };
  }
}

function* idFaults({ numbers, largeIds }: Collection): Generator<CollectionFault> {
  if (largeIds > 0 || numbers.length < 2) return;
  const sorted = Float64Array.from(numbers).sort();
  const [first = 0, last = 0] = [sorted[0], sorted.at(-1)];
  const { missing, text } = gapsIn([...sorted]);
  const distinct = last - first + 1 - missing;
  if (distinct < numbers.length) {
    const message = `${count(numbers.length - distinct)} of ${count(numbers.length)} files stand for an id that another one stands for.`;
    yield { kind: 'same-id', message, advice: 'Keep one file for each id.' };
  }
  if (missing > distinct) {
    const message = `The ${count(distinct)} ids are spread from ${count(first)} to ${count(last)}, with gaps.`;
    yield { kind: 'sparse-ids', message, advice: 'See whether all metadata is in the build.', level: 'note' };
    return;
  }
  if (missing > 0) {
    const message = `${count(missing)} ${missing === 1 ? 'id' : 'ids'} from ${first} to ${last} ${missing === 1 ? 'has' : 'have'} no metadata: ${text}.`;
    yield { kind: 'missing-ids', message, advice: 'Add the files; a token without metadata shows nothing.' };
  }
  if (first > 1) {
    const message = `The first id is ${count(first)}; collections begin with 0 or 1.`;
    yield { kind: 'first-id', message, advice: 'See whether all metadata is in the build.', level: 'note' };
  }
}

function* duplicateFaults({ names, traits, images }: Collection): Generator<CollectionFault> {
  const told: readonly (readonly [string, Repeats | undefined, string])[] = [
    ['name', names.read(), 'Give every token its own name.'],
    ['attributes', traits.read(), 'Draw one of them again, where every token should be unique.'],
    ['image', images.read(), 'Correct the reference of one of them.'],
  ];
  for (const [what, repeats, advice] of told) {
    if (repeats === undefined) continue;
    const [one, other] = repeats.first;
    const message = `${quote(one)} and ${quote(other)} have the same ${what}${more(repeats.times - 1, 'repeat')}.`;
    yield { kind: `duplicate-${what}`, message, advice };
  }
}

function* rootFaults({ roots, versions }: Collection): Generator<CollectionFault> {
  const [most, next] = [...roots].sort((one, other) => other[1] - one[1]);
  if (most !== undefined && next !== undefined) {
    const all = [...roots.values()].reduce((sum, times) => sum + times, 0);
    const message = `Images are in ${count(roots.size)} directories: ${count(most[1])} of ${count(all)} in ${quote(most[0])}, ${count(next[1])} in ${quote(next[0])}.`;
    const fault = { kind: 'mixed-cids', message, advice: 'Publish all images in one directory, and use its CID.' };
    // A few that differ were forgotten; more are parts of a collection.
    yield most[1] >= all * 0.9 ? fault : { ...fault, level: 'note' };
  }
  if (versions[0] > 0 && versions[1] > 0) {
    const message = `${count(versions[0])} references have a CIDv0 (\`Qm…\`), ${count(versions[1])} a CIDv1 (\`bafy…\`).`;
    yield { kind: 'mixed-cid-versions', message, advice: 'Use CIDv1, which works in subdomains, too.', level: 'note' };
  }
}

const FORM_WORDS: Readonly<Record<UriForm, string>> = {
  ipfs: 'by `ipfs://`',
  gateway: 'by a gateway',
  server: 'on a server',
  arweave: 'by `ar://`',
  data: 'in the metadata itself',
  relative: 'by a relative path',
  other: 'otherwise',
};

function* formFaults({ forms }: Collection): Generator<CollectionFault> {
  if (forms.size < 2) return;
  const counts = [...forms].map(([form, times]) => `${count(times)} ${FORM_WORDS[form]}`);
  const message = `Images are named in ${forms.size} ways: ${counts.join(', ')}.`;
  yield { kind: 'mixed-forms', message, advice: 'Name all of them as ipfs://<cid>/<path>.' };
}

function more(times: number, what: string): string {
  return times < 1
    ? ''
    : `, and there ${times === 1 ? 'is' : 'are'} ${count(times)} more ${what}${times === 1 ? '' : 's'}`;
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}
