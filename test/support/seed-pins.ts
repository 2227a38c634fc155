import { CID } from 'multiformats/cid';
import * as raw from 'multiformats/codecs/raw';
import { sha256 } from 'multiformats/hashes/sha2';
import type { RecordsRequest } from '../../emulator/record-control.ts';
import type { LoggedRequest } from '../../emulator/request-log.ts';
import type { EmulatorAddress } from '../../emulator/server.ts';
import type { Controls, EmulatorState } from './emulator.ts';
import { projectKey } from './oracle-cid.ts';

/** An emulator in whatever process. */
export type AnyEmulator = EmulatorAddress & Controls;
export type PinOnRecord = EmulatorState['records'][number];
type Pairs = Readonly<Record<string, string | null>>;

/** The CID of a file with this text: content that differs for every text. */
export async function cidOfText(text: string): Promise<string> {
  return CID.createV1(raw.code, await sha256.digest(new TextEncoder().encode(text))).toString();
}

/** Makes records without content. Answers their ids in the same order. */
export async function seedPins(
  { apiUrl }: EmulatorAddress,
  records: RecordsRequest['records'],
): Promise<readonly string[]> {
  const response = await fetch(`${apiUrl}/__emulator/records`, { method: 'POST', body: JSON.stringify({ records }) });
  if (!response.ok) throw new Error(`The emulator refused the records: ${await response.text()}`);
  return ((await response.json()) as { ids: readonly string[] }).ids;
}

/** Changes a pin as somebody else with the account's key would. */
export async function editPin(
  to: EmulatorAddress,
  id: string,
  change: { readonly keyvalues?: Pairs; readonly expires_at?: number },
): Promise<void> {
  await callPin(to, id, { method: 'PUT', body: JSON.stringify(change) });
}

/** Removes a pin as somebody else with the account's key would. */
export async function removePin(to: EmulatorAddress, id: string): Promise<void> {
  await callPin(to, id, { method: 'DELETE' });
}

async function callPin({ apiUrl, jwt }: EmulatorAddress, id: string, request: RequestInit): Promise<void> {
  const headers = { authorization: `Bearer ${jwt}` };
  const response = await fetch(`${apiUrl}/v3/files/public/${id}`, { ...request, headers });
  if (!response.ok) throw new Error(`The emulator refused to change the pin ${id}: ${await response.text()}`);
}

/** Lets the account's gateway answer `from` with the content of `to`. */
export async function swap({ apiUrl, jwt }: EmulatorAddress, from: string, to: string): Promise<void> {
  const response = await fetch(`${apiUrl}/v3/files/public/swap/${from}`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${jwt}` },
    body: JSON.stringify({ swapCid: to }),
  });
  if (!response.ok) throw new Error(`The emulator refused the swap: ${await response.text()}`);
}

const DAY_S = 86_400;

/** Unix seconds so many days ago. */
export function daysAgo(days: number): number {
  return Math.floor(Date.now() / 1000 - days * DAY_S);
}

/** The pairs of a project's pin: tags with their ages in days, `previews` by number, `released` in days. */
export function pairsOf(
  project: string,
  marks: {
    readonly tags?: Readonly<Record<string, number>>;
    readonly previews?: Readonly<Record<number, number>>;
    readonly released?: number;
  },
): Record<string, string> {
  const key = projectKey(project);
  const previews = Object.entries(marks.previews ?? {}).map(([number, days]) => `${number}@${daysAgo(days)}`);
  return {
    [key]: project,
    ...Object.fromEntries(
      Object.entries(marks.tags ?? {}).map(([tag, days]) => [`${key}.${tag}`, `${daysAgo(days)} 1234567`]),
    ),
    ...(previews.length === 0 ? {} : { [`${key}.previews`]: previews.join(' ') }),
    ...(marks.released === undefined ? {} : { [`${key}.released`]: String(daysAgo(marks.released)) }),
  };
}

/** Contents of a project without anything behind them, by name: the CID of each, and its pin's id. */
export async function seedProject(
  to: AnyEmulator,
  project: string,
  contents: Readonly<Record<string, Parameters<typeof pairsOf>[1]>>,
): Promise<Readonly<Record<string, string>>> {
  const cids: Record<string, string> = {};
  for (const name of Object.keys(contents)) cids[name] = await cidOfText(`${project} ${name}`);
  await seedPins(
    to,
    Object.entries(contents).map(([name, marks]) => ({
      cid: cids[name] ?? '',
      name,
      keyvalues: pairsOf(project, marks),
    })),
  );
  return cids;
}

/** The live pins of a project, by their names. */
export async function namesOf(to: Controls, project: string): Promise<readonly string[]> {
  const { records } = await to.state();
  const key = projectKey(project);
  return records
    .filter(({ keyvalues }) => keyvalues[key] === project)
    .map(({ name }) => name)
    .toSorted();
}

/** Makes all marks of a content, of whatever project, so many days older: as if the runs that wrote them were long ago. */
export async function ageMarks(to: AnyEmulator, cid: string | undefined, days: number): Promise<void> {
  for (const { id, keyvalues } of await pinned(to, cid)) {
    const own = Object.entries(keyvalues).filter(([key]) => key.startsWith('pd1.'));
    const aged = own.map(([key, value]) => [
      key,
      value.replaceAll(/\b1\d{9}\b/g, (at) => String(Number(at) - days * DAY_S)),
    ]);
    await editPin(to, id, { keyvalues: Object.fromEntries(aged) as Record<string, string> });
  }
}

/** The requests to Pinata that can change something; what GitHub is asked is none of them. */
export async function pinataWrites(to: Controls): Promise<readonly LoggedRequest[]> {
  const requests = [...(await to.requests({ host: 'api' })), ...(await to.requests({ host: 'upload' }))];
  return requests.filter(({ method }) => method !== 'GET' && method !== 'HEAD');
}

/** The live pins of a CID, oldest first. */
export async function pinned(to: Controls, cid: string | undefined): Promise<readonly PinOnRecord[]> {
  return (await to.state()).records.filter(({ root }) => root === cid);
}

/** The status that the gateway answers a CID with. */
export async function servedStatus({ gatewayUrl }: EmulatorAddress, cid: string | undefined): Promise<number> {
  const response = await fetch(`${gatewayUrl}/ipfs/${cid}/`);
  await response.arrayBuffer();
  return response.status;
}
