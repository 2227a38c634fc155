import { sha256Hex } from '../tag.ts';
import { type Credential, searchable } from './credential.ts';
import type { Sighting } from './finding.ts';
import type { InspectedFile, Report, Rule } from './rule.ts';
import type { Secret } from './secret.ts';
import { encodingsOf } from './secret-encodings.ts';
import { type FileJudge, judgeOf, MOST_OF_NAMED } from './secret-files.ts';
import { createNeedleSearch } from './secret-needles.ts';
import { countLines, createStretches, type Stretch } from './secret-stretches.ts';
import { createTokenLooks } from './token-search.ts';

/** More is not read by anybody, and would push what other rules say out of the list. */
const MOST_ERRORS = 100;
const MOST_NOTES = 20;
const MOST_HIDDEN = 500;

const REVOKE = 'Remove it from the build, and revoke it: whatever was built may have been cached.';
const EXCLUDE = 'If it is no secret, exclude the file, or set `preflight: secrets=warn`, which is for all of them.';
const ADVICE = `${REVOKE} ${EXCLUDE}`;

/** Files whose text nobody sees without unpacking or drawing them. */
const NO_TEXT = new Set(
  (
    'png jpg jpeg jfif gif svgz webp avif apng ico cur bmp tif tiff heic heif jxl psd woff woff2 ttf otf ttc eot mp4 m4v ' +
    'webm mov mkv avi ogv mp3 m4a ogg oga opus wav flac aac wasm pdf zip gz tgz br zst bz2 xz 7z rar tar car jar glb'
  ).split(' '),
);

/**
 * Files that are read as text whatever is in them: bundlers write NUL into the names of modules. Not `ts`, which is video
 * as often.
 */
const TEXT = new Set(
  (
    'js mjs cjs jsx cts tsx vue svelte astro css scss less html htm xhtml shtml json jsonc json5 jsonl ndjson map ' +
    'webmanifest txt text md mdx markdown rst env ini cfg conf toml yml yaml properties xml svg rss atom csv tsv sh bash ' +
    'py rb php pl go rs java kt sol sql graphql gql pem asc log lock'
  ).split(' '),
);

/**
 * Looks for secrets in every file: the run's own credentials in any kind of file, as they are, escaped or in base64 (not
 * those shorter than 12 characters); tokens, keys, phrases and passwords in texts; files whose names say that they hold
 * some. Values are in no sighting: equal ones have the same fingerprint, 8 hex digits of SHA-256.
 */
export function createSecretsRule(options: { readonly credentials: readonly Credential[] }): (report: Report) => Rule {
  const credentials = searchable(options.credentials);
  return (report) => {
    const sightings = createSightings(report);
    const hidden = new Set<string>();
    const own = createOwnLook(credentials);
    const looks = createTokenLooks();
    const isOwn = (secret: Secret) => credentials.some(({ value }) => value.includes(secret.value));
    let file = openFile({ path: '', bytes: 0 });
    const stretches = createStretches((stretch) => {
      if (file.isFirst)
        file = { ...file, isFirst: false, isText: file.isText && (file.isKnownText || !hasNul(stretch)) };
      const place = (at: number) => ({ path: file.path, line: lineOf(file, stretch, at) });
      own(stretch, file.own, (name, at) => sightings.add({ ...ownCredential(name), ...place(at) }));
      if (!file.isText) return;
      const found = (secret: Secret, at: number): void => {
        if (secret.level !== 'note' && hidden.size < MOST_HIDDEN) hidden.add(secret.hidden ?? secret.value);
        if (!isOwn(secret) && isNew(file, secret)) sightings.add({ ...foundSecret(secret), ...place(at) });
      };
      for (const look of looks) look(stretch, found);
      file.lines += linesBeforeNext(stretch);
    });
    const judgeName = ({ judge, path, beginning }: OpenFile): void => {
      const seen = judge?.(new TextDecoder().decode(Uint8Array.from(beginning)));
      if (seen !== undefined) sightings.add({ ...seen, advice: ADVICE, path, line: undefined });
    };
    return {
      name: 'secrets',
      open: (next) => {
        file = openFile(next);
        stretches.open();
        return {
          kind: 'bytes',
          take: (piece) => {
            keepBeginning(file, piece);
            stretches.take(piece);
          },
          end: () => {
            if (!stretches.end()) report(unchecked(file.path));
            judgeName(file);
          },
        };
      },
      finish: () => sightings.finish(),
      hidden: () => hidden,
    };
  };
}

/** The file that is looked at. */
interface OpenFile {
  readonly path: string;
  readonly judge: FileJudge | undefined;
  /** Of a file whose name says something, the first bytes. */
  readonly beginning: number[];
  readonly isFirst: boolean;
  readonly isText: boolean;
  /** By its name, so that no byte of it says otherwise. */
  readonly isKnownText: boolean;
  /** What was reported of it. */
  readonly seen: Set<string>;
  /** Credentials that are in it. */
  readonly own: Set<string>;
  /** That ended before the stretch. */
  lines: number;
}

function openFile({ path }: InspectedFile): OpenFile {
  const extension = /\.([^./]+)$/.exec(path)?.[1]?.toLowerCase() ?? '';
  return {
    path,
    judge: judgeOf(path),
    beginning: [],
    isFirst: true,
    isText: !NO_TEXT.has(extension),
    isKnownText: TEXT.has(extension),
    seen: new Set(),
    own: new Set(),
    lines: 0,
  };
}

function keepBeginning({ judge, beginning }: OpenFile, piece: Uint8Array): void {
  if (judge === undefined) return;
  for (const byte of piece.subarray(0, MOST_OF_NAMED - beginning.length)) beginning.push(byte);
}

/** A text has none, and other files have one early. */
function hasNul({ bytes, end }: Stretch): boolean {
  return bytes.subarray(0, Math.min(end, 4096)).includes(0);
}

function lineOf({ isText, lines }: OpenFile, { bytes, from }: Stretch, at: number): number | undefined {
  return isText ? lines + countLines(bytes, from, at) + 1 : undefined;
}

/** Most files are one stretch, and need no count unless something is found. */
function linesBeforeNext({ bytes, from, to, end }: Stretch): number {
  return to < end ? countLines(bytes, from, to) : 0;
}

/** Once in a file is enough: the value is what must go. */
function isNew({ seen }: OpenFile, { kind, value }: Secret): boolean {
  const key = `${kind} ${value}`;
  if (seen.has(key)) return false;
  seen.add(key);
  return true;
}

function unchecked(path: string): Sighting {
  return {
    kind: 'unchecked',
    message: 'A file has so many places that look like secrets that not all of them were looked at.',
    advice: 'Look at it yourself, or exclude it.',
    path,
    line: undefined,
    level: 'warn',
  };
}

/** Once in a file is enough: which were is in `known`. */
function createOwnLook(
  credentials: readonly Credential[],
): (stretch: Stretch, known: Set<string>, found: (name: string, at: number) => void) => void {
  const needles = credentials.flatMap(({ name, value }) => encodingsOf(value).map((bytes) => ({ name, bytes })));
  const all = new Set(needles.map(({ name }) => name)).size;
  const nameOf = (needle: number): string => needles[needle]?.name ?? '';
  const search = createNeedleSearch(needles.map(({ bytes }) => bytes));
  return (stretch, known, found) => {
    if (known.size === all) return;
    search(stretch, {
      isWanted: (needle) => !known.has(nameOf(needle)),
      found: (needle, at) => {
        known.add(nameOf(needle));
        found(nameOf(needle), at);
      },
    });
  };
}

function ownCredential(name: string): Pick<Sighting, 'kind' | 'message' | 'advice' | 'level'> {
  return {
    kind: 'own-credential',
    message: `The value of \`${name}\`, with which this run works, is in the build.`,
    advice: REVOKE,
    level: 'error',
  };
}

function foundSecret({ kind, what, value, level }: Secret): Pick<Sighting, 'kind' | 'message' | 'advice' | 'level'> {
  const message = `${what} is in the build (fingerprint ${sha256Hex(value).slice(0, 8)}).`;
  return { kind, message, advice: level === 'note' ? EXCLUDE : ADVICE, level };
}

/** Passes on what is not too much, and says at the end how much was. */
function createSightings(report: Report) {
  const listed = { errors: new Set<string>(), notes: new Set<string>() };
  let more = 0;
  return {
    add(sighting: Sighting): void {
      const isNote = sighting.level === 'note';
      const known = isNote ? listed.notes : listed.errors;
      const isListed = known.has(sighting.message) || known.size < (isNote ? MOST_NOTES : MOST_ERRORS);
      if (isListed) known.add(sighting.message);
      if (isListed || sighting.level === 'error') report(sighting);
      else if (!isNote) more += 1;
    },
    finish(): void {
      if (more === 0) return;
      report({
        kind: 'more',
        message: `${more} more secrets are in the build, which are not listed.`,
        advice: ADVICE,
        path: '',
        line: undefined,
      });
    },
  };
}
