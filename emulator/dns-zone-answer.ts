import { Packet } from 'dns2';
import type { Backend } from './backend.ts';
import { parseStrings } from './dns-content.ts';
import type { DnsRecord, DnsZone } from './dns-records.ts';

/** One record of an answer, before it is bytes. */
export interface ZoneRecord {
  readonly name: string;
  readonly type: DnsRecord['type'];
  /** Seconds. */
  readonly ttl: number;
  /** As the zone keeps it. */
  readonly content: string;
}

export interface ZoneAnswer {
  readonly rcode: number;
  /** Aliases first, each followed by what it leads to. */
  readonly answers: readonly ZoneRecord[];
  /** How long it may be kept that there is nothing (RFC 2308); undefined where there is something. */
  readonly soa: { readonly name: string; readonly ttl: number } | undefined;
}

/** Seconds that the service takes for a record that leaves it to the service, and for what is not there. */
const automaticTtl = 300;
const negativeTtl = 1800;
const maxAliases = 8;

interface Asked {
  readonly name: string;
  readonly type: string;
}

/** What the account's zones say: REFUSED for names of other people's zones. */
export function answerFromZones({ name, type }: Asked, backend: Backend): ZoneAnswer {
  const answers: ZoneRecord[] = [];
  let owner = canonical(name);
  for (let steps = 0; steps <= maxAliases; steps += 1) {
    const zone = zoneOf(owner, backend);
    // An alias may lead out of the account's zones: the rest is for the one who asks.
    if (zone === undefined) return { rcode: steps === 0 ? Packet.RCODE.REFUSED : 0, answers, soa: undefined };
    const { found, alias } = recordsAt({ name: owner, type }, zone, backend);
    answers.push(...found);
    if (found.length > 0) return { rcode: 0, answers, soa: undefined };
    if (alias === undefined) return { rcode: absence(owner, zone, backend), answers, soa: soaOf(zone) };
    answers.push(alias);
    owner = canonical(alias.content);
  }
  return { rcode: Packet.RCODE.SERVFAIL, answers: [], soa: undefined };
}

function canonical(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}

function recordsAt(
  { name, type }: Asked,
  zone: DnsZone,
  backend: Backend,
): { readonly found: readonly ZoneRecord[]; readonly alias: ZoneRecord | undefined } {
  const here = backend.store.dns.records
    .all()
    .filter((record) => record.name === name && record.zoneId === zone.id)
    .map((record) => shown(record));
  return { found: here.filter((one) => one.type === type), alias: here.find((one) => one.type === 'CNAME') };
}

function soaOf({ name }: DnsZone): NonNullable<ZoneAnswer['soa']> {
  return { name, ttl: negativeTtl };
}

/** The zone with the longest name; a pending one is not delegated here. */
function zoneOf(name: string, { store }: Backend): DnsZone | undefined {
  return store.dns.zones
    .all()
    .filter((zone) => zone.status === 'active' && (name === zone.name || name.endsWith(`.${zone.name}`)))
    .toSorted((left, right) => right.name.length - left.name.length)[0];
}

/** A name with anything at or below it is there, only without what was asked for. */
function absence(owner: string, { id, name }: DnsZone, { store }: Backend): number {
  const isThere = (record: DnsRecord): boolean => record.name === owner || record.name.endsWith(`.${owner}`);
  const exists = owner === name || store.dns.records.all().some((record) => record.zoneId === id && isThere(record));
  return exists ? Packet.RCODE.NOERROR : Packet.RCODE.NXDOMAIN;
}

function shown({ name, type, ttl, content }: DnsRecord): ZoneRecord {
  return { name, type, content, ttl: ttl === 1 ? automaticTtl : ttl };
}

/** The fields that the wire format has for a record's type. */
export function renderRecordFields({ type, content }: ZoneRecord): object {
  if (type === 'TXT') return { data: parseStrings(content) ?? [content] };
  if (type === 'CNAME') return { domain: content };
  return type === 'NS' ? { ns: content } : { address: content };
}
