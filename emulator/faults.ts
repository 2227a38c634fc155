import { setTimeout as sleep } from 'node:timers/promises';
import * as v from 'valibot';
import { type Answer, json } from './answer.ts';
import { checkShape } from './json-body.ts';

const hosts = ['api', 'upload', 'gateway', 'github', 'cache', 'cloudflare', 'doh1', 'doh2'] as const;

/** Which listener a request is for; each of the two resolvers has one. */
export type HostName = (typeof hosts)[number];

/** What goes wrong with a request. */
export type FaultAction = Readonly<v.InferOutput<typeof actionSchema>>;

export type Fault = Readonly<v.InferOutput<typeof faultSchema>>;

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

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const headerMap = v.record(v.string(), v.string());

const actionSchema = v.union(
  [
    v.strictObject({
      status: v.pipe(count, v.minValue(200), v.maxValue(599)),
      body: v.optional(
        v.union([
          v.string(),
          v.pipe(
            v.looseObject({}),
            v.transform((value) => JSON.stringify(value)),
          ),
        ]),
      ),
      headers: v.optional(headerMap),
      contentType: v.optional(v.string()),
    }),
    v.strictObject({ cut: v.picklist(['before', 'after']) }),
    v.strictObject({ delayMs: count }),
    v.strictObject({ truncateJson: v.literal(true) }),
    v.strictObject({ html200: v.literal(true) }),
    v.strictObject({ wrongCid: v.literal(true) }),
  ],
  'Give one of status, cut (before, after), delayMs, truncateJson, html200, wrongCid',
);

const faultSchema = v.strictObject({
  match: v.optional(
    v.strictObject({
      host: v.optional(v.picklist(hosts)),
      method: v.optional(v.pipe(v.string(), v.toUpperCase())),
      path: v.optional(v.pipe(v.string(), v.check(isPathPattern, 'The pattern is not a regular expression'))),
    }),
    {},
  ),
  times: v.optional(v.pipe(count, v.minValue(1)), 1),
  skip: v.optional(count, 0),
  action: actionSchema,
});

/** Reads the JSON of one fault. Throws 400 with what is wrong. */
export function parseFault(value: unknown): Fault {
  return checkShape(faultSchema, value);
}
