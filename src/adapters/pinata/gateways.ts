import type { AccountGateway } from '../../domain/gateway.ts';
import type { Known } from '../../domain/github.ts';
import { listAt, parseJson, textAt, valueAt } from '../../domain/json.ts';
import type { Answer } from '../http/traffic.ts';
import type { PlainAccount } from './account.ts';
import { DOING } from './errors.ts';
import { isFine, send } from './plain-request.ts';

/** The second is the older one. */
const PATHS = ['/v3/gateways', '/v3/ipfs/gateways'] as const;

/** The account's own gateways. Fails as ActionError where the service does. */
export async function readAccountGateways(account: PlainAccount): Promise<Known<readonly AccountGateway[]>> {
  const answer = await ask(account);
  if (answer === undefined || [401, 403].includes(answer.status)) {
    return { kind: 'denied', reason: 'the key lacks the permission Gateways: Read' };
  }
  if (!isFine(answer)) throw account.traffic.policy.explain(answer, DOING.gateways.text);
  const rows = listAt(parseJson(answer.body), 'data', 'rows') ?? [];
  const hostOf = isLocal(account.apiUrl) ? anyHost : worldHost;
  return { kind: 'known', value: rows.flatMap((row) => parseGateway(row, hostOf)) };
}

/** Undefined where neither path is known. */
async function ask(account: PlainAccount): Promise<Answer | undefined> {
  for (const path of PATHS) {
    const answer = await send(account, 'gateways', { method: 'GET', url: `${account.apiUrl}${path}` });
    if (answer !== 'late' && answer.status !== 404) return answer;
  }
  return undefined;
}

type HostOf = typeof anyHost;

function parseGateway(row: unknown, hostOf: HostOf): readonly AccountGateway[] {
  const name = textAt(row, 'domain') ?? '';
  const domain = hostOf(/[.:]/.test(name) || name === '' ? name : `${name}.mypinata.cloud`);
  if (domain === undefined) return [];
  const customDomains = (listAt(row, 'custom_domains') ?? []).filter(isWorking).flatMap((custom) => {
    const host = hostOf(textAt(custom, 'domain') ?? '');
    return host === undefined ? [] : [host];
  });
  return [{ domain, restricted: valueAt(row, 'restrict') === true, customDomains }];
}

/** Both checks of the service are through; what it does not tell is not held against a domain. */
function isWorking(custom: unknown): boolean {
  return ['domain_validation_status', 'ssl_validation_status'].every(
    (status) => (textAt(custom, status) ?? 'active') === 'active',
  );
}

/** It becomes part of an address: a text that would be more than a host is none. */
function anyHost(name: string): string | undefined {
  return /^(?:[a-z0-9-]+(?:\.[a-z0-9-]+)*|\[::1\])(?::\d{1,5})?$/i.test(name) ? name.toLowerCase() : undefined;
}

/** A service in the world names domains there, and no place on this machine or beside it: the key goes there. */
function worldHost(name: string): string | undefined {
  const isName = /\.[a-z][a-z0-9-]*$/i.test(name) && !/\.(?:localhost|local|internal)$/i.test(name);
  return isName ? anyHost(name) : undefined;
}

function isLocal(url: string): boolean {
  return /^(?:127(?:\.\d{1,3}){3}|localhost|\[::1\])$/.test(new URL(url).hostname);
}
