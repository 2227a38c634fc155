import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Auth, openAuth } from './auth.ts';
import { type Blocks, openBlocks } from './blocks.ts';
import { type CacheTokens, openCacheTokens } from './cache-tokens.ts';
import { type Clock, createClock, createIds } from './clock.ts';
import { type DnsTokens, openDnsTokens } from './dns-tokens.ts';
import { type GithubTokens, openGithubTokens } from './github-tokens.ts';
import type { Knobs } from './knobs.ts';
import { openStore, type Store } from './store.ts';

/** Everything the routes work on. */
export interface Backend {
  readonly knobs: Knobs;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly store: Store;
  readonly blocks: Blocks;
  readonly auth: Auth;
  readonly githubTokens: GithubTokens;
  readonly cacheTokens: CacheTokens;
  readonly dnsTokens: DnsTokens;
  /** Host and port of the gateway; '' until it listens. */
  readonly gatewayHost: () => string;
  /** Where multipart parts wait until they are imported. */
  readonly scratch: string;
  /** Where resumable uploads wait; survives a restart. */
  readonly partials: string;
  /** The blobs of the Actions cache; survives a restart. */
  readonly cacheBlobs: string;
}

const clockOffset = 'clock-offset-ms';

/** Opens or creates a whole emulator state in `directory`. */
export async function openBackend(directory: string, knobs: Knobs, gatewayHost: () => string): Promise<Backend> {
  const scratch = join(directory, 'scratch');
  const partials = join(directory, 'partials');
  const cacheBlobs = join(directory, 'cache');
  // What a killed emulator was receiving is of no use.
  await rm(scratch, { recursive: true, force: true });
  await mkdir(scratch, { recursive: true });
  await mkdir(partials, { recursive: true });
  await mkdir(cacheBlobs, { recursive: true });
  const store = openStore(directory);
  const clock = createClock({
    read: () => Number(store.settings.get(clockOffset)?.value ?? 0),
    write: (offsetMs) => {
      store.settings.put({ id: clockOffset, value: String(offsetMs) });
    },
  });
  return {
    knobs,
    clock,
    newId: createIds(clock),
    store,
    blocks: await openBlocks(join(directory, 'blocks')),
    auth: openAuth(store, knobs, clock),
    githubTokens: openGithubTokens(store),
    cacheTokens: openCacheTokens(store),
    dnsTokens: openDnsTokens(store),
    gatewayHost,
    scratch,
    partials,
    cacheBlobs,
  };
}
