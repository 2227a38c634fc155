import { Agent, createServer, type IncomingHttpHeaders, type Server, request as send } from 'node:http';
import { buffer } from 'node:stream/consumers';
import type { EmulatorAddress } from '../../emulator/server.ts';

/** A request that stands at the gate. */
export interface GatedRequest {
  readonly host: 'api' | 'upload' | 'gateway' | 'github' | 'cloudflare' | 'doh1' | 'doh2';
  readonly method: string;
  /** Path with query. */
  readonly path: string;
  /** Passes it on. Resolves when the emulator has answered; nobody has got that answer yet. */
  apply(): Promise<void>;
}

/** Decides about one request: `deliver` passes it on, where `apply` has not, and hands over the answer. */
export type Guard = (request: GatedRequest) => Promise<'deliver' | 'cut'>;

/** HTTP proxies of one run in front of the emulator's hosts. Bodies and answers are held whole: for small ones only. */
export interface Gate {
  /** What leads a run through the gate. */
  readonly inputs: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

export async function startGate(emulator: EmulatorAddress, guard: Guard): Promise<Gate> {
  const open = (host: GatedRequest['host'], target: string): Promise<Door> => openDoor({ host, target, guard });
  const doors = await Promise.all([
    open('api', emulator.apiUrl),
    open('upload', emulator.uploadUrl),
    open('gateway', emulator.gatewayUrl),
    open('github', emulator.githubUrl),
    open('cloudflare', emulator.cloudflareUrl),
    open('doh1', emulator.dohUrls[0] ?? ''),
    open('doh2', emulator.dohUrls[1] ?? ''),
  ]);
  const [api, upload, gateway, github, cloudflare, doh1, doh2] = doors;
  const below = (door: Door, target = ''): string => `${door.url}${new URL(target).pathname}`;
  return {
    inputs: {
      'pinata-api-url': api.url,
      'pinata-upload-url': upload.url,
      gateways: `${gateway.url}/ipfs/{cid}`,
      'cloudflare-api-url': below(cloudflare, emulator.cloudflareUrl),
      'dns-resolvers': [below(doh1, emulator.dohUrls[0]), below(doh2, emulator.dohUrls[1])].join('\n'),
    },
    env: { GITHUB_API_URL: github.url },
    close: async () => {
      await Promise.all(doors.map(({ close }) => close()));
    },
  };
}

interface Passage {
  readonly host: GatedRequest['host'];
  /** Base URL. */
  readonly target: string;
  readonly guard: Guard;
}

interface Door {
  readonly url: string;
  close(): Promise<void>;
}

async function openDoor({ host, target, guard }: Passage): Promise<Door> {
  const agent = new Agent({ keepAlive: false });
  const server = createServer((request, response) => {
    const { method = '', url: path = '', headers } = request;
    const serve = async (): Promise<void> => {
      const message: Message = { url: new URL(path, target), method, headers, body: await buffer(request) };
      let answer: Promise<Answer> | undefined;
      const apply = (): Promise<Answer> => {
        answer ??= ask(message, agent);
        return answer;
      };
      const verdict = await guard({ host, method, path, apply: async () => void (await apply()) });
      if (verdict === 'cut') {
        response.destroy();
        return;
      }
      const { status, headers: answered, body } = await apply();
      response.writeHead(status, answered).end(body);
    };
    // A guard that fails, or an emulator that cuts the connection, is a connection that breaks.
    serve().catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${portOf(server)}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function portOf(server: Server): number {
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('The gate does not listen');
  return address.port;
}

interface Message {
  readonly url: URL;
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

async function ask({ url, method, headers, body }: Message, agent: Agent): Promise<Answer> {
  const { 'transfer-encoding': _chunked, connection: _theirs, ...passed } = headers;
  const length = body.length > 0 ? { 'content-length': String(body.length) } : {};
  return await new Promise((resolve, reject) => {
    const sent = send(url, { method, agent, headers: { ...passed, ...length } }, (response) => {
      const { 'transfer-encoding': _whole, connection: _own, ...answered } = response.headers;
      buffer(response).then(
        (text) => resolve({ status: response.statusCode ?? 0, headers: answered, body: text }),
        reject,
      );
    });
    sent.once('error', reject).end(body);
  });
}
