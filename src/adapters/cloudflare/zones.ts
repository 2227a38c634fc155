import { ActionError } from '../../domain/errors.ts';
import { parseJson, textAt } from '../../domain/json.ts';
import { isOwnLink, type NameTarget, parseNameTarget } from '../../domain/names.ts';
import type { DnsZones } from '../../ports.ts';
import type { Answer } from '../http/traffic.ts';
import type { CloudflareOptions } from './account.ts';
import { callCloudflare, sendCloudflare } from './calls.ts';
import { codesIn, DOING, explainCloudflare, isFine } from './errors.ts';
import { type DnsRecord, listRecords } from './records.ts';
import { isQuoted, parseContent, renderContent } from './txt-content.ts';
import { findZone } from './zone.ts';

/** Seconds: a name that is new should be followed soon after it moves. */
const NEW_TTL = 120;
const NEW_COMMENT = 'pinata-deploy';
/** A write is followed by a reading; more rounds mean that somebody else writes, too. */
const MAX_ROUNDS = 3;
const IDENTICAL_EXISTS = 81_058;

/** The zones that a token of Cloudflare may edit. Requests pass `traffic`. */
export function createCloudflareZones(options: CloudflareOptions): DnsZones {
  const known = new Map<string, Promise<string>>();
  const zoneOf = async (domain: string): Promise<Zone> => {
    const found = known.get(domain) ?? findZone(options, domain);
    known.set(domain, found);
    // What failed once may work the next time.
    found.catch(() => known.delete(domain));
    return { options, id: await found, domain, name: `_dnslink.${domain}` };
  };
  return {
    read: async (domain) => {
      const zone = await zoneOf(domain);
      return (await readLink(zone))?.target;
    },
    write: async (domain, path) => {
      const zone = await zoneOf(domain);
      for (let round = 1; round <= MAX_ROUNDS; round += 1) {
        if ((await step(zone, `dnslink=${path}`)) === 'done') return;
      }
      throw new ActionError('conflict', `The DNS record ${zone.name} did not keep what was written to it.`, {
        hint: 'Look whether something else writes this record, and run the job again.',
      });
    },
  };
}

interface Zone {
  readonly options: CloudflareOptions;
  readonly id: string;
  readonly domain: string;
  /** Of the records. */
  readonly name: string;
}

interface Link extends DnsRecord {
  readonly value: string;
  /** Undefined for a value that nobody can follow. */
  readonly target: NameTarget | undefined;
}

/** The one record that counts. Links to other systems and other people's values are none of it. */
async function readLink(zone: Zone): Promise<Link | undefined> {
  const records = await listRecords(zone.options, zone);
  refuseDelegated(zone, records);
  const [link, ...others] = linksIn(records);
  if (link !== undefined && others.length > 0) throw severalLinks(zone, [link, ...others]);
  return link;
}

function linksIn(records: readonly DnsRecord[]): readonly Link[] {
  return records
    .filter(({ type }) => type === 'TXT')
    .map((record) => ({ ...record, value: parseContent(record.content) }))
    .filter(({ value }) => isOwnLink(value))
    .map((record) => ({ ...record, target: parseNameTarget(record.value) }));
}

/** Looks, and writes what is missing. Answers `again` where only another look can tell what came of it. */
async function step(zone: Zone, value: string): Promise<'done' | 'again'> {
  const link = await readLink(zone);
  if (link === undefined) return await create(zone, value);
  return link.value === value ? 'done' : await change(zone, link, value);
}

/** Other content only: time to live, comment and tags stay what somebody made them. */
async function change({ options, id }: Zone, link: Link, value: string): Promise<'done' | 'again'> {
  const answer = await callCloudflare(options, DOING.write, {
    method: 'PATCH',
    path: `/zones/${id}/dns_records/${link.id}`,
    body: { content: isQuoted(link.content) ? renderContent(value) : value },
  });
  // Somebody took the record away meanwhile.
  if (answer.status === 404) return 'again';
  if (!isFine(answer)) throw explainCloudflare(answer, DOING.write);
  return 'done';
}

/**
 * A new record. Where an answer got lost the record may be there, and there must not be a second one: before it is sent
 * again, the records are read. Another run may have made one at the same time, so the last word has another look.
 */
async function create(zone: Zone, value: string): Promise<'again'> {
  const { options, id, name } = zone;
  const body = { type: 'TXT', name, content: renderContent(value), ttl: NEW_TTL, comment: NEW_COMMENT };
  let attempts = 0;
  const answer = await options.traffic.exchange(DOING.write, async (signal): Promise<Answer> => {
    attempts += 1;
    if (attempts > 1) {
      const path = `/zones/${id}/dns_records?name=${encodeURIComponent(name)}&type=TXT`;
      const present = await sendCloudflare(options, { method: 'GET', path, signal });
      if (!isFine(present) || present.body.includes('dnslink=')) return present;
    }
    return await sendCloudflare(options, { method: 'POST', path: `/zones/${id}/dns_records`, body, signal });
  });
  if (codesIn(answer).includes(IDENTICAL_EXISTS)) return 'again';
  if (!isFine(answer)) throw explainCloudflare(answer, DOING.write);
  // A list of what is there has no such name: only what was made now can be taken back.
  await refuseForeignZone(zone, answer);
  return 'again';
}

/** Cloudflare puts the zone's name behind a name that is not in the zone: `_dnslink.a.example.b.example` helps nobody. */
async function refuseForeignZone({ options, id, domain, name }: Zone, answer: Answer): Promise<void> {
  const made = parseJson(answer.body);
  const recordId = textAt(made, 'result', 'id') ?? '';
  const madeName = textAt(made, 'result', 'name')?.toLowerCase();
  if (madeName === undefined || madeName === name || !/^\w+$/.test(recordId)) return;
  await callCloudflare(options, DOING.remove, { method: 'DELETE', path: `/zones/${id}/dns_records/${recordId}` });
  throw new ActionError('input', `The zone in cloudflare-zone is not the one of ${domain}.`, {
    hint: `Give the id of the zone that ${domain} is in, or leave cloudflare-zone out.`,
  });
}

function refuseDelegated({ name }: Zone, records: readonly DnsRecord[]): void {
  const delegated = records.find(({ type }) => type === 'CNAME' || type === 'NS');
  if (delegated === undefined) return;
  const target = shown(delegated.content);
  throw new ActionError(
    'conflict',
    `${name} is a ${delegated.type} record that points to ${target}, so it has no value here.`,
    {
      hint: `Point dnslink at the domain that ${target} belongs to, or remove the ${delegated.type} record at Cloudflare.`,
    },
  );
}

function severalLinks({ name }: Zone, links: readonly Link[]): ActionError {
  const values = links.slice(0, 3).map(({ value }) => `"${shown(value)}"`);
  return new ActionError('conflict', `${name} has ${links.length} DNSLinks at once: ${values.join(', ')}.`, {
    hint: 'Remove all but one of these TXT records at Cloudflare; IPFS clients refuse a domain that has several.',
  });
}

/** Foreign text, printable and short. */
function shown(text: string): string {
  const safe = text.replace(/[^\x20-\x7e]+/g, '?');
  return safe.length > 120 ? `${safe.slice(0, 120)}…` : safe;
}
