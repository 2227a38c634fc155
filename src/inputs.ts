import { type Cid, parseCid } from './domain/cid.ts';
import { parseDuration } from './domain/duration.ts';
import { ActionError } from './domain/errors.ts';
import { globProblem } from './domain/glob.ts';
import { chooseMode, type Mode, type RunContext, unknownPlaceholders } from './domain/run.ts';
import { isTagName, type Keyvalues } from './domain/tag.ts';

/** Why a value was refused: what the input accepts, in words that follow "must be". */
class Refusal {
  readonly accepts: string;
  constructor(accepts: string) {
    this.accepts = accepts;
  }
}

type Parser<T> = (raw: string) => T | Refusal;

interface Field<T> {
  readonly fallback: string;
  readonly parse: Parser<T>;
  /** The value is never repeated in a message. */
  readonly secret?: true;
}

function field<T>(fallback: string, parse: Parser<T>): Field<T> {
  return { fallback, parse };
}

const text: Parser<string> = (raw) => raw;
const optional: Parser<string | undefined> = (raw) => (raw === '' ? undefined : raw);

function word<const W extends readonly string[]>(...words: W): Parser<W[number]> {
  const accepts = words.map((name) => `"${name}"`).join(', ');
  return (raw) => words.find((name) => name === raw) ?? new Refusal(`one of ${accepts}`);
}

const flag: Parser<boolean> = (raw) =>
  raw === 'true' || raw === 'false' ? raw === 'true' : new Refusal('true or false');

function whole(min: number, max: number): Parser<number> {
  return (raw) => {
    const value = /^[0-9]{1,9}$/.test(raw) ? Number(raw) : Number.NaN;
    return value >= min && value <= max ? value : new Refusal(`a whole number from ${min} to ${max}`);
  };
}

const duration: Parser<number> = (raw) => {
  const value = parseDuration(raw);
  return value === undefined || value < 1000 ? new Refusal('a duration such as 90s, 30m, 24h or 7d') : value;
};

function splitLines(raw: string): readonly string[] {
  return raw
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

const globs: Parser<readonly string[]> = (raw) => {
  const lines = splitLines(raw);
  const problems = lines.flatMap((line) => {
    const problem = globProblem(line);
    return problem === undefined ? [] : [`"${line}" ${problem}`];
  });
  return problems.length > 0 ? new Refusal(`globs relative to path, one a line (${problems.join('; ')})`) : lines;
};

const cid: Parser<Cid | undefined> = (raw) =>
  raw === '' ? undefined : (parseCid(raw) ?? new Refusal('a CID such as bafybei… or Qm…'));

const project: Parser<string> = (raw) =>
  /^[A-Za-z0-9][A-Za-z0-9._/#-]{0,139}$/.test(raw)
    ? raw
    : new Refusal('a name of letters, digits and . _ / # -, at most 140 characters, such as acme/app#web');

const tags: Parser<readonly string[]> = (raw) => {
  const lines = [...new Set(splitLines(raw))];
  return lines.every(isTagName)
    ? lines
    : new Refusal('tag names, one a line: lower-case letters, digits and . _ -, at most 24 characters, not "previews"');
};

const name: Parser<string> = (raw) =>
  /^[\x20-\x7e]{1,120}$/.test(raw) && unknownPlaceholders(raw).length === 0
    ? raw
    : new Refusal(
        'printable ASCII, at most 120 characters, with no placeholders but {project}, {sha}, {sha7} and {tag}',
      );

const metadata: Parser<Keyvalues> = (raw) => {
  const pairs = splitLines(raw).map((line) => /^([a-z0-9_.-]{1,40})=([\x20-\x7e]{1,199})$/.exec(line));
  const entries = pairs.flatMap((match) =>
    match?.[1] === undefined || match[2] === undefined ? [] : [[match[1], match[2]] as const],
  );
  const fits =
    entries.length === pairs.length && entries.length <= 2 && entries.every(([key]) => !key.startsWith('pd1.'));
  return fits
    ? Object.fromEntries(entries)
    : new Refusal(
        'at most 2 lines key=value; keys of a-z 0-9 _ . - that do not start with "pd1.", values of printable ASCII under 200 characters',
      );
};

const JWT_SHAPE = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;
const jwt: Parser<string> = (raw) =>
  raw === '' || JWT_SHAPE.test(raw)
    ? raw
    : new Refusal('a Pinata JWT: three parts with dots between them (not an API key or secret)');

const headerValue: Parser<string | undefined> = (raw) =>
  /^[\x21-\x7e]*$/.test(raw) ? optional(raw) : new Refusal('one line of printable ASCII');

/** True for https anywhere, and plain http on this machine only. */
function isSafeUrl(raw: string): boolean {
  const url = URL.canParse(raw) ? new URL(raw) : undefined;
  if (url === undefined || url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '')
    return false;
  const loopback = /^(localhost|.*\.localhost|127\.[0-9.]+|\[::1\])$/.test(url.hostname);
  return url.protocol === 'https:' || (url.protocol === 'http:' && loopback);
}

const baseUrl: Parser<string> = (raw) =>
  isSafeUrl(raw) && !/\/v3\/?$/.test(raw)
    ? raw.replace(/\/+$/, '')
    : new Refusal('an https URL (http only for 127.0.0.1 and localhost) without credentials, query or /v3');

const optionalBaseUrl: Parser<string | undefined> = (raw) => (raw === '' ? undefined : baseUrl(raw));

const gatewayHost: Parser<string | undefined> = (raw) => {
  if (raw === '') return undefined;
  const host = raw.replace(/^https:\/\//, '').replace(/\/+$/, '');
  return /^[a-z0-9-]+(\.[a-z0-9-]+)+$/i.test(host)
    ? host.toLowerCase()
    : new Refusal('a domain such as acme.mypinata.cloud, or its https URL');
};

const gatewayTemplates: Parser<readonly string[]> = (raw) => {
  const lines = splitLines(raw);
  const fine = lines.every((line) => line.includes('{cid}') && isSafeUrl(line.replaceAll('{cid}', 'bafkqaaa')));
  return fine
    ? lines
    : new Refusal(
        'link templates with {cid}, one a line, https (http only on this machine), such as https://{cid}.ipfs.dweb.link',
      );
};

/** Every input, in the order of README. The fallback equals the default of action.yml; a test compares them. */
const FIELDS = {
  path: field('', text),
  'pinata-jwt': { ...field('', jwt), secret: true },
  mode: field('auto', word('auto', 'deploy')),
  project: field('', (raw) => (raw === '' ? '' : project(raw))),
  tags: field('', tags),
  name: field('{project}@{sha7}', name),
  group: field('', optional),
  network: field('public', word('public', 'private')),
  metadata: field('', metadata),
  include: field('**', globs),
  exclude: field('', globs),
  'ignore-file': field('.pinataignore', text),
  'include-hidden-files': field('auto', word('auto', 'true', 'false')),
  symlinks: field('inside', word('inside', 'error')),
  'if-no-files-found': field('error', word('error', 'warn', 'ignore')),
  'cid-profile': field('unixfs-v1-2025', word('unixfs-v1-2025', 'unixfs-v0-2015', 'pinata-folder')),
  'expected-cid': field('', cid),
  'car-file': field('', optional),
  'upload-method': field('auto', word('auto', 'car', 'folder')),
  'reuse-pinned': field('true', flag),
  concurrency: field('4', whole(1, 32)),
  'requests-per-minute': field('50', whole(1, 6000)),
  timeout: field('30m', duration),
  verify: field('gateway', word('none', 'pin', 'gateway')),
  gateways: field('https://{cid}.ipfs.inbrowser.link\nhttps://{cid}.ipfs.dweb.link', gatewayTemplates),
  'pinata-gateway': field('', gatewayHost),
  'pinata-gateway-key': { ...field('', headerValue), secret: true },
  'verify-timeout': field('2m', duration),
  'fail-on-unreachable': field('false', flag),
  'dry-run': field('false', flag),
  summary: field('true', flag),
  'pinata-api-url': field('https://api.pinata.cloud', baseUrl),
  'pinata-upload-url': field('https://uploads.pinata.cloud', baseUrl),
  'pinata-gateway-url': field('', optionalBaseUrl),
} satisfies Record<string, Field<unknown>>;

/** Inputs of older actions: still read where they mean the same, refused where they cannot be used safely. */
const RENAMED = {
  'path-to-deploy': 'path',
  'pinata-jwt-token': 'pinata-jwt',
  'pin-name': 'name',
  pinName: 'name',
} as const satisfies Record<string, keyof typeof FIELDS>;
const REFUSED = ['pinata-api-key', 'pinata-secret-api-key', 'pinataKey', 'pinataSecret'] as const;

export type InputName = keyof typeof FIELDS | keyof typeof RENAMED | (typeof REFUSED)[number];

/** Answers the raw value of an input, '' when it is not given. */
export type ReadInput = (input: InputName) => string;

type Values = { readonly [K in keyof typeof FIELDS]: Exclude<ReturnType<(typeof FIELDS)[K]['parse']>, Refusal> };

/** The inputs, parsed, with the mode the event stands for and one line for each deprecated name in use. */
export interface Inputs {
  readonly values: Values;
  readonly mode: Mode;
  readonly deprecations: readonly string[];
}

/** Every input with the default that the code uses; what README and action.yml are compared with. */
export function inputDefaults(): ReadonlyMap<InputName, string> {
  const current = Object.entries(FIELDS).map(([input, { fallback }]) => [input, fallback] as const);
  const old = [...Object.keys(RENAMED), ...REFUSED].map((input) => [input, ''] as const);
  return new Map([...current, ...old] as [InputName, string][]);
}

/** Inputs whose values must be masked before anything is printed. */
export const SECRET_INPUTS = ['pinata-jwt', 'pinata-jwt-token', 'pinata-gateway-key', ...REFUSED] as const;

/**
 * Parses all inputs.
 * @throws ActionError of kind `input` that lists every problem: the input's name, what it accepts, what it got.
 */
export function parseInputs(read: ReadInput, context: RunContext): Inputs {
  const problems: string[] = REFUSED.filter((input) => read(input) !== '').map(
    (input) =>
      `${input} is not supported. Make a JWT with the Files read and write permissions and pass it as pinata-jwt.`,
  );
  const { effective, deprecations } = readRenamed(read);
  const values: Record<string, unknown> = {};
  for (const input of Object.keys(FIELDS) as (keyof typeof FIELDS)[]) {
    const { fallback, parse, secret }: Field<unknown> = FIELDS[input];
    const given = effective(input);
    const parsed = parse(given === '' ? fallback : given);
    if (parsed instanceof Refusal) problems.push(`${input} must be ${parsed.accepts}, got ${shown(given, secret)}.`);
    else values[input] = parsed;
  }
  const mode = chooseMode(values.mode === 'deploy' ? 'deploy' : 'auto', context);
  problems.push(...missing(mode, effective), ...contradictions(values));
  if (mode.kind === 'refuse') throw new ActionError('input', mode.reason, { hint: mode.hint });
  if (problems.length > 0) throw inputError(problems);
  return { values: values as Values, mode, deprecations };
}

function readRenamed(read: ReadInput): {
  effective: (input: keyof typeof FIELDS) => string;
  deprecations: readonly string[];
} {
  const used = (Object.keys(RENAMED) as (keyof typeof RENAMED)[]).filter((old) => read(old) !== '');
  return {
    effective: (input) => {
      // The runner fills in the default of action.yml, so a default counts as not given.
      const given = read(input).trim() === FIELDS[input].fallback ? '' : read(input);
      return given || (used.filter((old) => RENAMED[old] === input).map(read)[0] ?? '');
    },
    deprecations: used.map((old) => `The input ${old} is deprecated; use ${RENAMED[old]}.`),
  };
}

function missing(mode: Mode, effective: (input: keyof typeof FIELDS) => string): readonly string[] {
  if (mode.kind !== 'deploy') return [];
  return [
    ...(effective('path') === '' ? ['path must be the directory, file or .car to deploy, got nothing.'] : []),
    ...(effective('pinata-jwt') === ''
      ? [
          'pinata-jwt must be a Pinata JWT (or set the environment variable PINATA_JWT), got nothing. Runs for forks get no secrets.',
        ]
      : []),
  ];
}

function contradictions(values: Partial<Values>): readonly string[] {
  const found: string[] = [];
  if (values.network === 'private' && values['upload-method'] === 'car') {
    found.push(
      'upload-method must be "auto" or "folder" when network is "private", got "car": Pinata imports CARs on the public network only.',
    );
  }
  return found;
}

function shown(raw: string, secret: true | undefined): string {
  if (secret === true) return `a value of ${raw.length} characters`;
  return JSON.stringify(raw.length > 200 ? `${raw.slice(0, 200)}…` : raw);
}

function inputError(problems: readonly string[]): ActionError {
  const [only] = problems;
  const message =
    problems.length === 1 && only !== undefined
      ? only
      : `${problems.length} inputs are wrong:\n${problems.map((line) => `- ${line}`).join('\n')}`;
  return new ActionError('input', message, { hint: 'Correct the "with:" block of this step. Nothing was sent.' });
}
