import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { LoggedRequest } from '../../emulator/request-log.ts';
import { deployInputs, pinsOf, withoutTimes } from '../support/deploy-inputs.ts';
import type { FaultRequest } from '../support/emulator.ts';
import { pushTo, releaseOf } from '../support/events.ts';
import { emulatorForFile } from '../support/file-emulator.ts';
import { projectKey } from '../support/oracle-cid.ts';
import { runDist, startDist } from '../support/run-dist.ts';
import { seededBytes } from '../support/seeded.ts';
import { tempTree } from '../support/temp-tree.ts';

const emulator = await emulatorForFile();

const HELD_MS = 1200;

/** Until the requests before the one that is held were answered. */
async function untilHeld(answered: number): Promise<void> {
  let before: readonly LoggedRequest[] = [];
  while (before.length < answered) {
    await sleep(20);
    before = await emulator.requests();
  }
  await sleep(200);
}

describe('a run that is killed', () => {
  it.each<[string, number, number, NonNullable<FaultRequest['match']>]>([
    ['while it looks at the account', 100, 1, { host: 'api', path: 'cid=' }],
    ['while it uploads', 100, 3, { host: 'upload', method: 'POST' }],
    ['while it sends a chunk', 17_000_000, 4, { host: 'upload', method: 'PATCH' }],
    ['while it writes the tags', 100, 6, { host: 'api', method: 'PUT' }],
    ['while it looks at the gateway', 100, 8, { host: 'gateway' }],
  ])('%s is made good by the next one', async (title, bytes, answered, match) => {
    const project = `acme/killed-${answered}-${bytes}`;
    const key = projectKey(project);
    using before = tempTree({ 'index.html': `before ${title}` });
    const live = await runDist({ inputs: deployInputs(emulator, before.root, { project }) });
    const kept = await pinsOf(emulator, live.outputs.cid);

    using site = tempTree({ 'index.html': title });
    writeFileSync(join(site.root, 'data.bin'), seededBytes(bytes, 41));
    await emulator.clearRequests();
    await emulator.fault({ match, action: { delayMs: HELD_MS } });
    const running = startDist({ inputs: deployInputs(emulator, site.root, { project }) });
    await untilHeld(answered);
    running.child.kill('SIGKILL');
    const killed = await running.done;
    expect(killed.exitCode, killed.log).toBeNull();
    expect(killed.outputs).toEqual({});
    expect(await pinsOf(emulator, live.outputs.cid)).toEqual(kept);

    const again = await runDist({ inputs: deployInputs(emulator, site.root, { project }) });
    expect(again.exitCode, again.log).toBe(0);
    expect(again.outputs.verified).toBe('gateway');
    // What was held acts in the end, after the run that asked for it is long gone.
    await sleep(HELD_MS);
    const pins = await pinsOf(emulator, again.outputs.cid);
    expect(pins).toHaveLength(1);
    expect(withoutTimes(pins[0]?.keyvalues)).toMatchObject({ [key]: project, [`${key}.production`]: 'TIME 1234567' });
    expect(await pinsOf(emulator, live.outputs.cid)).toEqual(kept);
  });
});

describe('runs at the same time', () => {
  it('of one content, for a branch and a release, put both tags on it', async () => {
    using site = tempTree({ 'index.html': 'two at once' });
    const inputs = deployInputs(emulator, site.root, { project: 'acme/parallel' });
    const runs = await Promise.all([
      runDist({ inputs, event: pushTo('main') }),
      runDist({ inputs, event: releaseOf('v1.0.0') }),
    ]);
    for (const run of runs) expect(run.exitCode, run.log).toBe(0);
    const pins = await pinsOf(emulator, runs[0].outputs.cid);
    const key = projectKey('acme/parallel');
    const keys = new Set(pins.flatMap(({ keyvalues }) => Object.keys(keyvalues)));
    expect([...keys]).toEqual(expect.arrayContaining([key, `${key}.production`, `${key}.v1.0.0`]));
  });
});
