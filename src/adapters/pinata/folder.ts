import { parseCid } from '../../domain/cid.ts';
import { ActionError } from '../../domain/errors.ts';
import { parseJson, textAt, valueAt } from '../../domain/json.ts';
import type { Build, Content } from '../../domain/listing.ts';
import type { Network } from '../../domain/pin.ts';
import type { Upload, UploadOrder } from '../../ports.ts';
import { type FilePart, multipartBody } from '../http/multipart.ts';
import { sendStreamed } from '../http/stream.ts';
import { type Answer, requireJson } from '../http/traffic.ts';
import type { PinataAccount } from './account.ts';
import { DOING } from './errors.ts';
import { parseRow } from './rows.ts';

/** All parts share this first segment; Pinata takes it off. */
const FOLDER = 'build';
/** Larger bodies are refused by the upload host. */
const PRESIGNED_BYTES = 100 * 1000 * 1000;
const LEGACY_BYTES = 25 * 1000 ** 3;
const SIGNED_FOR_SECONDS = 3600;

/**
 * Uploads the files as one multipart body, made while it is sent: to a presigned URL up to 100 MB, above that to the
 * legacy endpoint. Pinata builds the DAG, so the CID is known only as far as its folder rules are (`pinata-folder`).
 */
export async function uploadFolder(
  account: PinataAccount,
  order: UploadOrder,
  groupId: string | undefined,
): Promise<Upload> {
  const parts = partsOf(order.content, order.build, account.network);
  refuseImpossible(account, parts);
  const multipart: Multipart = { account, order, parts, groupId };
  return fitsPresigned(parts) ? await uploadPresigned(multipart) : await uploadLegacy(multipart);
}

interface Multipart {
  readonly account: PinataAccount;
  readonly order: UploadOrder;
  readonly parts: readonly FilePart[];
  readonly groupId: string | undefined;
}

function partsOf(content: Content, { listing, readFile }: Build, network: Network): readonly FilePart[] {
  if (content.kind === 'car' || readFile === undefined) {
    throw new ActionError(
      'quota',
      'A .car file can only be uploaded as a CAR, which this account or network does not allow.',
      {
        hint: 'Use a paid plan on the public network, or give path the directory instead of its CAR.',
      },
    );
  }
  if (content.kind === 'directory' && listing.size === 1) {
    throw new ActionError(
      'content',
      'A directory with a single file cannot be uploaded as a folder: Pinata would store the file without its directory.',
      {
        hint:
          network === 'private'
            ? 'Add a second file, or give path the file itself: the private network takes no CARs.'
            : 'Add a second file, give path the file itself, or use a plan that imports CARs.',
      },
    );
  }
  const prefix = content.kind === 'directory' ? `${FOLDER}/` : '';
  return [...listing].map(([path, { bytes }]) => ({ name: `${prefix}${path}`, bytes, read: () => readFile(path) }));
}

/** The whole body counts. */
function bodyBytes(parts: readonly FilePart[]): number {
  return multipartBody([], parts).bytes;
}

function fitsPresigned(parts: readonly FilePart[]): boolean {
  return bodyBytes(parts) <= PRESIGNED_BYTES;
}

function refuseImpossible(account: PinataAccount, parts: readonly FilePart[]): void {
  // A multipart header writes these three as %22, %0D and %0A, and the service keeps it so.
  const unsafe = parts.find((part) => /["\r\n]/.test(part.name));
  if (unsafe !== undefined) {
    throw new ActionError('content', `A folder upload cannot carry the name ${JSON.stringify(unsafe.name)}.`, {
      hint: 'Rename the file, or use a plan that imports CARs.',
    });
  }
  const bytes = bodyBytes(parts);
  if (bytes > LEGACY_BYTES) {
    throw new ActionError('quota', `The folder has ${bytes} bytes; Pinata takes at most 25 GB at once.`, {
      hint: 'Split it, or leave files out with exclude.',
    });
  }
  if (account.network === 'private' && bytes > PRESIGNED_BYTES) {
    throw new ActionError(
      'quota',
      `The folder takes ${bytes} bytes to send; a private folder may have at most 100 MB.`,
      {
        hint: 'Split it, or use network: public.',
      },
    );
  }
}

async function uploadPresigned(multipart: Multipart): Promise<Upload> {
  const { account } = multipart;
  // The URL works once: after an answer that got lost the next attempt meets 409 and needs a new one.
  let sentBytes = 0;
  for (let round = 1; ; round += 1) {
    const url = await signUrl(multipart);
    const { answer, sentBytes: sent } = await post(multipart, {
      url,
      fields: [],
      headers: {},
      doing: DOING.upload.text,
    });
    sentBytes += sent;
    if (answer.status === 409 && round < 3) continue;
    if (answer.status >= 300) throw account.traffic.policy.explain(answer, DOING.upload.text);
    const { pin, duplicate } = parseRow(valueAt(parseJson(answer.body), 'data'));
    return { kind: 'uploaded', cid: pin.cid, pinId: pin.id, duplicate, sentBytes };
  }
}

async function signUrl({ account, order, groupId }: Multipart): Promise<string> {
  const url: unknown = await account.traffic.through(DOING.sign.text, () =>
    account.sdk.upload[account.network].createSignedURL({
      expires: SIGNED_FOR_SECONDS,
      name: order.name,
      keyvalues: { ...order.keyvalues },
      ...(groupId === undefined ? {} : { groupId }),
      ...(order.content.kind === 'directory' ? { forDirectory: true } : {}),
    }),
  );
  if (typeof url === 'string' && URL.canParse(url)) return url;
  throw new ActionError('network', `Pinata answered no URL when asked to ${DOING.sign.text}.`, {
    hint: 'Run the job again.',
  });
}

/** Not through the SDK: it holds all files in memory and drops `isDuplicate`. */
async function uploadLegacy(multipart: Multipart): Promise<Upload> {
  const { account, order, groupId } = multipart;
  const doing = DOING.uploadLegacy.text;
  const { answer, sentBytes } = await post(multipart, {
    url: `${account.apiUrl}/pinning/pinFileToIPFS`,
    headers: { authorization: `Bearer ${account.jwt}` },
    fields: [
      ['pinataMetadata', JSON.stringify({ name: order.name, keyvalues: order.keyvalues })],
      ['pinataOptions', JSON.stringify({ cidVersion: 1, ...(groupId === undefined ? {} : { groupId }) })],
    ],
    doing,
  });
  if (answer.status >= 300) throw largeFolderError(multipart, answer);
  const body = parseJson(answer.body);
  const cid = textAt(body, 'IpfsHash');
  if (cid === undefined) throw new ActionError('network', `Pinata's answer when asked to ${doing} has no CID.`);
  return {
    kind: 'uploaded',
    cid: parseCid(cid),
    pinId: textAt(body, 'ID'),
    duplicate: valueAt(body, 'isDuplicate') === true,
    sentBytes,
  };
}

function largeFolderError({ account, parts }: Multipart, answer: Answer): ActionError {
  const error = account.traffic.policy.explain(answer, DOING.uploadLegacy.text);
  if (answer.status !== 403) return error;
  return new ActionError(
    error.kind,
    `${error.message} The folder takes ${(bodyBytes(parts) / 1e6).toFixed(1)} MB to send, and what is over 100 MB needs it where the plan does not import CARs.`,
    {
      hint: `${error.hint ?? ''} Or use a paid plan, which takes CARs of up to 25 GB.`.trim(),
      cause: answer,
    },
  );
}

interface Post {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly fields: readonly (readonly [string, string])[];
  readonly doing: string;
}

async function post(
  multipart: Multipart,
  { url, headers, fields, doing }: Post,
): Promise<{ answer: Answer; sentBytes: number }> {
  const { account, order, parts } = multipart;
  let sentBytes = 0;
  const answer = await account.traffic.exchange(doing, async (signal) => {
    const body = multipartBody(fields, parts);
    let before = 0;
    const onSent = (sent: number): void => {
      sentBytes += sent - before;
      before = sent;
      order.onProgress(sent, body.bytes);
    };
    const sending = {
      method: 'POST',
      url,
      headers: { ...headers, 'content-type': body.contentType },
      body,
      signal,
      onSent,
    };
    return requireJson(await sendStreamed(sending));
  });
  return { answer, sentBytes };
}
