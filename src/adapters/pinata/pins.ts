import { PinataSDK } from 'pinata';
import { type Cid, cidV0 } from '../../domain/cid.ts';
import { ActionError } from '../../domain/errors.ts';
import type { Network, Pin } from '../../domain/pin.ts';
import type { Pins } from '../../ports.ts';
import { pause, type Traffic } from '../http/traffic.ts';
import type { PinataAccount } from './account.ts';
import { answerBehind, DOING } from './errors.ts';
import { readAccountGateways } from './gateways.ts';
import { readUsage, unpinPin, updatePin } from './records.ts';
import { parsePage, parseRow } from './rows.ts';
import { readSwaps } from './swaps.ts';
import { uploadBuild } from './upload.ts';

/** The largest page that is known to be answered. */
const PAGE_SIZE = 100;
const MAX_PAGES = 1000;
const POLL_DELAYS_MS = [300, 700, 1000, 2000, 3000, 5000];

export interface PinataOptions {
  readonly jwt: string;
  readonly apiUrl: string;
  readonly uploadUrl: string;
  readonly network: Network;
  /** Domain of the account's gateway, where the user told it. */
  readonly gateway?: string | undefined;
  readonly traffic: Traffic;
}

/** The account behind a JWT as `Pins`. All its requests pass `traffic`. */
export function createPinataPins(options: PinataOptions): Pins {
  const { jwt, apiUrl, uploadUrl, network, traffic } = options;
  const sdk = new PinataSDK({ pinataJwt: jwt, endpointUrl: `${apiUrl}/v3`, uploadUrl: `${uploadUrl}/v3` });
  const account: PinataAccount = { ...options, sdk };
  const files = sdk.files[network];

  const list = (filter: Filter): Promise<readonly Pin[]> =>
    listAll((token) =>
      // A builder remembers its page token, so each page gets a new one.
      traffic.through(DOING.list.text, async () => {
        const query = files.list().limit(PAGE_SIZE).order('DESC');
        if (filter.cid !== undefined) query.cid(filter.cid);
        if (filter.keyvalues !== undefined) query.keyvalues(filter.keyvalues);
        if (token !== '') query.pageToken(token);
        return await query;
      }),
    );

  const read = async (id: string): Promise<Pin | undefined> => {
    try {
      return parseRow(await traffic.through(DOING.read.text, () => files.get(id))).pin;
    } catch (error) {
      if (answerBehind(error)?.status === 404) return undefined;
      throw error;
    }
  };

  // The filter compares text, and a record made with CIDv0 is stored under that text.
  const listSpelled = async (cid: Cid, text: string | undefined): Promise<readonly Pin[]> =>
    text === undefined ? [] : (await list({ cid: text })).filter((pin) => pin.cid === cid);

  const listByCid = async (cid: Cid): Promise<readonly Pin[]> => [
    ...(await listSpelled(cid, cid)),
    ...(await listSpelled(cid, cidV0(cid))),
  ];

  return {
    listByProject: async (project) => {
      const rows = await list({ keyvalues: { [project.key]: project.name } });
      // A filter that the service does not know is ignored and everything comes back.
      return rows.filter((pin) => pin.keyvalues[project.key] === project.name);
    },
    listByCid,
    read,
    update: (id, change, moment) => updatePin(account, { id, change, moment }),
    unpin: (id, moment) => unpinPin(account, { id, moment }),
    readSwaps: (cids) => readSwaps(account, cids),
    readGateways: () => readAccountGateways(account),
    readUsage: () => readUsage(account),
    upload: (order) => uploadBuild(account, order),
    waitUntilListed: (cid, pinId, before) =>
      waitUntilListed({ cid, pinId, before, listByCid, read, deadline: traffic.policy.deadline }),
  };
}

interface Filter {
  readonly cid?: string;
  readonly keyvalues?: Record<string, string>;
}

async function listAll(page: (token: string) => Promise<unknown>): Promise<readonly Pin[]> {
  const pins = new Map<string, Pin>();
  const seen = new Set<string>();
  let token = '';
  do {
    const { pins: rows, nextToken } = parsePage(await page(token));
    for (const pin of rows) pins.set(pin.id, pin);
    token = nextToken;
    // A token that comes again would go round for ever.
    if (seen.has(token)) break;
    seen.add(token);
  } while (token !== '' && seen.size < MAX_PAGES);
  return [...pins.values()];
}

interface Wait {
  readonly cid: Cid;
  readonly pinId: string | undefined;
  readonly before: 'seen' | undefined;
  readonly listByCid: Pins['listByCid'];
  readonly read: Pins['read'];
  readonly deadline: AbortSignal;
}

/** So long the row of an upload's own id is waited for, while another of the same CID is listed. */
const OWN_ROW_PATIENCE_MS = 15_000;

async function waitUntilListed({ cid, pinId, before, listByCid, read, deadline }: Wait): Promise<Pin | undefined> {
  const began = performance.now();
  let seen = before === 'seen';
  for (let round = 0; !deadline.aborted; round += 1) {
    const rows = await listByCid(cid).catch((error: unknown) => {
      if (deadline.aborted) return [];
      throw error;
    });
    const patient = pinId !== undefined && performance.now() - began < OWN_ROW_PATIENCE_MS;
    const pin = rows.find((row) => row.id === pinId) ?? (patient ? undefined : rows[0]);
    if (pin !== undefined) return pin;
    const isThere = pinId !== undefined && (await read(pinId)) !== undefined;
    if (seen && !isThere) return undefined;
    seen = isThere;
    await pause(POLL_DELAYS_MS[Math.min(round, POLL_DELAYS_MS.length - 1)] ?? 0, deadline).catch(() => {});
  }
  throw new ActionError('network', `Pinata took the upload but did not list ${cid} before timeout was over.`, {
    hint: 'It may still be importing, or the import failed: look at the files in the Pinata app, then run the job again.',
  });
}
