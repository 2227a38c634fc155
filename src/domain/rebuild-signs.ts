import { looksRandom, stripHash } from './hashed-name.ts';

/** What makes builds of the same sources differ, the surest first. */
const SIGNS = [
  'time stamp',
  'absolute path',
  'UUID',
  'build id',
  'commit or build id',
  'hashed name',
  'random token',
  'number, such as a module id',
] as const;
export type Sign = (typeof SIGNS)[number];

const MONTH = '(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}';
const DAY = '(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]{0,6},? ';
const CLOCK = '\\d\\d?:\\d\\d(?::\\d\\d(?:\\.\\d{1,9})?)?(?: ?(?:Z|GMT|UTC)?(?:[+-]\\d\\d:?\\d\\d)?)';
const TIMES = [
  `\\d{4}-\\d\\d-\\d\\d(?:[T ]${CLOCK})?`,
  `(?:${DAY})?\\d\\d?[ -]${MONTH}[ -]\\d{4}(?: ${CLOCK})?`,
  `(?:${DAY})?${MONTH} \\d\\d?,? \\d{4}(?: ${CLOCK})?`,
  '\\d\\d:\\d\\d:\\d\\d',
];
const PATHS = [
  'file:///?[^\\s"\'`<>)]{1,500}',
  '(?<![\\w./:])/(?:(?:home|Users)/[\\w.-]{1,99}/|(?:tmp|private|builds|__w|github/workspace|opt|mnt|root|vercel)/)[^\\s"\'`<>(),;]{1,500}',
  '\\b[A-Za-z]:\\\\{1,2}[\\w.-][^\\s"\'`<>|?*,;]{1,500}',
];
const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';
/** A checksum of other content, as in `integrity`. */
const CHECKSUM = 'sha(?:256|384|512)-[\\w+/=-]{8,100}';
const WORD = '[\\w$@~.-]+';

const TOKEN = new RegExp([...PATHS, UUID, ...TIMES, CHECKSUM, WORD].join('|'), 'gi');
const IS_PATH = new RegExp(`^(?:${PATHS.join('|')})$`, 'i');
const IS_UUID = new RegExp(`^${UUID}$`, 'i');
const HAS_TIME = new RegExp(`(?<!\\d)(?:${TIMES.join('|')})(?!\\d)`);
const HAS_DATE = new RegExp(`(?<!\\d)(?:${TIMES.slice(0, 3).join('|')})(?!\\d)`);

/** What a text is made of: words and numbers, and time stamps, paths and UUIDs as one token each. */
export function tokensOf(text: string): readonly string[] {
  return text.match(TOKEN) ?? [];
}

/** What a token that differs from build to build may be. */
export function signOf(token: string): Sign | undefined {
  if (IS_PATH.test(token)) return 'absolute path';
  if (IS_UUID.test(token)) return 'UUID';
  if (HAS_TIME.test(token) || hasUnixTime(token)) return 'time stamp';
  return signOfName(token);
}

function signOfName(token: string): Sign | undefined {
  if (/^\d+$/.test(token)) return token.length < 8 ? 'number, such as a module id' : 'random token';
  if (/^[0-9a-f]{7,12}$|^[0-9a-f]{40}$/.test(token)) return 'commit or build id';
  if (/^(?=.*\d)(?=.*[A-Z])[\w-]{21}$/.test(token)) return 'build id';
  if (/\.[a-z0-9]{1,11}$/i.test(token) && stripHash(token, []) !== token) return 'hashed name';
  return token.split(/[.$@~_-]/).some((part) => looksRandom(part)) ? 'random token' : undefined;
}

/**
 * What makes a text differ in every build, as far as the text alone can tell. A date without a time does not, nor does a
 * path that may as well be one of the site.
 */
export function isSuspicious(token: string): boolean {
  const sign = signOf(token);
  if (sign === 'time stamp') return (HAS_DATE.test(token) && /\d:\d\d/.test(token)) || hasUnixTime(token);
  if (sign === 'absolute path') return /^(file:|\/(home|Users|__w|github\/workspace)\/|[a-z]:)/i.test(token);
  return sign === 'UUID' || sign === 'build id';
}

/** The surest of some signs. */
export function surest(signs: ReadonlySet<Sign>): Sign | undefined {
  return SIGNS.find((sign) => signs.has(sign));
}

/** Seconds or milliseconds of the years 2020 to 2039. */
function hasUnixTime(token: string): boolean {
  return (token.match(/(?<!\d)\d{10}(?:\d{3})?(?!\d)/g) ?? []).some((digits) => {
    const seconds = Number(digits.slice(0, 10));
    return seconds >= 1_577_836_800 && seconds < 2_208_988_800;
  });
}
