import { describe, expect, it } from 'vitest';
import { emulatorForFile } from '../support/file-emulator.ts';
import { startMirrorServices } from '../support/mirror-services.ts';
import { fine, type ProjectRuns, runsOf } from '../support/project-runs.ts';
import type { DistRun } from '../support/run-dist.ts';
import { ageMarks, pinned } from '../support/seed-pins.ts';

const emulator = await emulatorForFile();

/** What the output `mirrors` tells of each: `node pinned`. */
function states({ outputs }: DistRun): readonly string[] {
  const rows = JSON.parse(outputs.mirrors ?? '[]') as readonly { mirror: string; state: string }[];
  return rows.map(({ mirror, state }) => `${mirror} ${state}`);
}

/** The second deploy gives up the first at once. */
async function replaced(of: ProjectRuns, words: readonly [string, string]): Promise<readonly [DistRun, DistRun]> {
  const first = fine(await of.deploy(words[0]));
  await ageMarks(emulator, first.outputs.cid, 30);
  return [first, await of.deploy(words[1])];
}

const AT_ONCE = { 'keep-last': '1', 'keep-within': '0s' };

describe('content of a deploy', () => {
  it('is on every mirror, and leaves them when the account has given it up', async () => {
    await using services = await startMirrorServices();
    const inputs = { mirrors: services.mirrors, 'mirror-tokens': services.tokens, ...AT_ONCE };
    const of = runsOf(emulator, 'acme/mirrored', inputs);
    const [first, second] = await replaced(of, ['mirrored first', 'mirrored second']);
    const [old = '', cid = ''] = [first.outputs.cid, fine(second).outputs.cid];
    expect(states(first)).toEqual(['backup pinned', 'node pinned', 'cluster pinned']);
    expect(first.summary).toContain('#### Mirrors');
    expect(second.warnings).toEqual([]);
    expect(states(second)).toEqual([
      'backup pinned',
      'node pinned',
      'cluster pinned',
      'backup unpinned',
      'node unpinned',
      'cluster unpinned',
    ]);
    expect(await pinned(emulator, old)).toEqual([]);
    expect([...services.kubo.pins.keys()]).toEqual([cid]);
    expect([...services.cluster.pins.keys()]).toEqual([cid]);
    expect(services.psa.rows().map(({ pin }) => pin.cid)).toEqual([cid]);
  });

  it('stays on the mirrors while the account has it, whatever the reason', async () => {
    await using services = await startMirrorServices();
    const of = runsOf(emulator, 'acme/spared', { mirrors: `node=kubo+${services.kubo.url}`, ...AT_ONCE });
    const old = fine(await of.deploy('spared first')).outputs.cid ?? '';
    await ageMarks(emulator, old, 30);
    await emulator.fault({ match: { method: 'DELETE' }, times: 50, action: { status: 500 } });
    const run = fine(await of.deploy('spared second'));
    await emulator.clearFaults();
    expect(await pinned(emulator, old)).toHaveLength(1);
    expect(states(run)).toEqual(['node pinned']);
    expect([...services.kubo.pins.keys()]).toContain(old);
  });

  it('is live though no mirror takes it, which is one warning', async () => {
    const of = runsOf(emulator, 'acme/alone', { mirrors: 'node=kubo+http://127.0.0.1:9', 'verify-timeout': '2s' });
    const run = fine(await of.deploy('no mirror takes it'));
    expect(run.outputs.result).toBe('deployed');
    expect(states(run)).toEqual(['node trouble']);
    expect(run.warnings).toHaveLength(1);
    expect(run.warnings[0]).toMatch(/^1 of 1 mirror did not take bafy/);
  }, 120_000);

  it('shows no token of a mirror, also where the mirror repeats it', async () => {
    await using services = await startMirrorServices();
    services.psa.knobs.refusal = {
      status: 403,
      reason: 'FORBIDDEN',
      details: `no entry for ${services.psa.knobs.token}`,
    };
    const of = runsOf(emulator, 'acme/quiet', {
      mirrors: `backup=${services.psa.url}`,
      'mirror-tokens': `backup=${services.psa.knobs.token}`,
    });
    const run = fine(await of.deploy('a mirror that talks'));
    expect(states(run)).toEqual(['backup trouble']);
    const shown = [run.log.replaceAll(/^::add-mask::.*$/gm, ''), run.summary, JSON.stringify(run.outputs)];
    for (const text of shown) expect(text).not.toContain(services.psa.knobs.token);
    expect(run.log).toContain(`::add-mask::${services.psa.knobs.token}`);
  });
});
