import { parseArgs } from 'node:util';

/** One setting of the emulator: its default, how it is read from the command line, and what `--help` says. */
interface Knob<T> {
  readonly initial: T;
  /** The word for the argument in `--help`; undefined for a flag. */
  readonly takes?: string;
  readonly says: string;
  /** Returns undefined for text that is not a value of this knob. */
  parse(text: string): T | undefined;
}

/** A wrong command line: unknown knob, missing or malformed value. */
export class KnobError extends Error {}

function count(initial: number, takes: string, says: string): Knob<number> {
  return { initial, takes, says, parse: (text) => (/^\d{1,15}$/.test(text) ? Number(text) : undefined) };
}

function oneOf<const T extends string>(words: readonly [T, ...T[]], says: string): Knob<T> {
  return { initial: words[0], takes: words.join('|'), says, parse: (text) => words.find((word) => word === text) };
}

function flag(says: string): Knob<boolean> {
  return { initial: false, says, parse: () => true };
}

function text(takes: string, says: string): Knob<string | undefined> {
  return { initial: undefined, takes, says, parse: (value) => value };
}

function words(takes: string, says: string): Knob<readonly string[] | undefined> {
  return { initial: undefined, takes, says, parse: (value) => value.split(',').filter((word) => word !== '') };
}

const table = {
  port: count(0, 'N', 'Use ports N to N+8; 0 finds nine free neighbours.'),
  state: text('DIR', 'Keep records and blocks here across restarts; without it they go when the emulator stops.'),

  plan: oneOf(['paid', 'free', 'enterprise'], 'Account plan: free refuses CARs, only enterprise has private files.'),
  maxFiles: count(0, 'N', 'Pins in the plan; uploads are blocked 25 % above. 0 is 500 on free, no limit on others.'),
  blocked: flag('The account is blocked over its plan: every upload answers 403.'),
  scopes: words('LIST', 'Scopes of the printed JWT, by comma. Given, it loses its legacy scopes too.'),
  legacyScopes: words('LIST', 'Legacy scopes of the printed JWT, by comma.'),
  rpm: count(0, 'N', 'Requests per minute and key before 429; 0 is no limit.'),
  retryAfter: count(0, 'S', 'Seconds announced by Retry-After on a 429; 0 sends no such header.'),

  duplicates: oneOf(
    ['keep', 'merge', 'replace', 'new-record'],
    'An upload of a pinned CID: leave the record, merge keyvalues, replace its fields, or make a second record.',
  ),
  expiryClear: oneOf(
    ['refused', 'ignored', 'yes'],
    'An update with expires_at null: 400, 200 without a change, or the record loses its expiry.',
  ),
  expiryShown: oneOf(['no', 'yes'], 'Rows carry expires_at (unix seconds or null).'),
  folderPrefix: oneOf(
    ['strip', 'keep'],
    'The common first segment of a folder upload is dropped, or kept below the root.',
  ),
  folderMaxFiles: count(30_000, 'N', 'Most files of one folder upload.'),
  multipartLimit: count(104_857_600, 'BYTES', 'Largest multipart body on the upload host.'),
  uploadLimit: count(25_000_000_000, 'BYTES', 'Largest resumable or legacy upload.'),
  carDelayMs: count(0, 'MS', 'How long an uploaded CAR stays pending before its record shows.'),
  carImportFails: flag('Every CAR import fails after the upload was accepted: its record never shows.'),

  requireTusResumable: flag('Refuse resumable requests without a Tus-Resumable header.'),
  tus500EveryN: count(0, 'N', 'Every Nth PATCH answers 500 and applies nothing.'),
  tusDropPartialOn500: flag('That 500 also drops what was received: HEAD then says 0.'),
  tusLoseResponse: count(0, 'N', 'The first N PATCHes are applied, then the connection is cut without an answer.'),

  listCap: count(1000, 'N', 'Largest page of a listing.'),
  listOrder: oneOf(['DESC', 'ASC'], 'Order of a listing that does not ask for one.'),
  nameFilter: oneOf(['substring', 'exact'], 'How the name filter of a listing compares.'),
  listLagMs: count(0, 'MS', 'How long a new record stays out of listings.'),
  updateLagMs: count(0, 'MS', 'How long listings show and filter by the keyvalues from before an update.'),
  ignoreFilters: flag('A listing of files ignores all its filters and returns everything.'),
  repeatToken: flag('A listing never ends: the token of its last page is answered again and again.'),
  deleteLagMs: count(0, 'MS', 'How long a deleted record stays in listings.'),
  settleMs: count(0, 'MS', 'How long after its creation a DELETE of a record answers 500.'),

  swapBody: oneOf(
    ['both', 'documented', 'sdk'],
    'Where a hot swap names its new CID: swapCid (documented), swap_cid (what the SDK sends), or either.',
  ),

  hotSwapPlugin: oneOf(
    ['on', 'off'],
    'The gateway has the plugin; without it hot swaps are kept, and nobody follows them.',
  ),

  gatewayMode: oneOf(
    ['custom-domain', 'dedicated', 'shared', 'public'],
    'Which gateway is played: pinned roots with HTML, the same without, any CID without HTML, or a public one.',
  ),
  gatewayToken: text('TOKEN', 'The gateway wants this token.'),
  gatewayLagMs: count(0, 'MS', 'How long the gateway does not know new content.'),
  gatewayHangMs: count(1000, 'MS', 'How long the public gateway hangs before its 504.'),
  gatewayTrustless: oneOf(['on', 'off'], 'Answer format=raw and format=car.'),
  gatewayLies: oneOf(['no', 'html200', 'wrong-bytes', 'truncate'], 'Answer content requests with something false.'),

  accessLinkPath: oneOf(
    ['documented', 'older'],
    'Where links to private files are signed: /v3/files/private/download_link, or the same without private.',
  ),

  txtQuotes: oneOf(
    ['as-sent', 'on', 'off'],
    "How Cloudflare's API shows the content of TXT records: as it was sent, in quotes, or bare.",
  ),
  dnsTtl: count(0, 'S', 'How long the resolvers keep an answer, whatever its records say; 0 keeps none.'),

  strayEvery: count(0, 'N', 'Every Nth API or upload request meets a stray fault: HTML 502, HTML 400, reset, in turn.'),
} as const;

type KnobTable = typeof table;
type ValueOf<K> = K extends Knob<infer T> ? T : never;

/** All settings of a running emulator; times in ms unless the knob says otherwise. */
export type Knobs = { readonly [Name in keyof KnobTable]: ValueOf<KnobTable[Name]> };

/** The knobs with `chosen` over the defaults. */
export function withDefaults(chosen: Partial<Knobs>): Knobs {
  const initial = Object.fromEntries(Object.entries(table).map(([name, knob]) => [name, knob.initial]));
  return { ...initial, ...chosen } as Knobs;
}

/** `carDelayMs` is `--car-delay MS`, `tus500EveryN` is `--tus-500-every-n N`. */
export function optionName(field: string): string {
  return field
    .replace(/Ms$/, '')
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .replace(/([a-z])([0-9])/g, '$1-$2')
    .toLowerCase();
}

/** Reads a command line. Throws KnobError with one sentence for the first thing that is wrong. */
export function parseKnobs(argv: readonly string[]): Partial<Knobs> | 'help' {
  const options: Record<string, { type: 'string' | 'boolean' }> = { help: { type: 'boolean' } };
  for (const [field, knob] of Object.entries<Knob<unknown>>(table)) {
    options[optionName(field)] = { type: knob.takes === undefined ? 'boolean' : 'string' };
  }
  const values = readOptions(argv, options);
  if (values.help === true) return 'help';
  const chosen: Record<string, unknown> = {};
  for (const [field, knob] of Object.entries<Knob<unknown>>(table)) {
    const given = values[optionName(field)];
    if (given === undefined) continue;
    const value = knob.parse(String(given));
    if (value === undefined) {
      throw new KnobError(`--${optionName(field)} takes ${knob.takes ?? 'no value'}, got "${String(given)}".`);
    }
    chosen[field] = value;
  }
  return chosen;
}

function readOptions(
  argv: readonly string[],
  options: Record<string, { type: 'string' | 'boolean' }>,
): Record<string, unknown> {
  try {
    return parseArgs({ args: [...argv], options, strict: true, allowPositionals: false }).values;
  } catch (cause) {
    const message = cause instanceof Error ? cause.message.split('. ')[0] : String(cause);
    throw new KnobError(`${message}. --help lists all knobs.`, { cause });
  }
}

/** The text of `--help`. */
export function renderHelp(): string {
  const rows = Object.entries<Knob<unknown>>(table).map(([field, knob]) => {
    const usage = `--${optionName(field)}${knob.takes === undefined ? '' : ` ${knob.takes}`}`;
    const initial = knob.takes === undefined || knob.initial === undefined ? '' : ` [${String(knob.initial)}]`;
    return `  ${usage}\n        ${knob.says}${initial}`;
  });
  return [
    'A local Pinata (uploads, files, groups, hot swaps and a gateway on a real block store), a very small GitHub and its cache, and DNS.',
    '',
    'Prints one JSON line with its base URLs, a JWT and tokens of GitHub, its cache and Cloudflare, then serves until SIGTERM or SIGINT.',
    'githubUrl answers GraphQL (/graphql, /api/graphql) and a part of the REST API (below / and /api/v3).',
    'cacheUrl is the ACTIONS_RESULTS_URL of cacheToken: the cache service (v2) and its blobs.',
    "cloudflareUrl answers the part of Cloudflare's API (v4) that keeps DNS records, cloudflareToken may edit all of them.",
    'dohUrls are two resolvers (RFC 8484) with caches of their own; dnsPort speaks DNS by UDP and TCP on 127.0.0.1.',
    'Control, on the API port: /__emulator/requests, /faults, /clock, /keys, /github, /github/tokens, /cache, /cache/tokens, /dns, /dns/tokens, /state.',
    '',
    'Knobs [default]:',
    ...rows,
    '',
  ].join('\n');
}
