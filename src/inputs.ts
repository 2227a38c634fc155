import { ActionError } from './domain/errors.ts';
import * as address from './domain/input-address.ts';
import * as value from './domain/input-value.ts';
import { labelOf } from './domain/names.ts';
import { matchesTag } from './domain/retention.ts';
import { chooseMode, computeTags, MODES, type Mode, type RunContext } from './domain/run.ts';

interface Field<T> {
  readonly fallback: string;
  readonly parse: value.Parser<T>;
  /** The value is never repeated in a message. */
  readonly secret?: true;
}

function field<T>(fallback: string, parse: value.Parser<T>): Field<T> {
  return { fallback, parse };
}

/** Every input, in the order of README. The fallback equals the default of action.yml; a test compares them. */
const FIELDS = {
  path: field('', value.text),
  'pinata-jwt': { ...field('', value.jwt), secret: true },
  mode: field('auto', value.word(...MODES)),
  project: field('', (raw) => (raw === '' ? '' : value.project(raw))),
  tags: field('', value.tags),
  name: field('{project}@{sha7}', value.name),
  group: field('', value.optional),
  network: field('public', value.word('public', 'private')),
  metadata: field('', value.metadata),
  include: field('**', value.globs),
  exclude: field('', value.globs),
  'ignore-file': field('.pinataignore', value.text),
  'include-hidden-files': field('auto', value.word('auto', 'true', 'false')),
  symlinks: field('inside', value.word('inside', 'error')),
  'if-no-files-found': field('error', value.word('error', 'warn', 'ignore')),
  'cid-profile': field('unixfs-v1-2025', value.word('unixfs-v1-2025', 'unixfs-v0-2015', 'pinata-folder')),
  'expected-cid': field('', value.cid),
  'car-file': field('', value.optional),
  'upload-method': field('auto', value.word('auto', 'car', 'folder')),
  'reuse-pinned': field('true', value.flag),
  concurrency: field('4', value.whole(1, 32)),
  'requests-per-minute': field('50', value.whole(1, 6000)),
  timeout: field('30m', value.duration),
  verify: field('gateway', value.word('none', 'pin', 'gateway', 'blocks')),
  gateways: field('https://{cid}.ipfs.inbrowser.link\nhttps://{cid}.ipfs.dweb.link', address.gatewayTemplates),
  'pinata-gateway': field('', address.gatewayHost),
  'pinata-gateway-key': { ...field('', value.headerValue), secret: true },
  'verify-timeout': field('2m', value.duration),
  'fail-on-unreachable': field('false', value.flag),
  preflight: field('warn', value.preflight),
  'block-gateways': field(
    'https://trustless-gateway.link/ipfs/{cid}\nhttps://{cid}.ipfs.dweb.link',
    address.blockGateways,
  ),
  'diff-base': field('auto', value.diffBase),
  'strip-hash': field('', value.stripHash),
  'size-budget': field('', value.sizeBudget),
  unpin: field('true', value.flag),
  'keep-last': field('5', value.whole(1, 1000)),
  'keep-within': field('7d', value.age),
  'protect-tags': field('v*', value.tagGlobs),
  'protect-cids': field('', value.cids),
  'max-removals': field('20', value.whole(0, 10_000)),
  'preview-expires': field('30d', value.expiry),
  'dry-run': field('false', value.flag),
  'require-credentials': field('false', value.flag),
  from: field('', value.promotionSource),
  'to-tag': field('production', value.lastingTag),
  'hot-swap-cid': field('', address.swapNames),
  dnslink: field('', address.dnslinkNames),
  'cloudflare-token': { ...field('', value.headerValue), secret: true },
  'cloudflare-zone': field('', address.zoneId),
  'dns-resolvers': field('https://cloudflare-dns.com/dns-query\nhttps://dns.google/dns-query', address.resolverUrls),
  mirrors: field('', address.mirrors),
  'mirror-tokens': { ...field('', address.mirrorTokens), secret: true },
  'access-link-expires': field('1h', value.linkExpiry),
  'health-issue': field('false', value.flag),
  'github-token': { ...field('', value.headerValue), secret: true },
  comment: field('auto', value.word('auto', 'true', 'false')),
  deployment: field('auto', value.word('auto', 'true', 'false')),
  'commit-status': field('false', value.flag),
  summary: field('true', value.flag),
  'pinata-api-url': field('https://api.pinata.cloud', address.baseUrl),
  'pinata-upload-url': field('https://uploads.pinata.cloud', address.baseUrl),
  'pinata-gateway-url': field('', address.optionalBaseUrl),
  'cloudflare-api-url': field('https://api.cloudflare.com/client/v4', address.baseUrl),
} satisfies Record<string, Field<unknown>>;

/** Inputs of older actions: still read where they mean the same, refused where they cannot be used safely. */
const RENAMED = {
  'path-to-deploy': 'path',
  'pinata-jwt-token': 'pinata-jwt',
  'pin-name': 'name',
  pinName: 'name',
  'retention-count': 'keep-last',
  'retention-max-removals': 'max-removals',
  'retention-dry-run': 'unpin',
  'set-pr-comment': 'comment',
  'set-github-status': 'commit-status',
} as const satisfies Record<string, keyof typeof FIELDS>;
const REFUSED = ['pinata-api-key', 'pinata-secret-api-key', 'pinataKey', 'pinataSecret'] as const;

export type InputName = keyof typeof FIELDS | keyof typeof RENAMED | (typeof REFUSED)[number];

/** Answers the raw value of an input, '' when it is not given. */
export type ReadInput = (input: InputName) => string;

type Values = { readonly [K in keyof typeof FIELDS]: Exclude<ReturnType<(typeof FIELDS)[K]['parse']>, value.Refusal> };

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
export const SECRET_INPUTS = [
  'pinata-jwt',
  'pinata-jwt-token',
  'pinata-gateway-key',
  'github-token',
  'cloudflare-token',
  'mirror-tokens',
  ...REFUSED,
] as const;

/** The secrets in the text of an input: of lines `name=token` only the tokens, and of `user:password` the password too. */
export function secretsIn(input: (typeof SECRET_INPUTS)[number], text: string): readonly string[] {
  if (input !== 'mirror-tokens') return [text].filter((secret) => secret !== '');
  const tokens = text.split(/\r?\n/).map((line) => line.slice(line.indexOf('=') + 1).trim());
  const passwords = tokens.filter((token) => token.includes(':')).map((token) => token.slice(token.indexOf(':') + 1));
  return [...tokens, ...passwords].filter((secret) => secret !== '');
}

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
    const accepted = value.refusedFor(parsed);
    if (accepted === undefined) values[input] = parsed;
    else problems.push(`${input} must be ${accepted}, got ${shown(given, secret)}.`);
  }
  const chosen = chooseMode(MODES.find((name) => name === values.mode) ?? 'auto', context);
  const mode = effective('pinata-jwt') === '' ? withoutCredentials(chosen, values.mode, context) : chosen;
  problems.push(
    ...missing(mode, { effective, values }, context),
    ...lockedNames(mode, values, context),
    ...contradictions(values),
  );
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
      return (
        given || (used.filter((old) => RENAMED[old] === input).map((old) => renamedValue(old, read(old)))[0] ?? '')
      );
    },
    deprecations: used.map((old) => `The input ${old} is deprecated; use ${RENAMED[old]}.`),
  };
}

/** A dry run of removals is what `unpin: false` is now; every other value means what it meant. */
function renamedValue(old: keyof typeof RENAMED, given: string): string {
  if (old !== 'retention-dry-run') return given;
  return { true: 'false', false: 'true' }[given] ?? given;
}

const NO_SECRETS = 'there is no pinata-jwt; runs for forks and Dependabot get no secrets';

/** Where GitHub gives no secrets, what would be deployed is only compared; and a closing has no preview to give up. */
function withoutCredentials(mode: Mode, asked: unknown, { withoutSecrets }: RunContext): Mode {
  if (!withoutSecrets) return mode;
  if (mode.kind === 'cleanup' && mode.closed !== undefined) return { kind: 'skip', reason: NO_SECRETS };
  return mode.kind === 'deploy' && asked === 'auto' ? { kind: 'diff', reason: NO_SECRETS } : mode;
}

function missing(
  { kind }: Mode,
  { effective, values }: { effective: (input: keyof typeof FIELDS) => string; values: Partial<Values> },
  context: RunContext,
): readonly string[] {
  if (kind === 'skip' || kind === 'refuse') return [];
  const hasKey = effective('pinata-jwt') !== '';
  const deploys = kind === 'deploy' || (kind === 'diff' && hasKey);
  const needsKey = kind !== 'diff' || values['require-credentials'] === true;
  const wanted: readonly [string, boolean][] = [
    [
      'path must be the directory, file or .car to deploy, got nothing.',
      (deploys || kind === 'diff') && effective('path') === '',
    ],
    [
      'pinata-jwt must be a Pinata JWT (or set the environment variable PINATA_JWT), got nothing. Runs for forks get no secrets.',
      needsKey && !hasKey,
    ],
    [
      'project must be a name such as acme/app, got nothing: GITHUB_REPOSITORY is not set.',
      (deploys || kind !== 'diff') && effective('project') === '' && context.repository === '',
    ],
    [
      `tags must be given, one a line, got nothing: none can be computed on ${context.event === '' ? 'an unknown event' : context.event}.`,
      deploys && effective('tags') === '' && computeTags(context).length === 0,
    ],
  ];
  return wanted.filter(([, absent]) => absent).map(([problem]) => problem);
}

/** A name can only follow a tag where its keeper lets us in. */
function lockedNames({ kind }: Mode, values: Partial<Values>, context: RunContext): readonly string[] {
  const moved = {
    deploy: (values.tags ?? []).length > 0 ? (values.tags ?? []) : computeTags(context),
    promote: [values['to-tag']],
    rollback: [values['to-tag']],
  }[String(kind)];
  const follows = (values.dnslink ?? []).filter(({ tag }) => moved?.includes(tag) === true);
  if (follows.length === 0 || values['cloudflare-token'] !== undefined || values['dry-run'] === true) return [];
  return [
    `cloudflare-token must be a token of Cloudflare's API with the permission Zone.DNS: Edit, since dnslink names ${follows.map(labelOf).join(', ')}, got nothing.`,
  ];
}

function contradictions(values: Partial<Values>): readonly string[] {
  const found: string[] = [];
  if (values.network === 'private' && values['upload-method'] === 'car') {
    found.push(
      'upload-method must be "auto" or "folder" when network is "private", got "car": Pinata imports CARs on the public network only.',
    );
  }
  found.push(...misplaced(values));
  if (values.mode === 'cleanup') {
    for (const tag of values.tags ?? []) {
      const glob = values['protect-tags']?.find((pattern) => matchesTag(pattern, tag));
      if (glob !== undefined) {
        found.push(`tags must not name what protect-tags protects in a cleanup, got "${tag}" (${glob}).`);
      }
    }
  }
  return found;
}

/** What cannot be done where it was asked for. */
function misplaced(values: Partial<Values>): readonly string[] {
  const mirrors = (values.mirrors ?? []).map(({ name }) => name);
  const strangers = [...(values['mirror-tokens'] ?? new Map<string, string>()).keys()].filter(
    (name) => !mirrors.includes(name),
  );
  const isPrivate = values.network === 'private';
  const wanted: readonly [string, boolean][] = [
    [
      'from must be what mode "promote" puts the tag on: a tag, a version such as production~1, or a CID, got nothing.',
      values.mode === 'promote' && 'from' in values && values.from === undefined,
    ],
    [
      `from must be given with mode "promote" or "rollback" only; mode is "${values.mode}".`,
      values.from !== undefined && values.mode !== 'promote' && values.mode !== 'rollback',
    ],
    [
      `mirror-tokens must name mirrors; not among them: ${strangers.map((name) => `"${name}"`).join(', ')}.`,
      values.mirrors !== undefined && strangers.length > 0,
    ],
    [
      'mirrors must be empty when network is "private": a mirror would make the content public.',
      isPrivate && mirrors.length > 0,
    ],
    [
      'dnslink must be empty when network is "private": no public gateway serves what it would name.',
      isPrivate && (values.dnslink ?? []).length > 0,
    ],
    [
      'hot-swap-cid must be empty when network is "private": whoever has the address must be able to open it.',
      isPrivate && (values['hot-swap-cid'] ?? []).length > 0,
    ],
    [
      'verify must be "none", "pin" or "gateway" when network is "private", got "blocks": no gateway hands out private blocks.',
      isPrivate && values.verify === 'blocks',
    ],
  ];
  return wanted.filter(([, isWrong]) => isWrong).map(([problem]) => problem);
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
