import { connect, createServer, type Server, type Socket } from 'node:net';

/** What happens to a connection; bytes are counted from its start, in the direction given. */
export type ProxyFault =
  | { readonly kind: 'refuse' }
  | { readonly kind: 'reset' | 'stall'; readonly afterBytes: number; readonly direction: 'up' | 'down' };

/** One connection as it went. */
export interface ProxiedConnection {
  readonly fault: ProxyFault | undefined;
  /** Bytes that were passed on. */
  readonly upBytes: number;
  readonly downBytes: number;
  readonly end: 'open' | 'closed' | 'reset' | 'refused' | 'stalled';
}

/** A TCP proxy on this machine that breaks connections as it is told. */
export interface BreakingProxy {
  /** Like the target's URL, with the proxy's port. */
  readonly url: string;
  /** The next connection meets this; several wait for several connections. */
  plan(fault: ProxyFault): void;
  /** Resets whatever connection carries these upward bytes, counted over all connections from now on. */
  resetAt(totalUpBytes: readonly number[]): void;
  connections(): readonly ProxiedConnection[];
  close(): Promise<void>;
}

type Direction = 'up' | 'down';

interface Connection {
  readonly fault: ProxyFault | undefined;
  readonly bytes: Record<Direction, number>;
  end: ProxiedConnection['end'];
}

interface Line {
  readonly client: Socket;
  readonly target: Socket;
  readonly connection: Connection;
  readonly totals: Totals;
}

interface Totals {
  upBytes: number;
  /** Totals at which something is reset, next one first. */
  resets: number[];
}

/** Starts a proxy in front of an `http://host:port` URL. */
export async function startProxy(targetUrl: string): Promise<BreakingProxy> {
  const { hostname, port } = new URL(targetUrl);
  const planned: ProxyFault[] = [];
  const connections: Connection[] = [];
  const sockets = new Set<Socket>();
  const totals: Totals = { upBytes: 0, resets: [] };
  const server = createServer((client) => {
    const connection: Connection = { fault: planned.shift(), bytes: { up: 0, down: 0 }, end: 'open' };
    connections.push(connection);
    client.on('error', () => {});
    if (connection.fault?.kind === 'refuse') {
      connection.end = 'refused';
      client.resetAndDestroy();
      return;
    }
    const target = connect(Number(port), hostname);
    target.on('error', () => client.destroy());
    for (const socket of [client, target]) sockets.add(socket.once('close', () => sockets.delete(socket)));
    const line: Line = { client, target, connection, totals };
    relay(line, 'up');
    relay(line, 'down');
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${portOf(server)}`,
    plan: (fault) => void planned.push(fault),
    resetAt: (offsets) => {
      totals.resets = offsets.map((offset) => totals.upBytes + offset).toSorted((a, b) => a - b);
    },
    connections: () =>
      connections.map(({ fault, bytes, end }) => ({ fault, upBytes: bytes.up, downBytes: bytes.down, end })),
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

function portOf(server: Server): number {
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('The proxy does not listen');
  return address.port;
}

/** What was passed on lies in buffers for a while; it arrives before the connection breaks. */
const SETTLE_MS = 250;

/** Passes bytes on in one direction, up to where the connection breaks. */
function relay(line: Line, direction: Direction): void {
  const { client, target, connection } = line;
  const [from, to] = direction === 'up' ? [client, target] : [target, client];
  from.on('data', (chunk: Buffer) => {
    if (connection.end !== 'open') return;
    const room = roomLeft(line, direction);
    if (chunk.length >= room) {
      from.pause();
      passOn(line, direction, chunk.subarray(0, room));
      connection.end = connection.fault?.kind === 'stall' ? 'stalled' : 'reset';
      setTimeout(() => breakDown(line), SETTLE_MS);
    } else if (!passOn(line, direction, chunk)) {
      from.pause();
      to.once('drain', () => from.resume());
    }
  });
  from.once('close', () => {
    if (connection.end === 'stalled') return;
    if (connection.end === 'open') connection.end = 'closed';
    to.destroySoon();
  });
}

/** False when the other side has enough for now. */
function passOn({ client, target, connection, totals }: Line, direction: Direction, chunk: Buffer): boolean {
  connection.bytes[direction] += chunk.length;
  if (direction === 'up') totals.upBytes += chunk.length;
  return (direction === 'up' ? target : client).write(chunk);
}

/** Bytes until the connection breaks; infinite where nothing is planned. */
function roomLeft({ connection: { fault, bytes }, totals }: Line, direction: Direction): number {
  const isFaulty = fault !== undefined && fault.kind !== 'refuse' && fault.direction === direction;
  const own = isFaulty ? fault.afterBytes - bytes[direction] : Number.POSITIVE_INFINITY;
  const [next = Number.POSITIVE_INFINITY] = direction === 'up' ? totals.resets : [];
  return Math.max(0, Math.min(own, next - totals.upBytes));
}

/** A stalled connection stays as it is: nothing moves any more. */
function breakDown({ client, target, connection, totals }: Line): void {
  if (connection.end === 'stalled') return;
  totals.resets = totals.resets.filter((offset) => offset > totals.upBytes);
  client.resetAndDestroy();
  target.destroySoon();
}
