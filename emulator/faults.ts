import { setTimeout as sleep } from 'node:timers/promises';
import { type Answer, json, Refusal } from './answer.ts';
import { absentAs, mapOf, onlyFields, plainObject, type Shape, text, wholeNumber, wordOf } from './shape.ts';

const hosts = ['api', 'upload', 'gateway', 'github'] as const;

export type HostName = (typeof hosts)[number];

/** What goes wrong with a request. */
export type FaultAction =
  | {
      readonly status: number;
      readonly body?: string | undefined;
      readonly headers?: Readonly<Record<string, string>> | undefined;
      readonly contentType?: string | undefined;
    }
  | { readonly cut: 'before' | 'after' }
  | { readonly delayMs: number }
  | { readonly truncateJson: true }
  | { readonly html200: true }
  | { readonly wrongCid: true };

export interface Fault {
  readonly match: {
    readonly host?: HostName | undefined;
    readonly method?: string | undefined;
    /** A part of path and query, or a regular expression in slashes. */
    readonly path?: string | undefined;
  };
  /** How many requests it still meets. */
  readonly times: number;
  /** How many matching requests pass first. */
  readonly skip: number;
  readonly action: FaultAction;
}

/** The queue of faults; each request meets at most one. */
export interface Faults {
  add(fault: Fault): void;
  list(): readonly Fault[];
  clear(): void;
  /** The fault this request meets, counted down. */
  take(request: { readonly host: HostName; readonly method: string; readonly target: string }): FaultAction | undefined;
}

const html = (title: string): string =>
  `<!DOCTYPE html>\n<html><head><title>${title}</title></head><body><h1>${title}</h1></body></html>\n`;
const htmlType = 'text/html; charset=UTF-8';

/** @param strayEvery every Nth API or upload request meets a fault of its own; 0 for none. */
export function createFaults(strayEvery: number): Faults {
  let queue: Fault[] = [];
  let requests = 0;
  return {
    add: (fault) => void queue.push(fault),
    list: () => queue,
    clear: () => {
      queue = [];
    },
    take: (request) => {
      const met = queue.filter((fault) => matches(fault, request)).find((fault) => fault.skip === 0);
      queue = queue
        .map((fault) => countDown(fault, { isMet: fault === met, isMatched: matches(fault, request) }))
        .filter((fault) => fault.times > 0);
      if (met !== undefined) return met.action;
      if (strayEvery === 0 || (request.host !== 'api' && request.host !== 'upload')) return undefined;
      requests += 1;
      return requests % strayEvery === 0 ? strays[(requests / strayEvery - 1) % strays.length] : undefined;
    },
  };
}

const strays: readonly FaultAction[] = [
  { status: 502, body: html('502 Bad Gateway'), contentType: htmlType },
  { status: 400, body: html('400 Bad Request'), contentType: htmlType },
  { cut: 'before' },
];

function countDown(fault: Fault, seen: { isMet: boolean; isMatched: boolean }): Fault {
  if (seen.isMet) return { ...fault, times: fault.times - 1 };
  return seen.isMatched && fault.skip > 0 ? { ...fault, skip: fault.skip - 1 } : fault;
}

function matches(fault: Fault, request: { host: HostName; method: string; target: string }): boolean {
  const { host, method, path } = fault.match;
  if (host !== undefined && host !== request.host) return false;
  if (method !== undefined && method !== request.method) return false;
  if (path === undefined) return true;
  const pattern = patternOf(path);
  return pattern === undefined ? request.target.includes(path) : new RegExp(pattern).test(request.target);
}

/** The regular expression in `/…/`. A plain path may look alike, so one without special characters is no pattern. */
function patternOf(path: string): string | undefined {
  const inner = /^\/(.+)\/$/.exec(path)?.[1];
  return inner !== undefined && /[\\^$.|?*+()[\]{}]/.test(inner) ? inner : undefined;
}

function isPathPattern(path: string): boolean {
  try {
    new RegExp(patternOf(path) ?? '');
    return true;
  } catch {
    return false;
  }
}

/** What the fault does before the request is looked at: an answer of its own, or undefined to go on. */
export async function strikeBefore(action: FaultAction | undefined): Promise<Answer | undefined> {
  if (action === undefined) return undefined;
  if ('delayMs' in action) await sleep(action.delayMs);
  if ('cut' in action && action.cut === 'before') return { status: 0, headers: {}, body: '', cut: true };
  if ('html200' in action)
    return { status: 200, headers: { 'Content-Type': htmlType }, body: html('Just a moment...') };
  if (!('status' in action)) return undefined;
  const { status, contentType, headers } = action;
  if (action.body === undefined) {
    return json(status, { error: { code: status, message: 'Injected fault' } }, headers);
  }
  return {
    status,
    headers: { 'Content-Type': contentType ?? 'text/plain; charset=utf-8', ...headers },
    body: action.body,
  };
}

/** What the fault does to the answer after the work was done. */
export function strikeAfter(action: FaultAction | undefined, answer: Answer): Answer {
  if (action === undefined) return answer;
  if ('cut' in action) return { ...answer, cut: true };
  const body = Buffer.from(answer.body);
  if ('truncateJson' in action) return { ...answer, body: body.subarray(0, Math.floor(body.length / 2)) };
  return 'wrongCid' in action ? withWrongCid(answer) : answer;
}

/** A valid CID (an empty directory) that nobody uploads. */
const wrongCid = 'bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354';

function withWrongCid(answer: Answer): Answer {
  const body = Buffer.from(answer.body)
    .toString('utf8')
    .replace(/("(?:cid|IpfsHash)"\s*:\s*")[^"]*"/g, `$1${wrongCid}"`);
  const names = Object.keys(answer.headers).filter((name) => name.toLowerCase() === 'upload-cid');
  const headers = { ...answer.headers, ...Object.fromEntries(names.map((name) => [name, wrongCid])) };
  return { ...answer, headers, body };
}

const method: Shape<string> = (value, field) => text(value, field).toUpperCase();

const path: Shape<string> = (value, field) => {
  const given = text(value, field);
  if (!isPathPattern(given)) throw new Refusal(400, `${field} is not a regular expression`);
  return given;
};

function atLeast(least: number): Shape<number> {
  return (value, field) => {
    if (wholeNumber(value, field) >= least) return Number(value);
    throw new Refusal(400, `${field} must be at least ${least}`);
  };
}

const yes: Shape<true> = (value, field) => {
  if (value === true) return true;
  throw new Refusal(400, `${field} must be true`);
};

const httpStatus = atLeast(200);

const actionShapes = {
  status: onlyFields({
    status: httpStatus,
    body: absentAs(undefined, (value) => (typeof value === 'string' ? value : JSON.stringify(value))),
    headers: absentAs(undefined, mapOf(text)),
    contentType: absentAs(undefined, text),
  }),
  cut: onlyFields({ cut: wordOf(['before', 'after']) }),
  delayMs: onlyFields({ delayMs: atLeast(0) }),
  truncateJson: onlyFields({ truncateJson: yes }),
  html200: onlyFields({ html200: yes }),
  wrongCid: onlyFields({ wrongCid: yes }),
};

const action: Shape<FaultAction> = (value, field) => {
  const given = plainObject(value, field);
  const found = Object.entries(actionShapes).find(([name]) => name in given);
  if (found === undefined) throw new Refusal(400, `${field} must have one of ${Object.keys(actionShapes).join(', ')}`);
  return found[1](given, field);
};

/** One fault as JSON. */
export const faultShape: Shape<Fault> = onlyFields({
  match: absentAs(
    {},
    onlyFields({
      host: absentAs(undefined, wordOf(hosts)),
      method: absentAs(undefined, method),
      path: absentAs(undefined, path),
    }),
  ),
  times: absentAs(1, atLeast(1)),
  skip: absentAs(0, atLeast(0)),
  action,
});
