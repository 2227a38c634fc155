import { type HttpRequest, type HttpResponse, type HttpStack, Upload as TusUpload } from 'tus-js-client';
import { parseCid } from '../../domain/cid.ts';
import { ActionError, asActionError } from '../../domain/errors.ts';
import type { CarSource } from '../../domain/listing.ts';
import type { Upload, UploadOrder } from '../../ports.ts';
import { retryDelayMs } from '../http/backoff.ts';
import { type StreamedBody, sendStreamed } from '../http/stream.ts';
import { type Answer, networkError, pause } from '../http/traffic.ts';
import type { PinataAccount } from './account.ts';
import { DOING } from './errors.ts';

/** A multiple of 256 KiB below every chunk limit that Pinata states. */
const CHUNK_BYTES = 32 * 1024 * 1024;
/** Short, because the service drops a partial that waits; the count starts again whenever bytes went through. */
const RETRY_DELAYS_MS = [500, 1000, 2000, 4000, 8000, 8000];
const RESUMABLE_STATUSES = new Set([404, 408, 409, 410, 423, 429]);

/**
 * Uploads a CAR by TUS. Not through the SDK: after a failed chunk it sends the same offset again instead of asking the
 * server how far it got, encodes names beyond Latin-1 wrongly, and needs the CAR as one Blob.
 */
export async function uploadResumable(
  account: PinataAccount,
  order: UploadOrder,
  groupId: string | undefined,
): Promise<Upload> {
  const transfer: Transfer = {
    account,
    creations: 0,
    sentBytes: 0,
    failure: undefined,
    trouble: undefined,
    cid: undefined,
  };
  await runTus(transfer, order, groupId);
  return {
    kind: 'uploaded',
    cid: transfer.cid === undefined ? undefined : parseCid(transfer.cid),
    // Location has an id, but nothing says that the pin will have it.
    pinId: undefined,
    duplicate: undefined,
    sentBytes: transfer.sentBytes,
  };
}

interface Transfer {
  readonly account: PinataAccount;
  /** Uploads begun: the service may lose what it had, but not for ever. */
  creations: number;
  sentBytes: number;
  /** The reason that no retry can help; what the library makes of it is not shown. */
  failure: ActionError | undefined;
  /** What the last answer that was an error means, should there be no better one. */
  trouble: ActionError | undefined;
  cid: string | undefined;
}

function runTus(transfer: Transfer, order: UploadOrder, groupId: string | undefined): Promise<void> {
  const { account } = transfer;
  const { deadline } = account.traffic.policy;
  return new Promise<void>((resolve, reject) => {
    const fail = (error: unknown): void => {
      reject(
        transfer.failure ??
          transfer.trouble ??
          networkError(account.traffic.policy.service, DOING.upload.text, innermost(error)),
      );
    };
    const upload = new TusUpload(Buffer.alloc(0), {
      endpoint: `${account.uploadUrl}/v3/files`,
      uploadSize: order.build.car.bytes,
      chunkSize: CHUNK_BYTES,
      retryDelays: RETRY_DELAYS_MS,
      storeFingerprintForResuming: false,
      headers: { Authorization: `Bearer ${account.jwt}` },
      metadata: metadataOf(account, order, groupId),
      fileReader: { openFile: () => Promise.resolve(carFile(order.build.car)) },
      httpStack: createStack(transfer),
      onShouldRetry: (error) => {
        // Requests without a body were tried again below.
        if (transfer.failure !== undefined || error.originalRequest.getMethod() !== 'PATCH') return false;
        const status = error.originalResponse?.getStatus() ?? 0;
        return status < 400 || status >= 500 || RESUMABLE_STATUSES.has(status);
      },
      onProgress: (sent, total) => order.onProgress(sent, total),
      onSuccess: () => resolve(),
      onError: fail,
    });
    deadline.addEventListener('abort', () => {
      transfer.failure = deadlineFailure(transfer, deadline.reason);
      void upload.abort();
      fail(deadline.reason);
    });
    upload.start();
  });
}

/** The deadline's own error, with what the service said last: it may be the reason that time ran out. */
function deadlineFailure({ trouble }: Transfer, reason: unknown): ActionError {
  const late = asActionError(reason);
  if (trouble === undefined) return late;
  return new ActionError(late.kind, `${late.message} ${trouble.message}`, {
    ...(late.hint === undefined ? {} : { hint: late.hint }),
    cause: late,
  });
}

function metadataOf(account: PinataAccount, order: UploadOrder, groupId: string | undefined): Record<string, string> {
  return {
    filename: order.name,
    filetype: 'application/vnd.ipld.car',
    network: account.network,
    car: 'true',
    keyvalues: JSON.stringify(order.keyvalues),
    ...(groupId === undefined ? {} : { group_id: groupId }),
  };
}

function innermost(error: unknown): unknown {
  return error instanceof Error && 'causingError' in error ? error.causingError : error;
}

interface CarSlice extends StreamedBody {
  /** What the library calls `bytes`. */
  readonly size: number;
}

function carFile(car: CarSource): {
  size: number;
  slice(start: number, end: number): Promise<{ value: CarSlice; done: boolean }>;
  close(): void;
} {
  return {
    size: car.bytes,
    slice: (start, end) => {
      const bytes = Math.min(end, car.bytes) - start;
      const value = { size: bytes, bytes, pieces: car.read(start, start + bytes) };
      return Promise.resolve({ value, done: start + bytes >= car.bytes });
    },
    close: () => {},
  };
}

/** The library's requests through our traffic: budget for all, retries here for those without a body. */
function createStack(transfer: Transfer): HttpStack {
  return { getName: () => 'pinata-deploy', createRequest: (method, url) => createRequest(transfer, method, url) };
}

function createRequest(transfer: Transfer, method: string, url: string): HttpRequest {
  const headers: Record<string, string> = {};
  const stop = new AbortController();
  let onSent: (bytes: number) => void = () => {};
  return {
    getMethod: () => method,
    getURL: () => url,
    setHeader: (name, value) => {
      headers[name] = value;
    },
    getHeader: (name) => headers[name],
    setProgressHandler: (report) => {
      onSent = report;
    },
    send: async (body: CarSlice | null) => {
      try {
        refuseOtherHost(transfer, url);
        if (method === 'POST') countCreation(transfer);
        const answer = await sendPart(transfer, {
          method,
          url,
          headers,
          signal: stop.signal,
          onSent,
          ...(body === null ? {} : { body }),
        });
        return respond(transfer, answer);
      } catch (error) {
        if (error instanceof ActionError) transfer.failure ??= error;
        throw error;
      }
    },
    abort: () => {
      stop.abort();
      return Promise.resolve();
    },
    getUnderlyingObject: () => undefined,
  };
}

/** The key goes only where the upload began, whatever Location says. */
function refuseOtherHost(transfer: Transfer, url: string): void {
  if (new URL(url).origin === new URL(transfer.account.uploadUrl).origin) return;
  throw new ActionError('network', `Pinata sent the upload to another host (${new URL(url).host}).`, {
    hint: 'Check pinata-upload-url. Nothing was sent to that host.',
  });
}

const MAX_CREATIONS = 5;

function countCreation(transfer: Transfer): void {
  transfer.creations += 1;
  if (transfer.creations <= MAX_CREATIONS) return;
  const why = transfer.trouble === undefined ? '' : ` ${transfer.trouble.message}`;
  throw new ActionError('network', `Pinata lost the parts of the upload ${MAX_CREATIONS} times.${why}`, {
    hint: 'Run the job again later, or look at the status page of Pinata.',
  });
}

type Part = Parameters<typeof sendStreamed>[0];

async function sendPart(transfer: Transfer, part: Part): Promise<Answer> {
  const { traffic } = transfer.account;
  const send = (deadline: AbortSignal): Promise<Answer> =>
    sendStreamed({ ...part, signal: AbortSignal.any([deadline, part.signal]) });
  if (part.body === undefined) return await traffic.exchange(DOING.upload.text, send);
  await traffic.admit();
  let before = 0;
  const answer = await sendStreamed({
    ...part,
    signal: AbortSignal.any([traffic.policy.deadline, part.signal]),
    onSent: (bytes) => {
      transfer.sentBytes += bytes - before;
      before = bytes;
      part.onSent?.(bytes);
    },
  });
  if (answer.status === 429)
    await pause(
      retryDelayMs({ answer }, { count: 1, firstDelayMs: traffic.policy.firstDelayMs }) ?? 0,
      traffic.policy.deadline,
    );
  return answer;
}

function respond(transfer: Transfer, answer: Answer): HttpResponse {
  transfer.cid = answer.headers.get('upload-cid') ?? transfer.cid;
  if (answer.status >= 400) transfer.trouble = transfer.account.traffic.policy.explain(answer, DOING.upload.text);
  const final = answer.status >= 400 && answer.status < 500 && !RESUMABLE_STATUSES.has(answer.status);
  if (final) transfer.failure ??= transfer.trouble;
  return {
    getStatus: () => answer.status,
    getHeader: (name) => answer.headers.get(name) ?? undefined,
    getBody: () => answer.body,
    getUnderlyingObject: () => undefined,
  };
}
