/** What a route answers, before it is written to the connection. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
  /** Nothing is written: the connection is cut after the work was done. */
  readonly cut?: true;
}

/** A request that is refused; `renderRefusal` gives it the error shape of its host and path. */
export class Refusal extends Error {
  readonly status: number;
  /** The legacy API's machine-readable word. */
  readonly reason: string | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, message: string, more: { reason?: string; headers?: Record<string, string> } = {}) {
    super(message);
    this.status = status;
    this.reason = more.reason;
    this.headers = more.headers ?? {};
  }
}

/** A JSON answer with the headers given. */
export function json(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): Answer {
  return {
    status,
    headers: { 'Content-Type': 'application/json; charset=utf-8', ...headers },
    body: JSON.stringify(value),
  };
}

/** 200 with v3's envelope. */
export function envelope(value: unknown): Answer {
  return json(200, { data: value });
}

/** True for the paths whose errors have the older shapes. */
export function isLegacyPath(path: string): boolean {
  return /^\/(v3\/)?(data|pinning|psa|users)(\/|$)/.test(path);
}

/**
 * v3: `{"error":{"code":401,"message":"…"}}`. Legacy: `{"error":{"reason":"…","details":"…"}}`, or
 * `{"error":"…"}` when there is no reason.
 */
export function renderRefusal(refusal: Refusal, path: string): Answer {
  const { status, reason, message, headers } = refusal;
  if (!isLegacyPath(path)) {
    const words = reason === undefined ? message : `${reason}: ${message}`;
    return json(status, { error: { code: status, message: words } }, headers);
  }
  if (status === 401) return json(401, { error: invalidCredentials }, headers);
  return json(status, { error: reason === undefined ? message : { reason, details: message } }, headers);
}

const invalidCredentials = { reason: 'INVALID_CREDENTIALS', details: 'Invalid/expired credentials' };
