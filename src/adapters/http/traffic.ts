import { AsyncLocalStorage } from 'node:async_hooks';
import PQueue from 'p-queue';
import { ActionError } from '../../domain/errors.ts';
import { type AttemptResult, retryDelayMs } from './backoff.ts';

/** How one service may be asked. */
export interface TrafficPolicy {
  /** The service's name in messages. */
  readonly service: string;
  readonly requestsPerMinute: number;
  readonly concurrency: number;
  /** Before the second attempt, milliseconds; each further one waits twice as long. */
  readonly firstDelayMs: number;
  /** Aborts when the time for the whole run's transfer is over; its reason is an ActionError. */
  readonly deadline: AbortSignal;
  /** Told before every wait for another attempt. */
  onRetry(doing: string, why: string, delayMs: number): void;
  /** What an answer that is not 2xx means to the user. */
  explain(answer: Answer, doing: string): ActionError;
}

/** An answer read to its end. Bodies of these APIs are small; what is larger than `MAX_ANSWER_BYTES` is refused. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

/**
 * The one way out to a service: every request waits for its turn in the budget, is tried again when that can help, and
 * fails as an ActionError without any secret in it.
 */
export interface Traffic {
  /** Requests sent so far. */
  readonly sent: () => number;
  /** Waits for a place in the request budget, for a client that sends by itself. */
  admit(): Promise<void>;
  /**
   * Sends until an answer is 2xx, at most `MAX_ATTEMPTS` times. `send` is called again for each attempt.
   * @returns the answer, also one that is not 2xx and final.
   */
  exchange(doing: string, send: Send): Promise<Answer>;
  /**
   * Runs a client that calls the global `fetch`; its requests become exchanges of this traffic, and what went wrong comes
   * back as the ActionError it was, whatever the client made of it.
   */
  through<T>(doing: string, client: () => Promise<T>): Promise<T>;
  readonly policy: TrafficPolicy;
}

export type Send = (signal: AbortSignal) => Promise<Answer>;

const MAX_ATTEMPTS = 5;
export const MAX_ANSWER_BYTES = 16 * 1024 * 1024;
const MINUTE_MS = 60_000;
/** An answer to a small request that takes longer is asked for again. A body of files takes as long as it takes. */
const ANSWER_TIMEOUT_MS = 30_000;

interface ClientCall {
  readonly traffic: Traffic;
  readonly doing: string;
  failure: ActionError | undefined;
}
const currentCall = new AsyncLocalStorage<ClientCall>();

export function createTraffic(policy: TrafficPolicy): Traffic {
  const queue = new PQueue({
    concurrency: policy.concurrency,
    intervalCap: policy.requestsPerMinute,
    interval: MINUTE_MS,
    strict: true,
  });
  let sent = 0;
  const turn = async <T>(work: () => Promise<T>): Promise<T> => {
    policy.deadline.throwIfAborted();
    return await queue.add(
      async () => {
        sent += 1;
        return await work();
      },
      { signal: policy.deadline },
    );
  };
  const traffic: Traffic = {
    policy,
    sent: () => sent,
    admit: async () => {
      await turn(async () => {});
    },
    exchange: (doing, send) => withRetries(policy, doing, () => turn(() => send(policy.deadline))),
    through: (doing, client) => runClient({ traffic, doing, failure: undefined }, client),
  };
  return traffic;
}

async function withRetries(policy: TrafficPolicy, doing: string, attempt: () => Promise<Answer>): Promise<Answer> {
  for (let count = 1; ; count += 1) {
    const result: { readonly answer: Answer } | { readonly error: unknown } = await attempt().then(
      (answer) => ({ answer }),
      (error: unknown) => ({ error }),
    );
    if (policy.deadline.aborted) throw deadlineError(policy, result);
    const delay = retryDelayMs(result, { count, firstDelayMs: policy.firstDelayMs });
    if (delay === undefined || count >= MAX_ATTEMPTS) {
      if ('answer' in result) return result.answer;
      throw networkError(policy.service, doing, result.error);
    }
    policy.onRetry(doing, 'answer' in result ? String(result.answer.status) : causeOf(result.error), delay);
    await pause(delay, policy.deadline).catch(() => {
      throw deadlineError(policy, result);
    });
  }
}

/** The deadline's own error, and what the last attempt met: it may be the reason that time ran out. */
function deadlineError({ deadline, service }: TrafficPolicy, last: AttemptResult): unknown {
  const reason: unknown = deadline.reason;
  const met = lastTrouble(service, last, reason);
  if (!(reason instanceof ActionError) || met === undefined) return reason;
  return new ActionError(reason.kind, `${reason.message} ${met}`, {
    ...(reason.hint === undefined ? {} : { hint: reason.hint }),
    cause: reason,
  });
}

function lastTrouble(service: string, last: AttemptResult, reason: unknown): string | undefined {
  if ('answer' in last)
    return last.answer.status < 400 ? undefined : `The last answer of ${service} was ${last.answer.status}.`;
  return last.error === reason ? undefined : `The last attempt to reach ${service} failed (${causeOf(last.error)}).`;
}

/** Resolves after `ms`; rejects with the signal's reason as soon as it aborts. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    }, ms);
    signal.addEventListener('abort', stop, { once: true });
  });
}

/** A request that got no answer, in words; an ActionError stays what it is. */
export function networkError(service: string, doing: string, error: unknown): ActionError {
  if (error instanceof ActionError) return error;
  if (error instanceof MalformedAnswer) {
    return new ActionError('network', `${service} answered with ${error.got} instead of JSON when asked to ${doing}.`, {
      hint: 'Run the job again. If it stays so, check the URLs in the inputs and the proxy of the runner.',
      cause: error,
    });
  }
  return new ActionError('network', `${service} could not be reached to ${doing} (${causeOf(error)}).`, {
    hint: 'Run the job again. If it stays so, look at the network of the runner and at the status page of the service.',
    cause: error,
  });
}

/** The innermost reason, as a code where there is one: `ECONNRESET`, `ENOTFOUND`. */
function causeOf(error: unknown): string {
  let inner = error;
  while (inner instanceof Error && inner.cause !== undefined) inner = inner.cause;
  if (inner instanceof Error) return 'code' in inner && typeof inner.code === 'string' ? inner.code : inner.name;
  return 'no answer';
}

async function runClient<T>(call: ClientCall, client: () => Promise<T>): Promise<T> {
  installFetch();
  try {
    return await currentCall.run(call, client);
  } catch (error) {
    throw call.failure ?? clientError(call, error);
  }
}

function clientError(call: ClientCall, error: unknown): ActionError {
  if (error instanceof ActionError) return error;
  return new ActionError(
    'network',
    `${call.traffic.policy.service} answered something unexpected when asked to ${call.doing}.`,
    {
      hint: 'Run the job again. If it stays so, open an issue: the service may have changed its answers.',
      cause: error,
    },
  );
}

let installed = false;

/** Puts the traffic below clients that call the global `fetch`; requests outside of `through` are not touched. */
function installFetch(): void {
  if (installed) return;
  installed = true;
  const original = globalThis.fetch;
  globalThis.fetch = async (input, init) => {
    const call = currentCall.getStore();
    if (call === undefined) return await original(input, init);
    // A client that tries again after a final failure would only repeat it.
    if (call.failure !== undefined) throw call.failure;
    const limits = init?.body instanceof FormData ? [] : [ANSWER_TIMEOUT_MS];
    return await fetchThrough(call, (deadline) => {
      const signal = AbortSignal.any([deadline, ...limits.map((ms) => AbortSignal.timeout(ms))]);
      return original(input, { ...init, redirect: 'manual', signal });
    });
  };
}

async function fetchThrough(call: ClientCall, send: (signal: AbortSignal) => Promise<Response>): Promise<Response> {
  const { traffic, doing } = call;
  try {
    const answer = await traffic.exchange(doing, async (signal) => await readAnswer(await send(signal)));
    if (answer.status < 200 || answer.status > 299) call.failure = traffic.policy.explain(answer, doing);
    return new Response(answer.body === '' ? null : answer.body, {
      status: Math.max(200, answer.status),
      headers: { 'content-type': 'application/json' },
    });
  } catch (error) {
    call.failure = networkError(traffic.policy.service, doing, error);
    throw call.failure;
  }
}

/** Reads an answer to its end; one of 2xx must be JSON. */
export async function readAnswer(response: Response): Promise<Answer> {
  return requireJson({ status: response.status, headers: response.headers, body: await readText(response) });
}

async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES)
      throw new ActionError('network', `An answer was larger than ${MAX_ANSWER_BYTES} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** An answer that should be JSON and is not: cut short, or a page of something in between. Worth another try. */
class MalformedAnswer extends Error {
  readonly got: string;
  constructor(got: string) {
    super(`got ${got}`);
    this.got = got;
  }
}

/** Lets a 2xx answer pass only when its body is JSON: these APIs speak nothing else. */
export function requireJson(answer: Answer): Answer {
  if (answer.status < 200 || answer.status > 299 || answer.status === 204) return answer;
  try {
    JSON.parse(answer.body);
    return answer;
  } catch {
    throw new MalformedAnswer(/^\s*</.test(answer.body) ? 'an HTML page' : 'a broken answer');
  }
}
