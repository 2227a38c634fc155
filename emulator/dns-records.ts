/** What an API token of Cloudflare may do. */
export interface DnsGrants {
  readonly permissions: readonly DnsPermission[];
  /** Names of zones; all when none is given. */
  readonly zones: readonly string[];
}

export type DnsPermission = 'zone:read' | 'dns:read' | 'dns:edit';

export interface DnsToken extends DnsGrants {
  /** The token itself. */
  readonly id: string;
  /** Stands for the token in the request log. */
  readonly label: string;
}

/** A zone of the account: a domain whose records are kept here. */
export interface DnsZone {
  /** 32 hexadecimal digits. */
  readonly id: string;
  readonly name: string;
  readonly status: 'active' | 'pending';
}

export interface DnsRecord {
  readonly id: string;
  readonly zoneId: string;
  readonly type: DnsRecordType;
  /** Lower case, with the zone's name at its end. */
  readonly name: string;
  /** As it was sent; a TXT value may stand in quotes. */
  readonly content: string;
  /** Seconds; 1 leaves it to the service. */
  readonly ttl: number;
  readonly comment: string | null;
  readonly tags: readonly string[];
  /** Milliseconds. */
  readonly createdAt: number;
  readonly modifiedAt: number;
}

export const dnsRecordTypes = ['TXT', 'CNAME', 'A', 'AAAA', 'NS'] as const;
export type DnsRecordType = (typeof dnsRecordTypes)[number];
