import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Cid } from '../../src/domain/cid.ts';
import { parseCid } from '../../src/domain/cid.ts';
import type { CidProfile } from '../../src/domain/listing.ts';
import type { Peer } from './peers.ts';
import { findPeer, runPeer } from './peers.ts';

/** Kubo, as `ipfs` on PATH or in IPFS_BIN. */
export const KUBO: Peer = findPeer({ name: 'ipfs', variable: 'IPFS_BIN', ask: ['--version'] });

/** Kubo, where it knows the profiles of IPIP-0499; without them it cannot measure a directory by its whole block. */
export const KUBO_WITH_PROFILES: Peer =
  KUBO.binary === undefined || knowsProfiles(KUBO.binary)
    ? KUBO
    : {
        name: KUBO.name,
        binary: undefined,
        found: `${KUBO.found} has no profile unixfs-v1-2025, which came with 0.40`,
      };

function knowsProfiles(binary: string): boolean {
  return runPeer(binary, ['config', 'profile', '--help']).includes('unixfs-v1-2025');
}

const PROFILE_FLAGS: Readonly<Record<CidProfile, readonly string[]>> = {
  'unixfs-v1-2025': ['--cid-version=1', '--raw-leaves', '--chunker=size-1048576', '--max-file-links=1024'],
  'unixfs-v0-2015': ['--cid-version=0', '--raw-leaves=false', '--chunker=size-262144', '--max-file-links=174'],
  'pinata-folder': ['--cid-version=1', '--raw-leaves', '--chunker=size-262144', '--max-file-links=174'],
};

/** A repository of its own, that no other node ever hears of. */
export interface KuboRepo extends Disposable {
  /** The directory that has the repository, as `repo`. */
  readonly home: string;
  run(...args: readonly string[]): Buffer;
  /** Adds a file or a directory, hidden files too. Answers the root as CIDv1. */
  add(path: string, ...flags: readonly string[]): Cid | undefined;
}

/** An empty repository that adds by a profile: Kubo's own where it has that, else by flags. */
export function kuboRepo(binary: string, profile: CidProfile): KuboRepo {
  const home = mkdtempSync(join(tmpdir(), 'kubo-'));
  const env = { HOME: home, IPFS_PATH: join(home, 'repo'), IPFS_TELEMETRY: 'off' };
  const run = (...args: readonly string[]): Buffer => runPeer(binary, ['--offline', ...args], { env, cwd: home });
  run('init', '--empty-repo');
  const hasProfile = profile !== 'pinata-folder' && knowsProfiles(binary);
  if (hasProfile) run('config', 'profile', 'apply', profile);
  const profileFlags = hasProfile ? [] : PROFILE_FLAGS[profile];
  return {
    home,
    run,
    add: (path, ...flags) => {
      return parseCid(run('add', '-r', '-Q', '--hidden', ...profileFlags, ...flags, '--', path).toString());
    },
    [Symbol.dispose]: () => rmSync(home, { recursive: true, force: true }),
  };
}
