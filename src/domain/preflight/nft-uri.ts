import { parseCid } from '../cid.ts';
import { quote } from './quote.ts';

/** How content is named: which forms a collection has should be one. */
export type UriForm = 'ipfs' | 'gateway' | 'server' | 'arweave' | 'data' | 'relative' | 'other';

export interface UriFault {
  readonly kind: string;
  /** Follows the name of the field. */
  readonly says: string;
  readonly advice: string;
  readonly level?: 'note';
}

export interface TokenUri {
  readonly form: UriForm;
  /** As it is written, where it is a CID with a path. */
  readonly root: string | undefined;
  /** Of the CID, with and without a path. */
  readonly version: 0 | 1 | undefined;
  /** The last name of the path. */
  readonly file: string | undefined;
  readonly faults: readonly UriFault[];
}

const IPFS_ADVICE = 'Write ipfs://<cid>/<path>: the content itself, wherever it is kept.';
const LEFT_OPEN = /\$\{|\{\{|\[object|<[\w -]+>|(?:^|\/)(?:undefined|null|NaN)(?:[./]|$)/;

/** No wallet follows longer ones, and patterns need not look at more. */
const LONGEST_URI = 2048;

/** What a wallet makes of a reference in metadata. */
export function readUri(whole: string): TokenUri {
  const usual = readUsual(whole);
  if (usual !== undefined) return usual;
  if (/^data:/i.test(whole)) return plain('data');
  const uri = whole.slice(0, LONGEST_URI);
  if (LEFT_OPEN.test(uri)) return plain('other', leftOpen(uri));
  if (/^ipfs:/i.test(uri)) return readIpfs(uri);
  if (/^https?:\/\//i.test(uri)) return readHttp(uri);
  if (/^ar:\/\//i.test(uri)) return plain('arweave');
  if (/^ipns:/i.test(uri)) return plain('other', mutable());
  const scheme = /^[a-z][a-z0-9+.-]*:/i.exec(uri)?.[0];
  return scheme === undefined ? readRelative(uri) : plain('other', unknownScheme(scheme));
}

/** `ipfs://<cid>/7.png`, which is what nearly all are. */
function readUsual(uri: string): TokenUri | undefined {
  const [, cid = '', file] = /^ipfs:\/\/(\w{8,150})\/(\d[\w-]{0,80}\.\w{2,5})$/.exec(uri) ?? [];
  if (!isCid(cid)) return undefined;
  return { form: 'ipfs', root: cid, version: versionOf(cid), file, faults: [] };
}

function versionOf(cid: string): 0 | 1 {
  return cid.startsWith('Qm') ? 0 : 1;
}

function plain(form: UriForm, ...faults: readonly UriFault[]): TokenUri {
  return { form, root: undefined, version: undefined, file: undefined, faults };
}

function leftOpen(uri: string): UriFault {
  const mark = LEFT_OPEN.exec(uri)?.[0].replaceAll('/', '') ?? '';
  return {
    kind: 'placeholder',
    says: `has ${quote(mark)}, which was to be replaced before publishing.`,
    advice: 'Let the tool that writes the metadata fill it in.',
  };
}

function mutable(): UriFault {
  return {
    kind: 'mutable-uri',
    says: 'is an IPNS name: what it shows can change.',
    advice: `${IPFS_ADVICE} Leave it where that is meant.`,
    level: 'note',
  };
}

function unknownScheme(scheme: string): UriFault {
  return { kind: 'unknown-scheme', says: `begins with ${quote(scheme)}, which no wallet opens.`, advice: IPFS_ADVICE };
}

function readIpfs(uri: string): TokenUri {
  const rest = uri.replace(/^ipfs:\/{0,2}/i, '');
  const isDoubled = /^ipfs\//i.test(rest);
  const [, cid = '', path = ''] = /^([^/?#]*)(.*)$/s.exec(isDoubled ? rest.slice(5) : rest) ?? [];
  const faults = [...ipfsFaults(uri, isDoubled), ...cidFaults(cid), ...pathFaults(path)];
  return { ...namedBy(cid, path), form: 'ipfs', faults };
}

function* ipfsFaults(uri: string, isDoubled: boolean): Generator<UriFault> {
  if (isDoubled) {
    yield {
      kind: 'ipfs-twice',
      says: 'begins with `ipfs://ipfs/`, an old mistake that only some wallets forgive.',
      advice: 'Remove the second `ipfs/`.',
    };
  } else if (!/^ipfs:\/\/(?!\/)/i.test(uri)) {
    yield { kind: 'ipfs-form', says: 'has not two slashes after `ipfs:`.', advice: IPFS_ADVICE };
  }
}

/** `NewUriToReplace` of HashLips, `YOUR_CID`. */
const PLACEHOLDER = /uri|your|cid|hash|replace|placeholder|todo|xxx|example|here|folder|image/i;

function* cidFaults(cid: string): Generator<UriFault> {
  if (isCid(cid)) return;
  yield PLACEHOLDER.test(cid)
    ? {
        kind: 'placeholder',
        says: `has ${quote(cid)} where the CID must be.`,
        advice: 'Publish the images first, and write their CID into the metadata.',
      }
    : {
        kind: 'bad-cid',
        says: cid === '' ? 'has no CID.' : `has ${quote(cid)} where the CID must be, which is none.`,
        advice: 'Copy the CID whole; upper and lower case matter in one that begins with Qm.',
      };
}

function* pathFaults(path: string): Generator<UriFault> {
  if (path.includes('//')) {
    yield { kind: 'double-slash', says: 'has two slashes in its path.', advice: 'Remove one.' };
  }
  if (/#[^/]*\.\w{2,5}$/.test(path)) {
    yield {
      kind: 'unencoded-uri',
      says: 'has `#` in a file name, where the path ends for a URL.',
      advice: 'Write `%23`.',
    };
  }
  if (/\s/.test(path)) {
    yield {
      kind: 'unencoded-uri',
      says: 'has white space.',
      advice: 'Write `%20`, or rename the file.',
      level: 'note',
    };
  }
}

function readHttp(uri: string): TokenUri {
  const [, host = '', path = ''] = /^https?:\/\/([^/?#]*)([^?#]*)/i.exec(uri) ?? [];
  const [, inPath, below = ''] = /\/ipfs\/([^/]+)(.*)$/s.exec(path) ?? [];
  if (inPath !== undefined) {
    const named = isCid(inPath) ? namedBy(inPath, below) : undefined;
    if (named !== undefined || PLACEHOLDER.test(inPath)) {
      return { ...plain('gateway'), ...named, form: 'gateway', faults: [gatewayFault(host), ...cidFaults(inPath)] };
    }
  }
  const [, label = '', gateway = ''] = /^([a-z0-9]{40,})\.(ipfs\..+)$/i.exec(host) ?? [];
  if (isCid(label)) return { ...namedBy(label, path), form: 'gateway', faults: [gatewayFault(`*.${gateway}`)] };
  return { ...plain('server', serverFault(host)), file: fileOf(path) };
}

function gatewayFault(host: string): UriFault {
  return {
    kind: 'gateway-url',
    says: `is a URL of the gateway ${quote(host)}: it is gone when the gateway is, though the content is not.`,
    advice: IPFS_ADVICE,
  };
}

function serverFault(host: string): UriFault {
  if (/^(?:localhost|127\.|0\.0\.0\.0|\[::1\]|10\.|192\.168\.)|\.(?:local|test|internal)(?::|$)/i.test(host)) {
    return { kind: 'local-server', says: `is on ${quote(host)}, which nobody else reaches.`, advice: IPFS_ADVICE };
  }
  return {
    kind: 'server-url',
    says: `is on the server ${quote(host)}, which can change or end it.`,
    advice: `${IPFS_ADVICE} Leave it where that is meant.`,
    level: 'note',
  };
}

function readRelative(uri: string): TokenUri {
  const bare = uri.replace(/^\/?ipfs\//i, '').replace(/^\/+/, '');
  const [, first = '', path = ''] = /^([^/?#]*)(.*)$/s.exec(bare) ?? [];
  if (isCid(first)) {
    const fault = {
      kind: 'bare-cid',
      says: 'has a CID and no scheme; most wallets do not open it.',
      advice: IPFS_ADVICE,
    };
    return { ...namedBy(first, path), form: 'other', faults: [fault] };
  }
  const fault = {
    kind: 'relative-uri',
    says: 'is relative, and metadata has no address that it would be relative to.',
    advice: 'Publish the images first, and write ipfs://<cid>/<path>.',
  };
  return { ...plain('relative', fault), file: fileOf(uri) };
}

function namedBy(cid: string, path: string): Pick<TokenUri, 'root' | 'version' | 'file'> {
  const file = fileOf(path);
  if (!isCid(cid)) return { root: undefined, version: undefined, file };
  return { root: file === undefined ? undefined : cid, version: versionOf(cid), file };
}

function fileOf(path: string): string | undefined {
  const name = /([^/?#]+)(?:[?#].*)?$/s.exec(path)?.[1];
  if (name === undefined || !name.includes('%')) return name;
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

const KNOWN = new Map<string, boolean>();
const MOST_KNOWN = 1000;

/** A collection names one CID thousands of times. */
function isCid(text: string): boolean {
  // The longest is a hash of 64 bytes in base 16.
  if (!/^[\w-]{8,150}$/.test(text)) return false;
  const known = KNOWN.get(text);
  if (known !== undefined) return known;
  const parsed = parseCid(text) !== undefined;
  if (KNOWN.size >= MOST_KNOWN) KNOWN.clear();
  KNOWN.set(text, parsed);
  return parsed;
}
