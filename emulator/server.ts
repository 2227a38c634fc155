import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CID } from 'multiformats/cid';
import { accessLinkRoutes, admitSigned } from './access-links.ts';
import { accountRoutes } from './account.ts';
import { type Backend, openBackend } from './backend.ts';
import { answerCache } from './cache-service.ts';
import { answerCloudflare } from './cloudflare.ts';
import { controlRoutes } from './control.ts';
import { type DnsServer, startDns } from './dns.ts';
import { createDohResolver } from './doh.ts';
import { createFaults } from './faults.ts';
import { fileRoutes } from './files.ts';
import { createGateway, type Gateway, type GatewayLie } from './gateway.ts';
import type { ContentAddress } from './gateway-address.ts';
import { answerGithub } from './github.ts';
import { groupRoutes } from './groups.ts';
import { type Knobs, withDefaults } from './knobs.ts';
import { legacyRoutes } from './legacy.ts';
import { addressOf, closeServer, listenRow } from './listen.ts';
import { answeringListener, gatewayListener, plainListener, type Traffic } from './listener.ts';
import { pinsHolding } from './pins.ts';
import { createRequestLog } from './request-log.ts';
import { routeCall } from './router.ts';
import type { PinRecord } from './store.ts';
import { swappedFor, swapRoutes } from './swaps.ts';
import { createTus } from './tus.ts';
import { uploadRoutes } from './uploads.ts';

/**
 * Base URLs without `/v3`, a JWT that may do what the knobs say, a GitHub token that may read everything, a token of the
 * Actions cache that may read and write, and a token of Cloudflare that may edit all zones.
 */
export interface EmulatorAddress {
  readonly apiUrl: string;
  readonly uploadUrl: string;
  readonly gatewayUrl: string;
  readonly legacyUrl: string;
  readonly githubUrl: string;
  readonly jwt: string;
  readonly githubToken: string;
  readonly cacheUrl: string;
  readonly cacheToken: string;
  /** With `/client/v4`. */
  readonly cloudflareUrl: string;
  readonly cloudflareToken: string;
  /** Two resolvers that speak DNS over HTTPS. */
  readonly dohUrls: readonly string[];
  /** UDP and TCP. */
  readonly dnsPort: number;
}

export interface Emulator extends EmulatorAddress {
  /** Cuts what is open and closes everything; removes a state that nobody asked to keep. */
  close(): Promise<void>;
}

/** Starts the eight listeners and the DNS server on 127.0.0.1. Throws when the ports are taken or the state cannot be opened. */
export async function startEmulator(chosen: Partial<Knobs> = {}): Promise<Emulator> {
  const knobs = withDefaults(chosen);
  const directory = knobs.state ?? (await mkdtemp(join(tmpdir(), 'pinata-emulator-')));
  await mkdir(directory, { recursive: true });
  let gatewayHost = '';
  const backend = await openBackend(directory, knobs, () => gatewayHost);
  const start = (port: number): Promise<DnsServer> => startDns(port, backend);
  const { servers, last: dns } = await listenRow(knobs.port, createListeners(backend), start);
  const [apiUrl = '', uploadUrl = '', gatewayUrl = '', githubUrl = '', cacheUrl = '', cloudflareUrl = '', ...dohUrls] =
    servers.map(addressOf);
  gatewayHost = new URL(gatewayUrl).host;
  return {
    apiUrl,
    uploadUrl,
    gatewayUrl,
    legacyUrl: apiUrl,
    githubUrl,
    jwt: backend.auth.jwt,
    githubToken: backend.githubTokens.token,
    cacheUrl,
    cacheToken: backend.cacheTokens.token,
    cloudflareUrl: `${cloudflareUrl}/client/v4`,
    cloudflareToken: backend.dnsTokens.token,
    dohUrls: dohUrls.map((url) => `${url}/dns-query`),
    dnsPort: dns.port,
    close: async () => {
      await Promise.all([...servers.map(closeServer), dns.close()]);
      backend.store.close();
      if (knobs.state === undefined) await rm(directory, { recursive: true, force: true });
    },
  };
}

function createListeners(backend: Backend): readonly RequestListener[] {
  const { auth, githubTokens, cacheTokens, dnsTokens } = backend;
  const log = createRequestLog(
    (authorization) =>
      githubTokens.labelOf(authorization) ??
      cacheTokens.labelOf(authorization) ??
      dnsTokens.labelOf(authorization) ??
      auth.labelOf(authorization),
  );
  const traffic: Traffic = { faults: createFaults(backend.knobs.strayEvery), log };
  const uploads = uploadRoutes(createTus(backend));
  // `/v3/files/limits` would be taken for a network.
  const api = [...accountRoutes, ...accessLinkRoutes, ...fileRoutes, ...swapRoutes, ...groupRoutes, ...legacyRoutes];
  const control = controlRoutes(traffic);
  return [
    withControl(
      plainListener((call) => routeCall(control, call, backend)),
      answeringListener('api', traffic, (call) => routeCall(api, call, backend)),
    ),
    answeringListener('upload', traffic, (call) => routeCall(uploads, call, backend)),
    gatewayListener(traffic, gatewayOf(backend)),
    answeringListener('github', traffic, (call) => answerGithub(call, backend)),
    answeringListener('cache', traffic, (call) => answerCache(call, backend)),
    answeringListener('cloudflare', traffic, (call) => answerCloudflare(call, backend)),
    answeringListener('doh1', traffic, createDohResolver(backend)),
    answeringListener('doh2', traffic, createDohResolver(backend)),
  ];
}

function withControl(control: RequestListener, api: RequestListener): RequestListener {
  return (request, response) => {
    if (request.url?.startsWith('/__emulator/') === true) control(request, response);
    else api(request, response);
  };
}

function gatewayOf(backend: Backend): (lie: GatewayLie | undefined) => Gateway {
  const { gatewayMode, gatewayToken, gatewayLagMs, gatewayTrustless, gatewayHangMs, gatewayLies } = backend.knobs;
  const publicPins = (root: CID): readonly PinRecord[] =>
    pinsHolding(root, backend).filter(({ network }) => network === 'public');
  const content = {
    readBlock: backend.blocks.read,
    isPinned: (root: CID) => publicPins(root).length > 0,
    pinnedSince: (root: CID) => oldest(publicPins(root)),
    isPrivate: (root: CID) => pinsHolding(root, backend).length > 0 && publicPins(root).length === 0,
    admitSigned: (address: ContentAddress, method: string) => oldest(admitSigned(address, method, backend)),
    swappedFor: (root: CID) => swappedFor(root, backend),
    now: backend.clock.now,
  };
  return (lie) =>
    createGateway(content, {
      mode: gatewayMode,
      token: gatewayToken,
      gatewayLagMs,
      trustless: gatewayTrustless === 'on',
      hangMs: gatewayHangMs,
      lies: lie ?? (gatewayLies === 'no' ? undefined : gatewayLies),
    });
}

function oldest(pins: readonly PinRecord[]): Date | undefined {
  const readyAt = pins[0]?.readyAt;
  return typeof readyAt === 'number' ? new Date(readyAt) : undefined;
}
