import { createHash } from 'node:crypto';
import { appendFileSync, cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deployInputs } from '../test/support/deploy-inputs.ts';
import type { TestEmulator } from '../test/support/emulator.ts';
import { pushTo, type RunEvent } from '../test/support/events.ts';
import { type DistRun, startDist } from '../test/support/run-dist.ts';
import { readableLog } from './readable-log.ts';

export const root = join(import.meta.dirname, '..');
export const site = join(root, 'examples', 'dapp');
/** What a person may look at afterwards. */
export const shown = join(root, '.demo');

/** Where the demo plays, until somebody stops it. */
export interface Stage {
  readonly emulator: TestEmulator;
  readonly interrupted: AbortSignal;
}

export interface Scene {
  readonly path?: string;
  readonly inputs?: Readonly<Record<string, string>>;
  readonly event?: RunEvent;
  /** A run that has to fail. */
  readonly end?: 'failed';
}

/** The site with one more line in its page, and a bundle with a hash in its name, as bundlers write them. */
export function changedSite(folder: string, name: string): string {
  const path = join(folder, name);
  cpSync(site, path, { recursive: true });
  appendFileSync(join(path, 'index.html'), `<!-- ${name} -->\n`);
  const bundle = `console.log('A tour for ${name}');\n`.repeat(name.length);
  const hash = createHash('sha256').update(bundle).digest('base64url').slice(0, 8);
  writeFileSync(join(path, 'assets', `tour-${hash}.js`), bundle);
  stamp(path, '2026-07-13T08:00:00.000Z');
  return path;
}

/** What makes the CID of every build another one. */
export function stamp(path: string, built: string): void {
  writeFileSync(join(path, 'build.json'), `${JSON.stringify({ name: 'dapp', built })}\n`);
}

export function title(text: string): void {
  console.log(`\n${text}\n${'─'.repeat(text.length)}`);
}

export function table(rows: Readonly<Record<string, string>>): void {
  const width = Math.max(...Object.keys(rows).map((name) => name.length));
  for (const [name, value] of Object.entries(rows)) console.log(`  ${name.padEnd(width)}  ${value || '(empty)'}`);
}

/** Runs the bundle once, as the runner would, and prints its log. Throws when it ends otherwise than it has to. */
export async function play({ emulator, interrupted }: Stage, scene: Scene = {}): Promise<DistRun> {
  const event = scene.event ?? pushTo('main');
  // GitHub makes deployments of commits that it knows.
  await emulator.github({ repository: 'acme/dapp', commits: [{ oid: event.sha, tree: event.sha }] });
  const inputs = deployInputs(emulator, scene.path ?? 'examples/dapp', {
    project: 'acme/dapp',
    comment: 'auto',
    deployment: 'auto',
    'pinata-gateway-url': emulator.gatewayUrl,
    'github-token': emulator.githubToken,
    ...scene.inputs,
  });
  const { child, done } = startDist({
    inputs,
    cwd: root,
    cache: emulator,
    env: { GITHUB_REPOSITORY: 'acme/dapp', GITHUB_API_URL: emulator.githubUrl },
    event,
  });
  interrupted.addEventListener('abort', () => child.kill());
  const run = await done;
  interrupted.throwIfAborted();
  for (const line of readableLog(run.log)) console.log(`  │ ${line}`.trimEnd());
  if ((run.exitCode === 0) === (scene.end === 'failed'))
    throw new Error(`The action ended with exit code ${run.exitCode}.`);
  return run;
}
