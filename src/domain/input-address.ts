import { linesOf, optional, type Parser, refuse, refusedFor, splitLines } from './input-value.ts';
import { type MirrorAddress, parseMirror, parseMirrorToken } from './mirror.ts';
import { labelOf, parseDnslinkName, parseHotSwapName, type StableName } from './names.ts';
import { isSafeUrl } from './safe-url.ts';

export const baseUrl: Parser<string> = (raw) =>
  isSafeUrl(raw) && !/\/v3\/?$/.test(raw)
    ? raw.replace(/\/+$/, '')
    : refuse('an https URL (http only for 127.0.0.1 and localhost) without credentials, query or /v3');

export const optionalBaseUrl: Parser<string | undefined> = (raw) => (raw === '' ? undefined : baseUrl(raw));

export const gatewayHost: Parser<string | undefined> = (raw) => {
  if (raw === '') return undefined;
  const host = raw.replace(/^https:\/\//, '').replace(/\/+$/, '');
  return /^[a-z0-9-]+(\.[a-z0-9-]+)+$/i.test(host)
    ? host.toLowerCase()
    : refuse('a domain such as acme.mypinata.cloud, or its https URL');
};

/** None for `none`. */
export const blockGateways: Parser<readonly string[]> = (raw) => (raw === 'none' ? [] : gatewayTemplates(raw));

export const gatewayTemplates: Parser<readonly string[]> = (raw) => {
  const lines = splitLines(raw);
  const fine = lines.every((line) => line.includes('{cid}') && isSafeUrl(line.replaceAll('{cid}', 'bafkqaaa')));
  return fine
    ? lines
    : refuse(
        'link templates with {cid}, one a line, https (http only on this machine), such as https://{cid}.ipfs.dweb.link',
      );
};

/** Lines of names that follow a tag; each name once. */
function namesOf(parse: (line: string) => StableName | undefined, what: string): Parser<readonly StableName[]> {
  return (raw) => {
    const parsed = linesOf(parse, what)(raw);
    if (refusedFor(parsed) !== undefined) return parsed;
    const names = (parsed as readonly StableName[]).map(labelOf);
    const twice = names.find((label, index) => names.indexOf(label) !== index);
    return twice === undefined ? parsed : refuse(`${what}, each once (${twice} stands there twice)`);
  };
}

export const dnslinkNames = namesOf(
  parseDnslinkName,
  'domains, one a line, such as example.com, or staging.example.com=branch-main for another tag than production',
);

export const swapNames = namesOf(
  parseHotSwapName,
  'CIDs, one a line, such as bafybei…, or bafybei…=branch-main for another tag than production',
);

export const zoneId: Parser<string | undefined> = (raw) =>
  raw === '' || /^[0-9a-f]{32}$/.test(raw) ? optional(raw) : refuse("a zone's id: 32 hex digits");

const MOST_RESOLVERS = 8;

export const resolverUrls: Parser<readonly string[]> = (raw) => {
  const lines = [...new Set(splitLines(raw))];
  return lines.length >= 2 && lines.length <= MOST_RESOLVERS && lines.every(isSafeUrl)
    ? lines
    : refuse('two or more URLs of DNS over HTTPS, one a line, such as https://dns.google/dns-query');
};

export const mirrors: Parser<readonly MirrorAddress[]> = (raw) => {
  const what =
    'lines name=url, each name once: the URL of a pinning service, of Kubo (kubo+https://…) or of IPFS Cluster (cluster+https://…); http only for 127.0.0.1 and localhost';
  const parsed = linesOf(parseMirror, what)(raw);
  if (refusedFor(parsed) !== undefined) return parsed;
  const names = (parsed as readonly MirrorAddress[]).map((mirror) => mirror.name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  return twice === undefined ? parsed : refuse(`${what} ("${twice}" stands there twice)`);
};

export const mirrorTokens: Parser<ReadonlyMap<string, string>> = (raw) => {
  const tokens = splitLines(raw).map(parseMirrorToken);
  const known = tokens.filter((entry) => entry !== undefined);
  const names = new Set(known.map((entry) => entry.name));
  return known.length === tokens.length && names.size === known.length
    ? new Map(known.map((entry) => [entry.name, entry.token]))
    : refuse('lines name=token, each name once, the names those of mirrors');
};
