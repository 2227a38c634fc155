import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { KuboRepo } from './kubo.ts';

/** A node that runs, and ends with the block. */
export interface KuboNode extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** Runs a command of the same repository, through the node. */
  run(...args: readonly string[]): string;
  /** CID, type and name of each pin, but for the empty directory that every node has for itself. */
  pins(): readonly string[];
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** A node that hears of nobody, and asks nobody for its settings. */
const QUIET = [
  ['Addresses.Swarm', '[]'],
  ['AutoConf.Enabled', 'false'],
  ['Bootstrap', '[]'],
  ['DNS.Resolvers', '{}'],
  ['Routing.DelegatedRouters', '[]'],
  ['Ipns.DelegatedPublishers', '[]'],
] as const;

/** Runs a repository as a node that hears of nobody. */
export async function startNode(binary: string, repo: KuboRepo): Promise<KuboNode> {
  const port = await freePort();
  const api = `/ip4/127.0.0.1/tcp/${port}`;
  repo.run('config', 'Addresses.API', api);
  repo.run('config', 'Addresses.Gateway', '');
  for (const [key, value] of QUIET) repo.run('config', '--json', key, value);
  const daemon = spawn(binary, ['--offline', 'daemon'], {
    env: { PATH: process.env.PATH, HOME: repo.home, IPFS_PATH: `${repo.home}/repo`, IPFS_TELEMETRY: 'off' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await untilPrinted(daemon, 'Daemon is ready');
  const run = (...args: readonly string[]): string => repo.run('--api', api, ...args).toString();
  const pins = (): readonly string[] => run('pin', 'ls', '--names', '--type=recursive').trim().split('\n');
  const before = pins();
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    run,
    pins: () => pins().filter((pin) => !before.includes(pin)),
    [Symbol.asyncDispose]: async () => {
      daemon.kill();
      if (daemon.exitCode === null) await once(daemon, 'exit');
    },
  };
}

/** Waits until a process prints the line. */
export async function untilPrinted({ stdout }: Pick<ChildProcess, 'stdout'>, line: string): Promise<void> {
  let printed = '';
  for await (const chunk of stdout?.iterator({ destroyOnReturn: false }) ?? []) {
    printed += String(chunk);
    if (printed.includes(line)) return;
  }
  throw new Error(`It did not start: ${printed}`);
}
