import { createServer, type RequestListener, type Server } from 'node:http';

/** Base URL of a listening server. */
export function addressOf(server: Server): string {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server does not listen on a port');
  return `http://127.0.0.1:${address.port}`;
}

/** Refuses new requests and cuts what is open. */
export async function closeServer(server: Server): Promise<void> {
  await new Promise<void>((resolve) => {
    server.close(() => {
      resolve();
    });
    server.closeAllConnections();
  });
}

/** Servers on neighbouring ports, and what stands beside them. */
export interface Row<T> {
  readonly servers: readonly Server[];
  readonly last: T;
}

/** A row with nothing beside it. */
export async function listenInRow(port: number, listeners: readonly RequestListener[]): Promise<readonly Server[]> {
  return (await listenRow(port, listeners, () => Promise.resolve())).servers;
}

/**
 * Starts one server for each listener, on neighbouring ports from `port` on, and `startLast` on the one after them; 0 finds
 * a free row of ports below the range that the system gives to outgoing connections, so that a restart can ask for the same
 * ones.
 */
export async function listenRow<T>(
  port: number,
  listeners: readonly RequestListener[],
  startLast: (port: number) => Promise<T>,
): Promise<Row<T>> {
  if (port > 0) return await listenFrom(port, listeners, startLast);
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await listenFrom(20_000 + Math.floor(Math.random() * 12_000), listeners, startLast);
    } catch (error) {
      if (attempt === 50 || !isPortTaken(error)) throw error;
    }
  }
}

function isPortTaken(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
}

async function listenFrom<T>(
  port: number,
  listeners: readonly RequestListener[],
  startLast: (port: number) => Promise<T>,
): Promise<Row<T>> {
  const servers: Server[] = [];
  try {
    for (const [index, listener] of listeners.entries()) servers.push(await listen(port + index, listener));
    return { servers, last: await startLast(port + listeners.length) };
  } catch (error) {
    await Promise.all(servers.map(closeServer));
    throw error;
  }
}

async function listen(port: number, listener: RequestListener): Promise<Server> {
  // No request timeout: slow uploads are part of the game. A connection that is closed while it is used again is not.
  const server = createServer({ requestTimeout: 0, keepAliveTimeout: 60_000 }, listener);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
  return server;
}
