import type { LoggedRequest } from '../../emulator/request-log.ts';
import type { EmulatorAddress } from '../../emulator/server.ts';
import type { EmulatorState, TestEmulator } from './emulator.ts';
import { oracleCar } from './oracle-cid.ts';

/** The `with:` block that deploys `path` to an emulator, with `more` over it. */
export function deployInputs(
  emulator: EmulatorAddress,
  path: string,
  more: Readonly<Record<string, string>> = {},
): Record<string, string> {
  return {
    path,
    'pinata-jwt': emulator.jwt,
    'pinata-api-url': emulator.apiUrl,
    'pinata-upload-url': emulator.uploadUrl,
    gateways: `${emulator.gatewayUrl}/ipfs/{cid}`,
    'block-gateways': 'none',
    comment: 'false',
    deployment: 'false',
    'verify-timeout': '5s',
    'requests-per-minute': '600',
    ...more,
  };
}

/** The live pins of a CID on the emulator, oldest first. */
export async function pinsOf(emulator: TestEmulator, cid: string | undefined): Promise<EmulatorState['records']> {
  return (await emulator.state()).records.filter((pin) => pin.root === cid);
}

/** Keyvalues with `TIME` for every unix time, so that they can be compared whole. */
export function withoutTimes(keyvalues: Readonly<Record<string, string>> = {}): Record<string, string> {
  return Object.fromEntries(
    Object.entries(keyvalues).map(([key, value]) => [
      key,
      value.replace(/^\d{10} (?=[0-9a-f]{7}$)/, 'TIME ').replace(/(?<=^| )(\d+)@\d{10}(?= |$)/g, '$1@TIME'),
    ]),
  );
}

/** The requests to Pinata that can change something. */
export async function writesTo(emulator: TestEmulator): Promise<readonly LoggedRequest[]> {
  const requests = await emulator.requests();
  return requests.filter(({ host, method }) => host !== 'gateway' && method !== 'GET' && method !== 'HEAD');
}

/** The requests that carry content. */
export async function uploadsTo(emulator: TestEmulator): Promise<readonly LoggedRequest[]> {
  const writes = await writesTo(emulator);
  return writes.filter(({ host, path }) => host === 'upload' || path.startsWith('/pinning/'));
}

/** Pins bytes as another tool would: one multipart upload by the files API. Answers the row. */
export async function pinFromOutside(
  emulator: TestEmulator,
  upload: { readonly car: Uint8Array<ArrayBuffer>; readonly keyvalues?: Readonly<Record<string, string>> },
): Promise<{ readonly id: string; readonly cid: string }> {
  const form = new FormData();
  form.append('network', 'public');
  form.append('car', 'true');
  form.append('name', 'outside');
  form.append('keyvalues', JSON.stringify(upload.keyvalues ?? {}));
  form.append('file', new Blob([upload.car]), 'outside.car');
  const headers = { authorization: `Bearer ${emulator.jwt}` };
  const response = await fetch(`${emulator.uploadUrl}/v3/files`, { method: 'POST', headers, body: form });
  if (!response.ok) throw new Error(`The emulator refused the upload: ${await response.text()}`);
  return ((await response.json()) as { data: { id: string; cid: string } }).data;
}

/** Pins a site as an earlier run left it, without starting one: the pairs are schema 1 (docs/tags.md). */
export async function plantPin(
  emulator: TestEmulator,
  site: { readonly files: Readonly<Record<string, string>>; readonly keyvalues?: Readonly<Record<string, string>> },
): Promise<{ readonly id: string; readonly cid: string }> {
  const contents = Object.entries(site.files).map(([path, text]) => [path, Buffer.from(text)] as const);
  const car = await oracleCar(new Map(contents));
  return await pinFromOutside(emulator, {
    car,
    ...(site.keyvalues === undefined ? {} : { keyvalues: site.keyvalues }),
  });
}

/** Unix seconds, so many seconds ago, as they stand on pins. */
export function secondsAgo(seconds: number): number {
  return Math.floor(Date.now() / 1000) - seconds;
}
