import { describe, expect, it } from 'vitest';
import { pinsOf, writesTo } from '../support/deploy-inputs.ts';
import { closedPullRequest, pullRequest, type RunEvent } from '../support/events.ts';
import { examplesOn, FORK, forkBuilt, fromFork, headOf, only } from '../support/example-runs.ts';
import { emulatorForFile } from '../support/file-emulator.ts';
import { fine } from '../support/project-runs.ts';
import type { Planted } from '../support/temp-tree.ts';
import type { WorkflowRun } from '../support/workflow-runner.ts';

const emulator = await emulatorForFile();
const { run, openPullRequest, commentsOn } = examplesOn(emulator);

describe('fork-build.yml', () => {
  const filesOfJob = async (event: RunEvent, actor?: string): Promise<WorkflowRun> => {
    const given = actor === undefined ? { event } : { event, actor };
    return await run('fork-build.yml', { ...given, from: 'fork' });
  };

  it('builds for forks and Dependabot, without a secret, and keeps the dotfiles of the build', async () => {
    for (const [event, actor] of [
      [fromFork(pullRequest(34, 'synchronize')), undefined],
      [pullRequest(34, 'opened'), 'dependabot[bot]'],
    ] as const) {
      const [job] = (await filesOfJob(event, actor)).jobs;
      expect(job?.permissions).toEqual({ contents: 'read' });
      expect(job?.environment).toEqual({});
      const upload = job?.steps.at(-1);
      expect(upload?.what).toMatch(/^actions\/upload-artifact@[0-9a-f]{40}$/);
      expect(upload?.with).toMatchObject({ name: 'site', path: 'dist', 'include-hidden-files': 'true' });
    }
  });

  it('leaves the pull requests of members to preview.yml', async () => {
    expect((await filesOfJob(pullRequest(34, 'opened'))).jobs).toEqual([]);
  });
});

describe('fork-deploy.yml', () => {
  const site = { 'site/index.html': 'of a fork', 'site/.well-known/security.txt': 'Contact: mailto:a@example.com' };

  it('publishes what Fork build made, as the preview of the pull request with its head', async () => {
    await openPullRequest(35, FORK.full_name);
    const ran = await run('fork-deploy.yml', { event: forkBuilt(35), files: site });
    const job = only(ran);
    fine(job.action);
    expect(job.action.warnings).toEqual([]);
    expect(job.action.outputs).toMatchObject({ result: 'deployed', tags: 'pr-35', 'file-count': '2' });
    expect(await pinsOf(emulator, job.action.outputs.cid)).toHaveLength(1);
    expect(await commentsOn(35)).toEqual([expect.stringContaining(job.action.outputs.url ?? '')]);
    const { github } = await emulator.state();
    expect(github.commitStatuses).toMatchObject([
      { sha: headOf(35), state: 'success', targetUrl: job.action.outputs.url },
    ]);
    expect(job.steps.map(({ what }) => what.replace(/@.*/, ''))).toEqual([
      'actions/download-artifact',
      'OWNER/pinata-deploy',
    ]);
    // The artifact of another run; nothing here plays its download.
    expect(job.permissions.actions).toBe('read');
    expect(job.steps[0]?.with).toMatchObject({ name: 'site', path: 'site', 'run-id': '815' });
    expect(job.environment.name).toBe('fork-preview');
    expect(ran.concurrency).toEqual({ group: 'fork-preview-99-topic-35', 'cancel-in-progress': 'true' });
  });

  it('is a notice when the pull request has a newer commit', async () => {
    await openPullRequest(36, FORK.full_name);
    const event = forkBuilt(36, { head_sha: 'b'.repeat(40) });
    const { action } = only(await run('fork-deploy.yml', { event, files: site }));
    expect(action.exitCode).toBe(0);
    expect(action.notices.join('\n')).toContain('its pull request has a newer commit');
    expect(await writesTo(emulator)).toEqual([]);
  });

  it('refuses when no pull request has the head that was built', async () => {
    const { action } = only(await run('fork-deploy.yml', { event: forkBuilt(360), files: site }));
    expect(action.exitCode).toBe(1);
    expect(action.errors).toEqual([expect.stringMatching(/^It is not clear what the workflow built/)]);
    expect(await writesTo(emulator)).toEqual([]);
  });

  it('is never production, whatever the fork calls its branch', async () => {
    await openPullRequest(37, FORK.full_name);
    const event = forkBuilt(37, { head_branch: 'main' });
    const { action } = only(await run('fork-deploy.yml', { event, files: site }));
    expect(fine(action).outputs).toMatchObject({ result: 'deployed', tags: 'pr-37' });
  });

  it.each<[string, Readonly<Record<string, Planted>>, RegExp]>([
    ['a symbolic link', { ...site, 'site/passwd': { link: '/etc/passwd' } }, /link/],
    ['a link within', { ...site, 'site/other.html': { link: 'index.html' } }, /link/],
    ['too much', { ...site, 'site/large.bin': 'x'.repeat(51_000_000) }, /size-budget|budget/],
  ])('publishes nothing when the artifact has %s', async (_title, files, why) => {
    await openPullRequest(38, FORK.full_name);
    const { action } = only(await run('fork-deploy.yml', { event: forkBuilt(38), files }));
    expect(action.exitCode).toBe(1);
    expect(action.errors.join('\n')).toMatch(why);
    expect((await writesTo(emulator)).filter(({ host }) => host !== 'github')).toEqual([]);
  });

  it.each<Readonly<Record<string, string>>>([
    { conclusion: 'failure' },
    { conclusion: 'cancelled' },
    { conclusion: 'skipped' },
    { event: 'push' },
  ])('does nothing after a run with the %o', async (more) => {
    expect((await run('fork-deploy.yml', { event: forkBuilt(39, more) })).jobs).toEqual([]);
  });

  it('gives the preview up when the pull request is closed, without a checkout', async () => {
    await openPullRequest(40, FORK.full_name);
    const deployed = only(
      await run('fork-deploy.yml', { event: forkBuilt(40), files: { 'site/index.html': 'forty' } }),
    );
    await emulator.github({ repository: 'acme/site', pullRequests: [{ number: 40, state: 'CLOSED' }] });
    const closing = { ...fromFork(closedPullRequest(40, { merged: false })), name: 'pull_request_target' };
    const job = only(await run('fork-deploy.yml', { event: closing }));
    fine(job.action);
    expect(job.action.warnings).toEqual([]);
    expect(job.steps).toHaveLength(1);
    expect(job.action.outputs).toMatchObject({ result: 'cleaned', tags: 'pr-40', 'unpinned-count': '1' });
    expect(await pinsOf(emulator, deployed.action.outputs.cid)).toEqual([]);
  });

  it('leaves the closing of all other pull requests to preview.yml', async () => {
    const closing = { ...closedPullRequest(41, { merged: false }), name: 'pull_request_target' };
    expect((await run('fork-deploy.yml', { event: closing })).jobs).toEqual([]);
  });
});
