import * as v from 'valibot';
import type { Answer } from './answer.ts';
import type { Backend } from './backend.ts';
import { requireZone } from './cloudflare-auth.ts';
import { CloudflareRefusal } from './cloudflare-refusal.ts';
import { type CloudflareCall, result, resultPage } from './cloudflare-route.ts';
import { parseStrings, showContent } from './dns-content.ts';
import { type DnsRecord, type DnsZone, dnsRecordTypes } from './dns-records.ts';
import { readJson } from './json-body.ts';

const fields = {
  type: v.picklist(dnsRecordTypes),
  name: v.pipe(v.string(), v.nonEmpty(), v.maxLength(255)),
  content: v.pipe(v.string(), v.nonEmpty(), v.maxLength(2048)),
  ttl: v.optional(v.number(), 1),
  comment: v.optional(v.nullable(v.pipe(v.string(), v.maxLength(100))), null),
  tags: v.optional(v.array(v.string()), []),
};
const newRecord = v.object(fields);
const change = v.object({
  type: v.optional(fields.type),
  name: v.optional(fields.name),
  content: v.optional(fields.content),
  ttl: v.optional(v.number()),
  comment: v.optional(v.nullable(v.pipe(v.string(), v.maxLength(100)))),
  tags: v.optional(v.array(v.string())),
});

/** Filters that it does not know are ignored. */
export function listRecords(call: CloudflareCall, backend: Backend): Answer {
  const zone = requireZone(call, 'read', backend);
  const { searchParams } = call.url;
  const [name, type] = [searchParams.get('name') ?? searchParams.get('name.exact'), searchParams.get('type')];
  const found = recordsIn(zone, backend)
    .filter((record) => name === null || record.name === name.toLowerCase())
    .filter((record) => type === null || record.type === type);
  return resultPage(
    found.map((record) => renderRecord(record, backend)),
    call.url,
  );
}

export async function addRecord(call: CloudflareCall, backend: Backend): Promise<Answer> {
  const zone = requireZone(call, 'edit', backend);
  const given = await readJson(newRecord, call.body);
  const now = backend.clock.now().getTime();
  const record = { ...given, id: newRecordId(backend), zoneId: zone.id, createdAt: now, modifiedAt: now };
  return result(renderRecord(putRecord(record, zone, backend), backend));
}

export function showRecord(call: CloudflareCall, backend: Backend): Answer {
  return result(renderRecord(findRecord(call, requireZone(call, 'read', backend), backend), backend));
}

/** What is not given stays as it is. */
export async function changeRecord(call: CloudflareCall, backend: Backend): Promise<Answer> {
  const zone = requireZone(call, 'edit', backend);
  const before = findRecord(call, zone, backend);
  const given = Object.entries(await readJson(change, call.body)).filter(([, value]) => value !== undefined);
  const record: DnsRecord = {
    ...before,
    ...(Object.fromEntries(given) as Partial<DnsRecord>),
    modifiedAt: backend.clock.now().getTime(),
  };
  return result(renderRecord(putRecord(record, zone, backend), backend));
}

export function removeRecord(call: CloudflareCall, backend: Backend): Answer {
  const { id } = findRecord(call, requireZone(call, 'edit', backend), backend);
  backend.store.dns.records.remove(id);
  return result({ id });
}

/** Checks a record like the service and keeps it. A name outside of the zone gets the zone's name behind it. */
export function putRecord(given: DnsRecord, zone: DnsZone, backend: Backend): DnsRecord {
  const record = { ...given, name: nameIn(zone, given.name) };
  if (record.ttl !== 1 && !(record.ttl >= 60 && record.ttl <= 86_400)) {
    throw new CloudflareRefusal(400, [9021, 'Invalid TTL. Must be between 60 and 86400 seconds, or 1 for Automatic.']);
  }
  if (record.type === 'TXT' && parseStrings(record.content) === undefined) {
    throw new CloudflareRefusal(
      400,
      [1004, 'DNS Validation Error'],
      [[9207, 'Content for TXT record has unbalanced quotes.']],
    );
  }
  const others = recordsIn(zone, backend).filter(({ id, name }) => id !== record.id && name === record.name);
  refuseClash(record, others);
  backend.store.dns.records.put(record);
  return record;
}

function refuseClash(record: DnsRecord, others: readonly DnsRecord[]): void {
  const isValue = ({ type }: DnsRecord): boolean => type === 'TXT' || type === 'NS';
  if (others.some(({ type }) => type === 'CNAME')) {
    throw new CloudflareRefusal(400, [81_054, 'A CNAME record with that host already exists.']);
  }
  if (record.type === 'CNAME' && others.some((other) => !isValue(other))) {
    throw new CloudflareRefusal(400, [81_053, 'An A, AAAA, or CNAME record with that host already exists.']);
  }
  const same = others.find(
    ({ type, content }) => type === record.type && showContent(content, 'off') === showContent(record.content, 'off'),
  );
  if (same !== undefined) throw new CloudflareRefusal(400, [81_058, 'An identical record already exists.']);
}

function nameIn({ name: zone }: DnsZone, given: string): string {
  const name = given.toLowerCase().replace(/\.$/, '');
  if (name === '@' || name === zone) return zone;
  return name.endsWith(`.${zone}`) ? name : `${name}.${zone}`;
}

function findRecord({ params }: CloudflareCall, zone: DnsZone, { store }: Backend): DnsRecord {
  const record = store.dns.records.get(params.record ?? '');
  if (record?.zoneId === zone.id) return record;
  throw new CloudflareRefusal(404, [81_044, 'Record does not exist.']);
}

function recordsIn({ id }: DnsZone, { store }: Backend): readonly DnsRecord[] {
  return store.dns.records.all().filter(({ zoneId }) => zoneId === id);
}

/** Ids sort by creation, as all here do. */
export function newRecordId(backend: Backend): string {
  return backend.newId().replaceAll('-', '');
}

function renderRecord({ id, type, name, content, ttl, comment, tags, ...times }: DnsRecord, backend: Backend): object {
  return {
    id,
    name,
    type,
    content: type === 'TXT' ? showContent(content, backend.knobs.txtQuotes) : content,
    proxiable: type === 'A' || type === 'AAAA' || type === 'CNAME',
    proxied: false,
    ttl,
    settings: {},
    meta: {},
    comment,
    tags,
    created_on: new Date(times.createdAt).toISOString(),
    modified_on: new Date(times.modifiedAt).toISOString(),
  };
}
