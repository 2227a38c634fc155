import * as v from 'valibot';
import { Refusal } from './answer.ts';
import type { Backend } from './backend.ts';
import { parseJson } from './json-body.ts';
import type { Network } from './store.ts';
import type { CidVersion } from './unixfs-import.ts';

/** What comes with an upload's bytes, whether as form fields, resumable metadata or signed beforehand. */
export interface UploadFields {
  readonly network: Network;
  readonly name: string | undefined;
  readonly groupId: string | null;
  readonly keyvalues: Readonly<Record<string, string>>;
  readonly cidVersion: CidVersion;
  readonly car: boolean;
  /** Unix seconds. */
  readonly expiresAt: number | null;
}

const cidVersions: readonly CidVersion[] = ['v0', 'v1', 'unixfs-v1-2025'];

/** Reads v3's upload fields. Throws 400 for a malformed one, 403 for what the plan does not allow. */
export function parseUploadFields(fields: ReadonlyMap<string, string>, backend: Backend): UploadFields {
  const car = fields.get('car') === 'true';
  if (car && backend.knobs.plan === 'free') throw new Refusal(403, 'CAR uploads require a paid plan');
  const network = parseNetwork(fields.get('network') ?? 'private');
  if (car && network === 'private') throw new Refusal(400, 'CAR uploads are only supported on the public network');
  if (network === 'private' && backend.knobs.plan !== 'enterprise') {
    throw new Refusal(403, 'Private files require an Enterprise plan');
  }
  const version = fields.get('cid_version') ?? 'v1';
  const cidVersion = cidVersions.find((known) => known === version);
  if (cidVersion === undefined) throw new Refusal(400, `cid_version is none of ${cidVersions.join(', ')}`);
  const keyvalues = fields.get('keyvalues');
  return {
    network,
    name: fields.get('name'),
    groupId: parseGroup(fields.get('group_id'), network, backend),
    keyvalues: keyvalues === undefined ? {} : parseKeyvalues(keyvalues),
    cidVersion,
    car,
    expiresAt: parseExpiry(fields.get('expires_at'), backend),
  };
}

/** Throws 400 for anything but the two networks, which are path segments of the files API too. */
export function parseNetwork(text: string): Network {
  if (text === 'public' || text === 'private') return text;
  throw new Refusal(400, 'network must be public or private');
}

function parseGroup(id: string | undefined, network: Network, backend: Backend): string | null {
  if (id === undefined || id === '') return null;
  const group = backend.store.groups.get(id);
  if (group?.network !== network) throw new Refusal(400, 'Group not found');
  return id;
}

export const expiryMessage = 'expires_at must be a unix timestamp in the future';

/** A time in unix seconds that lies ahead. Throws 400. */
export function parseExpiry(value: unknown, backend: Backend): number | null {
  if (value === undefined || value === null || value === '') return null;
  const seconds = Number(value);
  if (!Number.isInteger(seconds) || seconds * 1000 <= backend.clock.now().getTime()) {
    throw new Refusal(400, expiryMessage);
  }
  return seconds;
}

const flatMap = v.record(v.string(), v.string());
/** Some samples wrap the map once more. */
const keyvaluesSchema = v.union([
  flatMap,
  v.pipe(
    v.strictObject({ keyvalues: flatMap }),
    v.transform(({ keyvalues }) => keyvalues),
  ),
]);

/** The JSON text of a flat map of strings. Throws 400. */
function parseKeyvalues(text: string): Readonly<Record<string, string>> {
  return checkKeyvalues(parseJson(keyvaluesSchema, text));
}

const mostPairs = 10;
const mostCharacters = 250;

/** Throws 400 for more pairs or longer texts than Pinata keeps. */
export function checkKeyvalues(keyvalues: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const pairs = Object.entries(keyvalues);
  if (pairs.length > mostPairs) throw new Refusal(400, `keyvalues must have at most ${mostPairs} pairs`);
  const long = pairs.find((pair) => pair.some((text) => text.length >= mostCharacters));
  if (long !== undefined) throw new Refusal(400, `keyvalues.${long[0]} is too long`);
  return keyvalues;
}
