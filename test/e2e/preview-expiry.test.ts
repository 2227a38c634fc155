import { afterAll, describe, expect, it } from 'vitest';
import type { Knobs } from '../../emulator/knobs.ts';
import { type Emulator, startEmulator } from '../../emulator/server.ts';
import { controlsOf } from '../support/emulator.ts';
import { closedPullRequest, pullRequest } from '../support/events.ts';
import { projectKey } from '../support/oracle-cid.ts';
import { fine, runsOf } from '../support/project-runs.ts';
import { type AnyEmulator, editPin, pinned, servedStatus } from '../support/seed-pins.ts';

const others: Emulator[] = [];
afterAll(async () => void (await Promise.all(others.map(({ close }) => close()))));

/** An emulator for one test among others that run at the same time. */
async function emulatorWith(knobs: Partial<Knobs>): Promise<AnyEmulator> {
  const started = await startEmulator(knobs);
  others.push(started);
  return { ...started, ...controlsOf(started.apiUrl) };
}

const DAY_MS = 86_400_000;
describe.concurrent('the expiry of a preview', { timeout: 120_000 }, () => {
  const inDays = (days: number): number => Math.floor((Date.now() + days * DAY_MS) / 1000);

  it.each(['no', 'yes'] as const)('is set, told, and renewed by every push (rows show it: %s)', async (expiryShown) => {
    const pinata = await emulatorWith({ expiryShown });
    const runs = runsOf(pinata, 'acme/site#expiring');
    const first = fine(await runs.deploy('expiring', { event: pullRequest(30, 'opened') }));
    const [pin] = await pinned(pinata, first.outputs.cid);
    expect(Math.abs((pin?.expiresAt ?? 0) - inDays(30))).toBeLessThan(60);
    expect(Math.abs(Date.parse(first.outputs['expires-at'] ?? '') / 1000 - inDays(30))).toBeLessThan(60);
    expect(first.report).toMatchObject({ expiresAt: first.outputs['expires-at'] });
    await editPin(pinata, pin?.id ?? '', { expires_at: inDays(3) });
    const pushed = fine(await runs.deploy('expiring', { event: pullRequest(30, 'synchronize') }));
    expect(pushed.outputs.result).toBe('unchanged');
    expect((await pinned(pinata, first.outputs.cid))[0]?.expiresAt).toBeGreaterThan(inDays(29));
  });

  it('is as long as preview-expires says, and none with never', async () => {
    const pinata = await emulatorWith({});
    const runs = runsOf(pinata, 'acme/site#chosen');
    const short = fine(
      await runs.deploy('two days', { event: pullRequest(31, 'opened'), inputs: { 'preview-expires': '2d' } }),
    );
    expect(Math.abs(((await pinned(pinata, short.outputs.cid))[0]?.expiresAt ?? 0) - inDays(2))).toBeLessThan(60);
    const never = fine(
      await runs.deploy('never', { event: pullRequest(32, 'opened'), inputs: { 'preview-expires': 'never' } }),
    );
    expect(never.outputs['expires-at']).toBe('');
    expect(await expiresWithin(pinata, never.outputs.cid, 20 * 365)).toBe(false);
    // What an earlier run set is taken away again.
    const changed = fine(
      await runs.deploy('two days', { event: pullRequest(31, 'synchronize'), inputs: { 'preview-expires': 'never' } }),
    );
    expect(changed.outputs['expires-at']).toBe('');
    expect(await expiresWithin(pinata, short.outputs.cid, 20 * 365)).toBe(false);
  });

  it('is not set by a deploy to a long-lived tag', async () => {
    const pinata = await emulatorWith({});
    const run = fine(await runsOf(pinata, 'acme/site#lasting').deploy('lasting'));
    expect((await pinned(pinata, run.outputs.cid))[0]?.expiresAt).toBeNull();
  });

  it.each<Partial<Knobs>>([
    { expiryClear: 'refused', expiryShown: 'no' },
    { expiryClear: 'refused', expiryShown: 'yes' },
    { expiryClear: 'ignored', expiryShown: 'no' },
    { expiryClear: 'yes', expiryShown: 'yes' },
  ])('ends when the content becomes production (cleared: $expiryClear, shown: $expiryShown)', async (knobs) => {
    const pinata = await emulatorWith(knobs);
    const runs = runsOf(pinata, 'acme/site#promoted');
    const { cid } = fine(await runs.deploy('promoted', { event: pullRequest(33, 'opened') })).outputs;
    expect(await expiresWithin(pinata, cid, 31)).toBe(true);
    const production = fine(await runs.deploy('promoted'));
    expect(production.outputs).toMatchObject({ cid, 'expires-at': '', 'uploaded-bytes': '0' });
    expect(await expiresWithin(pinata, cid, 20 * 365)).toBe(false);
    // Neither the preview's next push nor its end brings one back.
    fine(await runs.deploy('promoted', { event: pullRequest(33, 'synchronize') }));
    fine(await runs.clean({ event: closedPullRequest(33, { merged: true }) }));
    expect(await expiresWithin(pinata, cid, 20 * 365)).toBe(false);
  });

  it('ends by null where the service takes no time that is far away', async () => {
    const pinata = await emulatorWith({ expiryClear: 'yes' });
    const runs = runsOf(pinata, 'acme/site#no-far-away');
    const { cid } = fine(await runs.deploy('no far away', { event: pullRequest(34, 'opened') })).outputs;
    await pinata.fault({ match: { host: 'api', method: 'PUT' }, action: { status: 400 } });
    fine(await runs.deploy('no far away'));
    const [pin] = await pinned(pinata, cid);
    expect(pin?.expiresAt).toBeNull();
    expect(pin?.keyvalues).toHaveProperty([`${projectKey('acme/site#no-far-away')}.production`]);
  });

  it('is the service’s own: it removes the pin by itself, and the next push brings it back', async () => {
    const pinata = await emulatorWith({});
    const runs = runsOf(pinata, 'acme/site#expired', { 'preview-expires': '40d' });
    const first = fine(await runs.deploy('expired', { event: pullRequest(35, 'opened') }));
    await pinata.clock({ advanceMs: 39 * DAY_MS });
    expect(await servedStatus(pinata, first.outputs.cid)).toBe(200);
    await pinata.clock({ advanceMs: 2 * DAY_MS });
    expect(await servedStatus(pinata, first.outputs.cid)).toBe(403);
    expect(fine(await runs.clean({ inputs: { mode: 'list' } })).summary).toContain('The project has no revisions.');
    // The runner's clock stands where it stood, so it must ask for longer.
    const again = fine(
      await runs.deploy('expired', { event: pullRequest(35, 'synchronize'), inputs: { 'preview-expires': '90d' } }),
    );
    expect(again.outputs).toMatchObject({ result: 'deployed', cid: first.outputs.cid, changed: 'true' });
    expect(again.outputs['pin-id']).not.toBe(first.outputs['pin-id']);
    expect(await servedStatus(pinata, first.outputs.cid)).toBe(200);
  });
});

async function expiresWithin(pinata: AnyEmulator, cid: string | undefined, days: number): Promise<boolean> {
  const [pin] = await pinned(pinata, cid);
  expect(pin).toBeDefined();
  return pin?.expiresAt != null && pin.expiresAt * 1000 < Date.now() + days * DAY_MS;
}
