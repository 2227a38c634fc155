import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { deployInputs } from '../support/deploy-inputs.ts';
import { pullRequest, type RunEvent } from '../support/events.ts';
import { emulatorForFile } from '../support/file-emulator.ts';
import { projectKey } from '../support/oracle-cid.ts';
import { fine, runsOf } from '../support/project-runs.ts';
import { type DistRun, type RunningDist, startDist } from '../support/run-dist.ts';
import { ageMarks, editPin, type PinOnRecord, pinned, removePin, servedStatus } from '../support/seed-pins.ts';
import { tempTree } from '../support/temp-tree.ts';

const emulator = await emulatorForFile();

const LOOKS_MS = 2000;
/** Long enough for that gateway, and not much longer: a pin that was removed meanwhile is not served at all. */
const VERIFY = { 'verify-timeout': '3s' } as const;

interface Repaired {
  readonly project: string;
  readonly inputs?: Readonly<Record<string, string>>;
  readonly event?: RunEvent;
  /** The key that is on the pin when the run looks at the gateway. */
  readonly ready?: string;
}

/** Runs a deploy whose gateway is slow, and lets somebody meddle with its pin meanwhile. */
async function meddleWith(
  { project, inputs = {}, event, ready = `${projectKey(project)}.production` }: Repaired,
  meddle: (pin: PinOnRecord) => Promise<void>,
): Promise<DistRun> {
  using site = tempTree({ 'index.html': `repaired ${project}` });
  await emulator.fault({ match: { host: 'gateway' }, action: { delayMs: LOOKS_MS } });
  const running = startDist({
    inputs: deployInputs(emulator, site.root, { project, 'requests-per-minute': '6000', ...VERIFY, ...inputs }),
    ...(event === undefined ? {} : { event }),
  });
  const pin = await untilWritten(project, ready, running);
  // From here to the gateway's answer the run has little to do but wait.
  await sleep(LOOKS_MS / 3);
  await meddle(pin);
  return await running.done;
}

/** The project's pin as soon as a key of it was written by this run; a mark tells its time. */
async function untilWritten(project: string, key: string, { child }: RunningDist): Promise<PinOnRecord> {
  while (child.exitCode === null) {
    const found = (await emulator.state()).records.find((pin) => pin.keyvalues[projectKey(project)] === project);
    const value = found?.keyvalues[key];
    const at = Number(/\b1\d{9}\b/.exec(value ?? '')?.[0] ?? Number.POSITIVE_INFINITY);
    if (found !== undefined && value !== undefined && at > Date.now() / 1000 - 60) return found;
    await sleep(20);
  }
  throw new Error('The run ended before anybody could meddle with its pin');
}

async function expectLive(run: DistRun, project: string): Promise<void> {
  const pins = await pinned(emulator, run.outputs.cid);
  expect(pins).toHaveLength(1);
  expect(pins[0]?.keyvalues).toMatchObject({ [projectKey(project)]: project });
  expect(pins[0]?.keyvalues).toHaveProperty([`${projectKey(project)}.production`]);
  expect(run.outputs['pin-id']).toBe(pins[0]?.id);
  expect(await servedStatus(emulator, run.outputs.cid)).toBe(200);
}

it('deploys again when the pin is removed before the end', async () => {
  const project = 'acme/removed';
  const run = fine(await meddleWith({ project }, ({ id }) => removePin(emulator, id)));
  expect(run.outputs.result).toBe('deployed');
  expect(run.log).toContain('The pin was removed by somebody while this run was at work; deploying again.');
  await expectLive(run, project);
});

it('deploys again when a pin that it reused is removed before the end', async () => {
  const project = 'acme/reused';
  const first = fine(await runsOf(emulator, project).deploy(`repaired ${project}`));
  await ageMarks(emulator, first.outputs.cid, 2);
  const run = fine(await meddleWith({ project }, ({ id }) => removePin(emulator, id)));
  expect(run.outputs).toMatchObject({ result: 'deployed', cid: first.outputs.cid });
  expect(run.outputs['pin-id']).not.toBe(first.outputs['pin-id']);
  await expectLive(run, project);
});

it('deploys again when the pin is removed after a gateway served it and before it is tagged', async () => {
  const project = 'acme/removed-strict';
  using site = tempTree({ 'index.html': 'removed before it is tagged' });
  const byId = String.raw`/\/v3\/files\/public\/[0-9a-f-]{36}$/`;
  await emulator.fault({ match: { method: 'GET', path: byId }, action: { delayMs: LOOKS_MS } });
  const inputs = deployInputs(emulator, site.root, { project, 'fail-on-unreachable': 'true' });
  const running = startDist({ inputs });
  while ((await emulator.requests({ host: 'gateway' })).length === 0) await sleep(20);
  const { id } = await untilWritten(project, projectKey(project), running);
  await removePin(emulator, id);
  const run = fine(await running.done);
  expect(run.log).toContain('deploying again');
  expect(run.outputs['pin-id']).not.toBe(id);
  await expectLive(run, project);
});

it.each<[string, (project: string) => Record<string, null>]>([
  ['its tag', (project) => ({ [`${projectKey(project)}.production`]: null })],
  ['all keys', (project) => ({ [`${projectKey(project)}.production`]: null, [projectKey(project)]: null })],
])('tags the pin again that lost %s before the end', async (title, wiped) => {
  const project = `acme/wiped-${title.length}`;
  const run = fine(await meddleWith({ project }, ({ id }) => editPin(emulator, id, { keyvalues: wiped(project) })));
  expect(run.annotations).toEqual([]);
  await expectLive(run, project);
});

it('puts a preview back into a list of previews that was overwritten', async () => {
  const project = 'acme/wiped-preview';
  const key = `${projectKey(project)}.previews`;
  const at = Math.floor(Date.now() / 1000);
  const run = fine(
    await meddleWith({ project, event: pullRequest(5, 'opened'), ready: key }, ({ id }) =>
      editPin(emulator, id, { keyvalues: { [key]: `77@${at}` } }),
    ),
  );
  const [pin] = await pinned(emulator, run.outputs.cid);
  const numbers = pin?.keyvalues[key]?.split(' ').map((mark) => mark.split('@')[0]);
  expect(numbers?.toSorted()).toEqual(['5', '77']);
});

it('waits for a run that has announced to unpin the content, and deploys it again', async () => {
  const project = 'acme/announced';
  const announcement = { [`${projectKey(project)}.unpinning`]: String(Math.floor(Date.now() / 1000)) };
  const run = fine(
    await meddleWith({ project }, async ({ id }) => {
      await editPin(emulator, id, { keyvalues: announcement });
      await sleep(LOOKS_MS + 500);
      await removePin(emulator, id);
    }),
  );
  expect(run.log).toContain('Another run is about to unpin this very content; waiting until it is through.');
  await expectLive(run, project);
});

it('does not wait for a run that announced it long ago and was stopped', async () => {
  const project = 'acme/forgotten';
  const key = `${projectKey(project)}.unpinning`;
  const announcement = { [key]: String(Math.floor(Date.now() / 1000) - 700) };
  const run = fine(await meddleWith({ project }, ({ id }) => editPin(emulator, id, { keyvalues: announcement })));
  expect(run.log).not.toContain('waiting until it is through');
  await expectLive(run, project);
});

it('gives up with what to do when the pin is removed again and again', async () => {
  const project = 'acme/hunted';
  using site = tempTree({ 'index.html': 'hunted' });
  await emulator.fault({ match: { host: 'gateway' }, times: 9, action: { delayMs: 600 } });
  const running = startDist({ inputs: deployInputs(emulator, site.root, { project, 'verify-timeout': '1s' }) });
  let removed = 0;
  while (running.child.exitCode === null && removed < 3) {
    const { records } = await emulator.state();
    const pin = records.find(({ keyvalues }) => Object.hasOwn(keyvalues, `${projectKey(project)}.production`));
    if (pin !== undefined) {
      await removePin(emulator, pin.id);
      removed += 1;
    }
    await sleep(20);
  }
  const run = await running.done;
  expect(run.exitCode).toBe(1);
  expect(run.outputs.result).toBe('failed');
  expect(run.errors[0]).toMatch(
    /^The pin was removed 3 times while this run was at work\.\nAnother run or person unpins/,
  );
});
