import type { Sighting } from './finding.ts';
import { addToken, type Collection, createCollection } from './nft-collection.ts';
import { judgeCollection } from './nft-collection-faults.ts';
import type { JsonDocument } from './nft-document.ts';
import type { FieldFault } from './nft-fault.ts';
import { type Candidate, judgeFile, type Seen } from './nft-file.ts';
import { tokenIdOf } from './nft-ids.ts';
import { judgeMedia } from './nft-media.ts';
import type { Reader, Report, Rule, Site } from './rule.ts';
import { readWhole, type SmallFile } from './small-file.ts';

export interface NftOptions {
  /** The user said that there is metadata: all JSON that could be is held to it. */
  readonly forced: boolean;
}

/** Metadata of a token has a few kilobytes; with a picture in it some hundred. */
const LARGEST_METADATA = 1e6;
/** JSON that tools and hosts know by its name. */
const OTHER_JSON =
  /(?:^|\/)(?:manifest|asset-manifest|package|package-lock|composer|tsconfig[^/]*|vercel|firebase|version|search[-_]?index|page-data|_payload|\.vite\/.*|_next\/data\/.*|_metadata|provenance)\.json$/i;

/** Metadata of tokens: ERC-721, ERC-1155, and what marketplaces made of them. */
export function createNftRule(site: Site, { forced }: NftOptions): (report: Report) => Rule {
  return (report) => {
    const files = createFiles(report, forced);
    return {
      name: 'nft',
      open: ({ path, bytes }) => {
        const candidate = candidateOf(path, forced);
        if (candidate === undefined) return undefined;
        return readerOf(candidate, bytes, files);
      },
      finish: () => {
        const collections = files.collections();
        if (collections.length > 0) reportTogether(collections, site, report);
      },
    };
  };
}

function reportTogether(collections: readonly Collection[], site: Site, report: Report): void {
  for (const collection of collections) {
    for (const fault of judgeCollection(collection)) report({ ...fault, path: collection.path, line: undefined });
  }
  for (const fault of judgeMedia(collections, site.files.keys())) report({ ...fault, line: undefined });
}

function candidateOf(path: string, isForced: boolean): Candidate | undefined {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const id = tokenIdOf(name);
  const isJson = /\.json$/i.test(name);
  if (id === undefined && (isJson ? OTHER_JSON.test(path) : !isForced || name.includes('.'))) return undefined;
  return { path, id, isJson };
}

interface Files {
  readonly see: (candidate: Candidate, file: SmallFile | undefined) => void;
  readonly collections: () => readonly Collection[];
}

function readerOf(candidate: Candidate, bytes: number, files: Files): Reader | undefined {
  if (bytes <= LARGEST_METADATA) return readWhole(LARGEST_METADATA, (file) => files.see(candidate, file));
  files.see(candidate, undefined);
  return undefined;
}

/** A directory in which files are named by ids. */
interface Directory {
  collection: Collection | undefined;
  /** What is wrong with files that may be metadata, until others beside them are. */
  readonly doubts: Sighting[];
  doubtful: number;
  /** Their ids, which are not missing. */
  readonly ids: number[];
}

const MOST_DOUBTS = 20;
/** An argument list has its limits. */
const MOST_DOUBTFUL_IDS = 10_000;
const MOST_TOLD = 1000;

function createFiles(report: Report, isForced: boolean): Files {
  const directories = new Map<string, Directory>();
  const tell = createTeller(report);
  const directoryOf = (path: string): Directory => {
    const key = path.slice(0, path.lastIndexOf('/') + 1);
    const known = directories.get(key) ?? { collection: undefined, doubts: [], doubtful: 0, ids: [] };
    directories.set(key, known);
    return known;
  };
  const doubt = ({ path, id }: Candidate, { sightings, isSure }: Extract<Seen, { kind: 'fault' }>): void => {
    const directory = directoryOf(path);
    if (id?.number !== undefined) directory.ids.push(id.number);
    if (isForced || isSure) {
      sightings.forEach(report);
      return;
    }
    directory.doubtful += 1;
    if (directory.doubts.length < MOST_DOUBTS) directory.doubts.push(...sightings);
  };
  const keep = (candidate: Candidate, { value, uris }: Extract<Seen, { kind: 'metadata' }>): void => {
    const directory = directoryOf(candidate.path);
    directory.collection ??= createCollection(candidate.path);
    addToken(directory.collection, { ...candidate, value, uris });
  };
  return {
    see: (candidate, file) => {
      const seen = judgeFile(candidate, file, isForced);
      if (seen.kind === 'metadata') {
        tell(candidate.path, seen.document, seen.faults);
        if (seen.isToken) keep(candidate, seen);
      } else if (seen.kind === 'fault') {
        doubt(candidate, seen);
      }
    },
    collections: () => {
      return [...directories.values()].flatMap(({ collection, doubts, doubtful, ids }) => {
        if (collection === undefined) return [];
        if (doubtful <= collection.tokens) doubts.forEach(report);
        collection.numbers.push(...ids.slice(0, MOST_DOUBTFUL_IDS));
        return [collection];
      });
    },
  };
}

/** Of thousands of files with one fault the first has its line: to find it takes longer than to see that it is there. */
function createTeller(report: Report): (path: string, document: JsonDocument, faults: readonly FieldFault[]) => void {
  const told = new Set<string>();
  const isFirst = (key: string): boolean => {
    if (told.size >= MOST_TOLD || told.has(key)) return false;
    told.add(key);
    return true;
  };
  return (path, document, faults) => {
    for (const { at, ...fault } of faults) {
      const lineOf = (): number | undefined => (at === 'twice' ? document.lineOfTwice() : document.lineOf(at));
      report({ ...fault, path, line: isFirst(`${fault.kind}\n${fault.message}`) ? lineOf() : undefined });
    }
  };
}
