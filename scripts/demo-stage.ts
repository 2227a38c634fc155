import { join } from 'node:path';
import { deployInputs } from '../test/support/deploy-inputs.ts';
import type { TestEmulator } from '../test/support/emulator.ts';
import type { RunEvent } from '../test/support/events.ts';
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

export function title(text: string): void {
  console.log(`\n${text}\n${'─'.repeat(text.length)}`);
}

export function table(rows: Readonly<Record<string, string>>): void {
  const width = Math.max(...Object.keys(rows).map((name) => name.length));
  for (const [name, value] of Object.entries(rows)) console.log(`  ${name.padEnd(width)}  ${value || '(empty)'}`);
}

/** Runs the bundle once, as the runner would, and prints its log. Throws when it ends otherwise than it has to. */
export async function play({ emulator, interrupted }: Stage, scene: Scene = {}): Promise<DistRun> {
  const inputs = deployInputs(emulator, scene.path ?? 'examples/dapp', {
    project: 'acme/dapp',
    'pinata-gateway-url': emulator.gatewayUrl,
    'github-token': emulator.githubToken,
    ...scene.inputs,
  });
  const { child, done } = startDist({
    inputs,
    cwd: root,
    cache: emulator,
    env: { GITHUB_REPOSITORY: 'acme/dapp', GITHUB_API_URL: emulator.githubUrl },
    ...(scene.event === undefined ? {} : { event: scene.event }),
  });
  interrupted.addEventListener('abort', () => child.kill());
  const run = await done;
  interrupted.throwIfAborted();
  for (const line of readableLog(run.log)) console.log(`  │ ${line}`.trimEnd());
  if ((run.exitCode === 0) === (scene.end === 'failed'))
    throw new Error(`The action ended with exit code ${run.exitCode}.`);
  return run;
}
