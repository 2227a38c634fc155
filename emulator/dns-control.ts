import * as v from 'valibot';
import { type Answer, json } from './answer.ts';
import type { Backend } from './backend.ts';
import { newRecordId, putRecord } from './cloudflare-records.ts';
import { CloudflareRefusal, renderRefusal } from './cloudflare-refusal.ts';
import { dnsRecordTypes } from './dns-records.ts';
import { readJson } from './json-body.ts';
import type { Call } from './route.ts';

const zoneSchema = v.strictObject({
  zone: v.pipe(v.string(), v.nonEmpty(), v.toLowerCase()),
  status: v.optional(v.picklist(['active', 'pending']), 'active'),
  /** Names are relative to the zone, unless they end with it. */
  records: v.optional(
    v.array(
      v.strictObject({
        type: v.optional(v.picklist(dnsRecordTypes), 'TXT'),
        name: v.string(),
        content: v.string(),
        ttl: v.optional(v.number(), 120),
        comment: v.optional(v.nullable(v.string()), null),
        tags: v.optional(v.array(v.string()), []),
      }),
    ),
    [],
  ),
});

/** Makes a zone, or replaces the records of the one with this name. */
export type ZoneRequest = v.InferInput<typeof zoneSchema>;

/** `POST /__emulator/dns`; answers the zone's id and its records. */
export async function setZone(call: Call, backend: Backend): Promise<Answer> {
  const { zone: name, status, records } = await readJson(zoneSchema, call.body);
  const { dns } = backend.store;
  const id = dns.zones.all().find((zone) => zone.name === name)?.id ?? newRecordId(backend);
  const zone = { id, name, status };
  dns.zones.put(zone);
  for (const record of dns.records.all()) if (record.zoneId === id) dns.records.remove(record.id);
  const now = backend.clock.now().getTime();
  try {
    const made = records.map((record) => {
      const full = { ...record, id: newRecordId(backend), zoneId: id, createdAt: now, modifiedAt: now };
      return putRecord(full, zone, backend);
    });
    return json(200, { zoneId: id, records: made });
  } catch (error) {
    if (error instanceof CloudflareRefusal) return renderRefusal(error);
    throw error;
  }
}

const tokenSchema = v.strictObject({
  permissions: v.optional(v.array(v.picklist(['zone:read', 'dns:read', 'dns:edit'])), []),
  zones: v.optional(v.array(v.string()), []),
});

/** A token of the Cloudflare account with just these permissions, for all zones unless some are named. */
export type DnsTokenRequest = v.InferInput<typeof tokenSchema>;

/** `POST /__emulator/dns/tokens`. */
export async function addDnsToken(call: Call, backend: Backend): Promise<Answer> {
  return json(200, { token: backend.dnsTokens.add(await readJson(tokenSchema, call.body)).id });
}
