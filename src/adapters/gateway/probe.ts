import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { cidFromDigest, codecOf, RAW_CODEC } from '../../domain/cid.ts';
import { chooseSample, type GatewayTemplate, renderLink, renderPath, type Sample } from '../../domain/link.ts';
import type { Probe } from '../../domain/outcome.ts';
import type { Gateways } from '../../ports.ts';
import { readStart, reasonOf, refusalIn } from './body.ts';

export interface GatewayOptions {
  readonly templates: readonly GatewayTemplate[];
  /** Sent as a header to the dedicated gateway only. */
  readonly dedicatedKey: string | undefined;
  readonly timeoutMs: number;
  /** `none`: the links are made and nobody opens them. */
  readonly look: 'none' | 'gateway';
}

const ATTEMPT_TIMEOUT_MS = 15_000;
const POLL_DELAYS_MS = [1000, 2000, 4000, 8000];
/** Of a larger file only the announced length is compared: a link is proven by opening it, not by downloading it. */
const MAX_BODY_BYTES = 4 * 1024 * 1024;

/** Opens a build's links until one answers with its bytes, or the time is over. */
export function createGateways(options: GatewayOptions): Gateways {
  return {
    probe: async (build) => {
      const sample = chooseSample(build.root, build.listing);
      const kind = sample?.cid === build.root ? 'file' : 'directory';
      const targets = options.templates.map((gateway) => ({
        gateway,
        link: renderLink(gateway.template, build.root, kind),
      }));
      if (options.look === 'none') return targets.map(({ link }) => unopened(link));
      return await poll(
        targets.map(
          ({ gateway, link }) =>
            () =>
              open({ gateway, link, sample, options }),
        ),
        options.timeoutMs,
      );
    },
  };
}

function unopened(link: string): Probe {
  return { link, host: new URL(link).host, state: 'unopened', note: 'not opened', final: true, ms: 0 };
}

/** Asks all at once, again and again, until one is up. The others keep what they said last. */
async function poll(attempts: readonly (() => Promise<Probe>)[], timeoutMs: number): Promise<readonly Probe[]> {
  const end = performance.now() + timeoutMs;
  for (let round = 0; ; round += 1) {
    const probes = await Promise.all(attempts.map((attempt) => attempt()));
    const delay = POLL_DELAYS_MS[Math.min(round, POLL_DELAYS_MS.length - 1)] ?? 0;
    const settled = probes.every((probe) => probe.final) || probes.some((probe) => probe.state !== 'down');
    if (settled || performance.now() + delay > end) return probes;
    await sleep(delay);
  }
}

interface Target {
  readonly gateway: GatewayTemplate;
  readonly link: string;
  readonly sample: Sample | undefined;
  readonly options: GatewayOptions;
}

async function open(target: Target): Promise<Probe> {
  const host = new URL(target.link).host;
  const began = performance.now();
  const verdict = await ask(target).catch((error: unknown) => down(reasonOf(error)));
  return { link: target.link, host, ms: Math.round(performance.now() - began), ...verdict };
}

type Verdict = Pick<Probe, 'state' | 'note' | 'final'>;

function down(note: string): Verdict {
  return { state: 'down', note, final: false };
}

/** One attempt never takes longer than all are given, but long enough for an answer. */
function attemptMs(timeoutMs: number): number {
  return Math.min(ATTEMPT_TIMEOUT_MS, Math.max(timeoutMs, 2000));
}

async function ask({ link, sample, gateway, options }: Target): Promise<Verdict> {
  const url =
    sample === undefined || sample.path === '' ? link : `${link.replace(/\/$/, '')}/${renderPath(sample.path)}`;
  const key = gateway.dedicated ? options.dedicatedKey : undefined;
  const response = await fetch(url, {
    signal: AbortSignal.timeout(attemptMs(options.timeoutMs)),
    // A redirect would carry the key to another host.
    redirect: key === undefined ? 'follow' : 'manual',
    headers: key === undefined ? {} : { 'x-pinata-gateway-token': key },
  });
  const { bytes } = await readStart(response, MAX_BODY_BYTES);
  return judge(response, bytes, { sample, host: new URL(link).hostname });
}

/** What Pinata's gateways mean by their refusals; only the missing content may come yet. */
const MEANINGS: Readonly<Record<string, Verdict>> = {
  '00004': { state: 'down', note: 'says the link is invalid', final: true },
  '00006': down('does not have the content yet'),
  '00023': { state: 'down', note: 'serves HTML only through a custom domain', final: true },
  '00024': { state: 'down', note: 'refuses this content or its key', final: true },
};

interface Expected {
  readonly sample: Sample | undefined;
  readonly host: string;
}

function judge(response: Response, body: Buffer, { sample, host }: Expected): Verdict {
  // The bytes first: a page may well talk about the gateway's refusals.
  if (response.ok && sample !== undefined && isRawBlock(body, sample))
    return { state: 'live', note: 'bytes match', final: true };
  const refusal = refusalIn(body);
  if (refusal !== undefined) return MEANINGS[refusal] ?? down(`refused it (ERR_ID:${refusal})`);
  if (!response.ok)
    return down(
      NOT_FOUND_YET.has(response.status) ? `has not found it yet (${response.status})` : `answered ${response.status}`,
    );
  if (sample === undefined) return { state: 'live', note: 'answers', final: true };
  if (hasLength(response, body, sample)) return { state: 'live', note: 'length matches', final: true };
  if (isServiceWorkerHost(host))
    return { state: 'opens', note: 'loads and checks the content in the browser', final: true };
  return down('answered with other bytes');
}

const NOT_FOUND_YET = new Set([404, 410, 502, 503, 504]);

/** Gateways whose first answer is a page that fetches and verifies the content itself. */
function isServiceWorkerHost(host: string): boolean {
  return host.endsWith('.inbrowser.link') || host.endsWith('.inbrowser.dev');
}

function isRawBlock(body: Buffer, sample: Sample): boolean {
  return cidFromDigest(RAW_CODEC, createHash('sha256').update(body).digest()) === sample.cid;
}

/** Files of several blocks, or with a header in their block, are known by their length only. */
function hasLength(response: Response, body: Buffer, sample: Sample): boolean {
  if (codecOf(sample.cid) === RAW_CODEC) return false;
  const announced = response.headers.get('content-length');
  return sample.bytes > MAX_BODY_BYTES ? announced === String(sample.bytes) : body.length === sample.bytes;
}
