import { describe, expect, it } from 'vitest';
import { pinsOf, writesTo } from '../support/deploy-inputs.ts';
import { closedPullRequest, pullRequest, pushTo, type RunEvent, releaseOf, schedule } from '../support/events.ts';
import { examplesOn, FORK, fromFork, HEAD, headOf, only } from '../support/example-runs.ts';
import { emulatorForFile } from '../support/file-emulator.ts';
import { fine } from '../support/project-runs.ts';
import type { DistRun } from '../support/run-dist.ts';
import { namesOf, seedProject } from '../support/seed-pins.ts';

const emulator = await emulatorForFile();
const { run, openPullRequest, commentsOn, deploymentOf } = examplesOn(emulator);

describe('deploy.yml', () => {
  it('makes a push to the default branch the production site, and tells later steps', async () => {
    await emulator.github({ repository: 'acme/site', private: true, commits: [{ oid: HEAD, tree: 'a'.repeat(40) }] });
    const ran = await run('deploy.yml', { event: pushTo('main'), files: { 'dist/index.html': 'deploy.yml' } });
    const job = only(ran);
    fine(job.action);
    expect(job.action.warnings).toEqual([]);
    expect(job.action.outputs).toMatchObject({ result: 'deployed', tags: 'production' });
    expect(await pinsOf(emulator, job.action.outputs.cid)).toHaveLength(1);
    expect(await deploymentOf(job.action)).toMatchObject({
      environment: 'ipfs-production',
      state: 'ACTIVE',
      environmentUrl: job.action.outputs.url,
    });
    expect(job.environment).toEqual({ name: 'production', deployment: 'false' });
    expect(ran.concurrency).toMatchObject({ group: 'production' });
    expect(job.steps.at(-1)?.env).toEqual({
      CID: job.action.outputs.cid,
      URL: job.action.outputs.url,
      CONTENTHASH: job.action.outputs.contenthash,
    });
  });

  it('sees that two commits have the same files, which takes contents: read', async () => {
    const again = headOf(2);
    await emulator.github({ repository: 'acme/site', private: true, commits: [{ oid: again, tree: 'a'.repeat(40) }] });
    const inputs = { project: 'acme/site#same-files' };
    const deployed = async (text: string, sha: string): Promise<DistRun> =>
      only(await run('deploy.yml', { event: { ...pushTo('main'), sha }, files: { 'dist/index.html': text }, inputs }))
        .action;
    fine(await deployed('one', HEAD));
    expect((await deployed('two', again)).warnings).toEqual([expect.stringContaining('The sources are the same')]);
  });

  it('is not started by a push to another branch', async () => {
    await expect(run('deploy.yml', { event: pushTo('topic') })).rejects.toThrow('does not start');
  });
});

describe('preview.yml', () => {
  it('shows an opened pull request, and gives the preview up when it is closed', async () => {
    await openPullRequest(31);
    const opened = await run('preview.yml', {
      event: pullRequest(31, 'opened'),
      files: { 'dist/index.html': 'preview.yml' },
    });
    const preview = only(opened);
    fine(preview.action);
    expect(preview.id).toBe('preview');
    expect(preview.action.warnings).toEqual([]);
    expect(preview.action.outputs).toMatchObject({ result: 'deployed', tags: 'pr-31' });
    expect(await commentsOn(31)).toEqual([expect.stringContaining(preview.action.outputs.url ?? '')]);
    expect(await deploymentOf(preview.action)).toMatchObject({ environment: 'ipfs-preview', state: 'ACTIVE' });
    expect(opened.concurrency).toEqual({ group: 'preview-31', 'cancel-in-progress': 'true' });

    await emulator.github({ repository: 'acme/site', pullRequests: [{ number: 31, state: 'CLOSED' }] });
    const closed = await run('preview.yml', { event: closedPullRequest(31, { merged: false }) });
    const cleanup = only(closed);
    fine(cleanup.action);
    expect(cleanup.id).toBe('cleanup');
    expect(cleanup.action.warnings).toEqual([]);
    expect(cleanup.action.outputs).toMatchObject({ result: 'cleaned', tags: 'pr-31', 'unpinned-count': '1' });
    expect(await pinsOf(emulator, preview.action.outputs.cid)).toEqual([]);
    expect(await commentsOn(31)).toEqual([expect.not.stringContaining(preview.action.outputs.url ?? '')]);
    expect(await deploymentOf(preview.action)).not.toMatchObject({ state: 'ACTIVE' });
    expect(closed.concurrency['cancel-in-progress']).toBe('false');
  });

  it.each<[string, RunEvent, string | undefined]>([
    ['a fork', fromFork(pullRequest(32, 'opened')), undefined],
    ['Dependabot', pullRequest(32, 'opened'), 'dependabot[bot]'],
  ])('only compares what comes from %s, and is green', async (_title, event, actor) => {
    await openPullRequest(32, FORK.full_name);
    const files = { 'dist/index.html': 'from outside' };
    const ran = await run('preview.yml', { event, files, from: 'fork', ...(actor === undefined ? {} : { actor }) });
    const { action } = only(ran);
    fine(action);
    expect(action.outputs).toMatchObject({ result: 'skipped', tags: '', url: '' });
    expect(action.outputs.cid).toMatch(/^bafybei/);
    expect(action.notices).toEqual([expect.stringMatching(/fork/)]);
    expect(await pinsOf(emulator, action.outputs.cid)).toEqual([]);
    expect((await writesTo(emulator)).filter(({ host }) => host !== 'github')).toEqual([]);
  });

  it('has nothing to give up when the pull request of a fork is closed', async () => {
    const event = fromFork(closedPullRequest(33, { merged: false }));
    const { action } = only(await run('preview.yml', { event, from: 'fork' }));
    fine(action);
    expect(action.outputs.result).toBe('skipped');
    expect(await writesTo(emulator)).toEqual([]);
  });
});

describe('release.yml', () => {
  it('deploys a release under its git tag, and writes the CID into its notes', async () => {
    await emulator.github({
      repository: 'acme/site',
      private: true,
      commits: [{ oid: HEAD, tree: 'a'.repeat(40) }],
      refs: { 'v1.4.0': HEAD },
      releases: [{ tag: 'v1.4.0', body: 'Faster.' }],
    });
    const files = { 'dist/index.html': 'release.yml' };
    const ran = await run('release.yml', {
      event: releaseOf('v1.4.0'),
      files,
      inputs: { project: 'acme/site#release' },
    });
    const { action } = only(ran);
    fine(action);
    expect(action.warnings).toEqual([]);
    expect(action.outputs).toMatchObject({ result: 'deployed', tags: 'v1.4.0' });
    const { github } = await emulator.state();
    const notes = github.releases.find(({ tag }) => tag === 'v1.4.0')?.body ?? '';
    expect(notes).toMatch(/^Faster\./);
    expect(notes).toContain(action.outputs.cid);
    expect(notes).toContain(action.outputs.contenthash);
    expect(ran.concurrency.group).toBe('release-v1.4.0');
  });
});

describe('sweep.yml', () => {
  it('takes the preview of a pull request whose closing was missed', async () => {
    await emulator.github({
      repository: 'acme/site',
      private: true,
      pullRequests: [{ number: 42, state: 'CLOSED', closedAt: new Date(Date.now() - 86_400_000).toISOString() }],
    });
    await seedProject(emulator, 'acme/site#sweep', { missed: { previews: { 42: 30 } } });
    const ran = await run('sweep.yml', { event: schedule(), inputs: { project: 'acme/site#sweep' } });
    const { action, environment } = only(ran);
    fine(action);
    expect(action.warnings).toEqual([]);
    expect(action.outputs).toMatchObject({ result: 'cleaned', 'unpinned-count': '1' });
    expect(await namesOf(emulator, 'acme/site#sweep')).toEqual([]);
    expect(environment.deployment).toBe('false');
  });
});
