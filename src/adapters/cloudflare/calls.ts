import { type Answer, readAnswer } from '../http/traffic.ts';
import type { CloudflareOptions } from './account.ts';

export interface CloudflareRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** With its query. */
  readonly path: string;
  readonly body?: object;
}

const REQUEST_TIMEOUT_MS = 30_000;

/** One request that may be sent again. Answers whatever came last. */
export async function callCloudflare(
  options: CloudflareOptions,
  doing: string,
  request: CloudflareRequest,
): Promise<Answer> {
  return await options.traffic.exchange(doing, (signal) => sendCloudflare(options, { ...request, signal }));
}

/** One attempt. */
export async function sendCloudflare(
  { apiUrl, token }: CloudflareOptions,
  { method, path, body, signal }: CloudflareRequest & { readonly signal: AbortSignal },
): Promise<Answer> {
  const response = await fetch(`${apiUrl}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    redirect: 'manual',
    signal: AbortSignal.any([signal, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]),
  });
  const answer = await readAnswer(response);
  // Whoever answers may repeat the token, and what it says ends up in the summary, where nothing is masked.
  return { ...answer, body: answer.body.replaceAll(token, '***') };
}
