import * as address from './domain/input-address.ts';
import * as value from './domain/input-value.ts';
import { MODES } from './domain/run.ts';

/** How an input is read. */
export interface Field<T> {
  readonly fallback: string;
  readonly parse: value.Parser<T>;
  /** The value is never repeated in a message. */
  readonly secret?: true;
}

function field<T>(fallback: string, parse: value.Parser<T>): Field<T> {
  return { fallback, parse };
}

/** Every input, in the order of README. The fallback equals the default of action.yml; a test compares them. */
export const FIELDS = {
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
export const RENAMED = {
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
export const REFUSED = ['pinata-api-key', 'pinata-secret-api-key', 'pinataKey', 'pinataSecret'] as const;

export type InputName = keyof typeof FIELDS | keyof typeof RENAMED | (typeof REFUSED)[number];

/** Every input as the code takes it. */
export type Values = {
  readonly [K in keyof typeof FIELDS]: Exclude<ReturnType<(typeof FIELDS)[K]['parse']>, value.Refusal>;
};
