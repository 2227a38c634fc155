import { spawnSync } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { describe } from 'vitest';

/** A program of other authors that may be installed. */
export interface Peer {
  readonly name: string;
  /** Where it is; undefined when this machine does not have it. */
  readonly binary: string | undefined;
  /** What it calls itself, or why it is not there. */
  readonly found: string;
}

export interface Command {
  readonly name: string;
  /** The environment variable that may say where it is. */
  readonly variable: string;
  /** Arguments that make it answer at once. */
  readonly ask: readonly string[];
}

/** Looks where the variable says, else on PATH. A variable that names nothing that runs is an error, not an absence. */
export function findPeer({ name, variable, ask }: Command): Peer {
  const named = process.env[variable] ?? '';
  const places = named === '' ? (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, name)) : [named];
  for (const binary of places) {
    const answer = spawnSync(binary, ask, { encoding: 'utf8' });
    if (answer.error === undefined) return { name, binary, found: answer.stdout.split('\n')[0] || name };
  }
  if (named !== '') throw new Error(`${variable} names ${named}, which does not run.`);
  return { name, binary: undefined, found: `${name} is not on PATH, and ${variable} is not set` };
}

/** Tests that need a peer. Without it they are reported as skipped, their names say why, and a line is printed. */
export function describeWith(peer: Peer, title: string, tests: (binary: string) => void): void {
  if (peer.binary !== undefined) {
    console.log(`With ${peer.name} (${peer.found}, ${peer.binary}): ${title}.`);
    describe(title, () => tests(peer.binary ?? ''));
  } else {
    console.log(`SKIPPED, ${peer.found}: ${title}.`);
    describe.skip(`${title} (skipped: ${peer.found})`, () => tests(''));
  }
}

export interface Setting {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** Runs a peer to its end and answers what it printed. Throws with its complaint when it fails. */
export function runPeer(binary: string, args: readonly string[], { env = {}, cwd }: Setting = {}): Buffer {
  const run = spawnSync(binary, args, {
    ...(cwd === undefined ? {} : { cwd }),
    // A fresh environment: what a person has configured for the peer must not change what it answers.
    env: { PATH: process.env.PATH, ...env },
    maxBuffer: 2 ** 30,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (run.error !== undefined) throw run.error;
  if (run.status !== 0) {
    throw new Error(
      `${binary} ${args.join(' ')} ended with ${run.status}: ${run.stderr.toString()}${run.stdout.toString()}`,
    );
  }
  return run.stdout;
}
