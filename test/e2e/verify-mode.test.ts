import { describe, expect, it } from 'vitest';
import type { GithubIssue } from '../../emulator/github-records.ts';
import { pullRequest, schedule } from '../support/events.ts';
import { emulatorForFile } from '../support/file-emulator.ts';
import { fine, type ProjectRuns, runsOf } from '../support/project-runs.ts';
import type { DistRun } from '../support/run-dist.ts';
import { pinataWrites, pinned, removePin } from '../support/seed-pins.ts';

const emulator = await emulatorForFile();
const REPOSITORY = 'acme/site';
const HEAD = '1234567890abcdef1234567890abcdef12345678';
await emulator.github({
  repository: REPOSITORY,
  commits: [{ oid: HEAD, tree: 'a'.repeat(40) }],
  pullRequests: [{ number: 21, state: 'OPEN', headRefOid: HEAD }],
});
const common = { 'block-gateways': `${emulator.gatewayUrl}/ipfs/{cid}`, 'verify-timeout': '1s' };

async function verify(of: ProjectRuns, inputs: Readonly<Record<string, string>> = {}): Promise<DistRun> {
  return await of.clean({ event: schedule(), inputs: { mode: 'verify', ...inputs } });
}

interface ReportedTag {
  readonly tag: string;
  readonly cid: string | null;
  readonly pinned: boolean;
  readonly problems: readonly string[];
}

function tagsOf(run: DistRun): readonly ReportedTag[] {
  return (run.report as { tags: readonly ReportedTag[] }).tags;
}

/** The issues of a project, oldest first. */
async function issuesOf(project: string): Promise<readonly GithubIssue[]> {
  const { issues } = await emulator.github({ repository: REPOSITORY });
  return issues.filter(({ title }) => title.startsWith(`${project}:`));
}

describe('a verification', () => {
  it('looks at what every tag points to, block by block, and writes nothing', async () => {
    const project = `${REPOSITORY}#fine`;
    const of = runsOf(emulator, project, common);
    fine(await of.deploy('older'));
    const { cid } = fine(await of.deploy('newest')).outputs;
    const preview = fine(await of.deploy('preview', { event: pullRequest(21, 'opened') })).outputs;
    await emulator.clearRequests();
    const run = fine(await verify(of));
    expect(run.annotations).toEqual([]);
    expect(run.outputs).toMatchObject({ result: 'verified', verified: 'true', tags: 'production\npr-21', cid: '' });
    expect(tagsOf(run)).toMatchObject([
      { tag: 'production', cid, pinned: true, problems: [], blocks: [{ state: 'whole' }] },
      { tag: 'pr-21', cid: preview.cid, pinned: true, problems: [] },
    ]);
    expect(run.summary).toContain('✅ 2 tags, all pinned and served');
    expect(await pinataWrites(emulator)).toEqual([]);
    const one = fine(await verify(of, { tags: 'production' }));
    expect(one.outputs.tags).toBe('production');
  });

  it('fails where the newest content was unpinned by hand, which GitHub still knows', async () => {
    const project = `${REPOSITORY}#removed`;
    const of = runsOf(emulator, project, { ...common, deployment: 'true' });
    const older = fine(await of.deploy('older of removed'));
    const newer = fine(await of.deploy('newer of removed'));
    await removePin(emulator, (await pinned(emulator, newer.outputs.cid))[0]?.id ?? '');
    const run = await verify(of);
    expect(run.exitCode).toBe(1);
    expect(run.outputs).toMatchObject({ result: 'failed', verified: 'false' });
    const [production] = tagsOf(run);
    expect(production).toMatchObject({ tag: 'production', cid: older.outputs.cid });
    expect(production?.problems.join()).toContain(`active deployment of it shows ${newer.outputs.cid}`);
    expect(run.errors[0]).toContain('1 of 1 tag not as they should be');
    fine(await of.deploy('newer of removed'));
    fine(await verify(of));
  });

  it('fails for a tag that was asked for and that nothing has', async () => {
    const project = `${REPOSITORY}#asked`;
    const of = runsOf(emulator, project, common);
    fine(await of.deploy('asked'));
    const run = await verify(of, { tags: 'production\nstaging' });
    expect(run.exitCode).toBe(1);
    expect(tagsOf(run)).toMatchObject([
      { tag: 'production', problems: [] },
      { tag: 'staging', cid: null, problems: ['nothing that is pinned has this tag'] },
    ]);
  });

  it.each(['html200', 'wrong-bytes'] as const)('fails where the gateway answers with %s', async (gatewayLies) => {
    const project = `${REPOSITORY}#${gatewayLies}`;
    const of = runsOf(emulator, project, common);
    fine(await of.deploy(`the truth beside ${gatewayLies}`));
    await emulator.restart({ knobs: { gatewayLies } });
    const run = await verify(of).finally(() => emulator.restart({ knobs: { gatewayLies: 'no' } }));
    expect(run.exitCode).toBe(1);
    const [production] = tagsOf(run);
    expect(production).toMatchObject({ tag: 'production', pinned: true });
    expect(production?.problems.length).toBeGreaterThan(0);
    fine(await verify(of));
  });

  it('finds nothing wrong after a promotion, whatever GitHub was told before', async () => {
    const project = `${REPOSITORY}#promoted`;
    const of = runsOf(emulator, project, { ...common, deployment: 'true' });
    fine(await of.deploy('before the promotion'));
    fine(await of.deploy('to be promoted', { event: pullRequest(21, 'opened') }));
    fine(await of.clean({ event: schedule(), inputs: { mode: 'promote', from: 'pr-21' } }));
    const run = await verify(of);
    expect(tagsOf(run).flatMap(({ problems }) => problems)).toEqual([]);
  });
});

describe('health-issue', () => {
  it('is opened once, kept while nothing changes, and closed when all is well', async () => {
    const project = `${REPOSITORY}#issue`;
    const of = runsOf(emulator, project, { ...common, 'health-issue': 'true' });
    const { cid } = fine(await of.deploy('looked after')).outputs;
    fine(await verify(of));
    expect(await issuesOf(project)).toEqual([]);
    // A name follows a tag that nothing has.
    const missing = { 'hot-swap-cid': `${cid ?? ''}=staging` };
    expect((await verify(of, missing)).exitCode).toBe(1);
    const [opened, ...more] = await issuesOf(project);
    expect([opened?.isOpen, more]).toEqual([true, []]);
    expect(opened?.body).toContain('nothing that is pinned has this tag');
    await emulator.clearRequests();
    expect((await verify(of, missing)).exitCode).toBe(1);
    expect(await issuesOf(project)).toHaveLength(1);
    const written = await emulator.requests({ host: 'github' });
    expect(written.filter(({ method, path }) => method !== 'GET' && !path.includes('graphql'))).toEqual([]);
    fine(await verify(of, { tags: 'production' }));
    expect((await issuesOf(project)).map(({ isOpen }) => isOpen)).toEqual([true]);
    fine(await of.clean({ event: schedule(), inputs: { mode: 'promote', from: cid ?? '', 'to-tag': 'staging' } }));
    fine(await verify(of, missing));
    const closed = await issuesOf(project);
    expect(closed.map(({ isOpen }) => isOpen)).toEqual([false]);
    const { comments, violations } = await emulator.github({ repository: REPOSITORY });
    const said = comments.filter(({ number }) => number === closed[0]?.number).map(({ body }) => body);
    expect(said).toEqual([expect.stringMatching(/^All is well again: 2 tags pinned and served at /)]);
    expect(violations).toEqual([]);
  });
});
