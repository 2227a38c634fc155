import { randomUUID } from 'node:crypto';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Answer, Refusal, renderRefusal } from './answer.ts';
import { type FaultAction, type Faults, type HostName, strikeAfter, strikeBefore } from './faults.ts';
import type { Gateway, GatewayLie } from './gateway.ts';
import type { RequestLog } from './request-log.ts';
import type { Call } from './route.ts';

type Respond = (call: Omit<Call, 'params'>) => Promise<Answer>;

/** What all listeners share. */
export interface Traffic {
  readonly faults: Faults;
  readonly log: RequestLog;
}

/** A listener whose answers come from `respond`, with faults and the request log around them. */
export function answeringListener(host: HostName, traffic: Traffic, respond: Respond): RequestListener {
  return listener(async (request, response) => {
    const fault = meetFault(host, traffic, { request, response });
    const answer = (await strikeBefore(fault)) ?? strikeAfter(fault, await answerCall(request, respond));
    await writeAnswer(request, response, answer);
  });
}

/** A listener without faults or log, for the emulator's own controls. */
export function plainListener(respond: Respond): RequestListener {
  return listener(async (request, response) => {
    await writeAnswer(request, response, await answerCall(request, respond));
  });
}

/**
 * The gateway writes its own answers: a fault that would change one becomes a lie of the gateway. The bytes of
 * `wrongCid` are those of another CID, and a cut or truncated answer ends before it is complete.
 */
export function gatewayListener(traffic: Traffic, open: (lie: GatewayLie | undefined) => Gateway): RequestListener {
  return listener(async (request, response) => {
    const fault = meetFault('gateway', traffic, { request, response });
    const answer = await strikeBefore(fault);
    if (answer !== undefined) return writeAnswer(request, response, answer);
    response.setHeader('X-Request-Id', randomUUID());
    return open(lieOf(fault))(request, response);
  });
}

function lieOf(fault: FaultAction | undefined): GatewayLie | undefined {
  if (fault === undefined) return undefined;
  if ('wrongCid' in fault) return 'wrong-bytes';
  return 'cut' in fault || 'truncateJson' in fault ? 'truncate' : undefined;
}

function listener(serve: (request: IncomingMessage, response: ServerResponse) => Promise<void>): RequestListener {
  return (request, response) => {
    serve(request, response).catch((error: unknown) => {
      console.error(error);
      response.destroy();
    });
  };
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

function meetFault(host: HostName, traffic: Traffic, { request, response }: Exchange): FaultAction | undefined {
  const followed = traffic.log.follow(host, request, response);
  const fault = traffic.faults.take({ host, method: request.method ?? '', target: request.url ?? '' });
  if (fault !== undefined) followed.met(fault);
  return fault;
}

async function answerCall(request: IncomingMessage, respond: Respond): Promise<Answer> {
  const url = new URL(request.url ?? '/', `http://${request.headers.host ?? 'localhost'}`);
  try {
    return await respond({ method: request.method ?? '', url, headers: request.headers, body: request });
  } catch (error) {
    if (error instanceof Refusal) return renderRefusal(error, url.pathname);
    console.error(error);
    return renderRefusal(new Refusal(500, 'Internal Server Error'), url.pathname);
  }
}

/** Writes an answer, or cuts the connection when it says so. */
async function writeAnswer(request: IncomingMessage, response: ServerResponse, answer: Answer): Promise<void> {
  if (answer.cut === true) {
    request.socket.resetAndDestroy();
    return;
  }
  const complete = await drain(request);
  if (response.destroyed) return;
  const hasBody = answer.status !== 204 && answer.status !== 304;
  const body = Buffer.from(answer.body);
  const { 'content-length': _theirs, ...headers } = answer.headers;
  response.writeHead(answer.status, {
    'X-Request-Id': randomUUID(),
    ...(hasBody ? { 'Content-Length': String(body.byteLength) } : {}),
    ...(complete ? {} : { Connection: 'close' }),
    ...headers,
  });
  response.end(hasBody && request.method !== 'HEAD' ? body : undefined);
}

const drainMs = 2000;

/** Many clients see a reset instead of an early answer while they send, so the rest of a body is read first, for a while. */
async function drain(request: IncomingMessage): Promise<boolean> {
  if (request.complete || request.destroyed) return true;
  const ended = new Promise<void>((resolve) => {
    request.once('end', resolve).once('close', resolve);
  });
  request.resume();
  const timer = new AbortController();
  await Promise.race([ended, sleep(drainMs, undefined, { signal: timer.signal }).catch(() => undefined)]);
  timer.abort();
  return request.complete;
}
