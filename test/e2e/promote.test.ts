import { describe, expect, it } from 'vitest';
import type { RepositoryState } from '../support/emulator.ts';
import { closedPullRequest, otherEvent, pullRequest } from '../support/events.ts';
import { emulatorForFile } from '../support/file-emulator.ts';
import { projectKey } from '../support/oracle-cid.ts';
import { fine, type ProjectRuns, runsOf } from '../support/project-runs.ts';
import type { DistRun } from '../support/run-dist.ts';
import { cidOfText, pinataWrites, pinned, removePin, seedPins, servedStatus } from '../support/seed-pins.ts';

const emulator = await emulatorForFile({ expiryShown: 'yes' });
const REPOSITORY = 'acme/site';
const HEAD = '1234567890abcdef1234567890abcdef12345678';
const dispatch = otherEvent('workflow_dispatch');
await emulator.github({
  repository: REPOSITORY,
  commits: [{ oid: HEAD, tree: 'a'.repeat(40) }],
  pullRequests: [12, 13, 14, 15].map((number) => ({ number, state: 'OPEN' as const, headRefOid: HEAD })),
});

const blocks = { 'block-gateways': `${emulator.gatewayUrl}/ipfs/{cid}` };

interface Given {
  readonly inputs?: Readonly<Record<string, string>>;
  /** Of the workflow run; another one for every call when it is left out. */
  readonly runId?: string;
}

let runs = 9000;

async function start(of: ProjectRuns, mode: string, { inputs = {}, runId }: Given = {}): Promise<DistRun> {
  runs += 1;
  const env = { GITHUB_RUN_ID: runId ?? String(runs) };
  return await of.clean({ event: dispatch, inputs: { mode, ...inputs }, env });
}

/** What a tag of a project stands on, newest first, and since when. */
async function marksOf(project: string, tag: string): Promise<readonly string[]> {
  const key = `${projectKey(project)}.${tag}`;
  const { records } = await emulator.state();
  const marked = records.flatMap(({ root, keyvalues }) => {
    const value = keyvalues[key];
    return value === undefined ? [] : [{ root, at: Number(value.split(' ')[0]) }];
  });
  return marked.toSorted((a, b) => b.at - a.at).map(({ root }) => root);
}

async function repository(): Promise<RepositoryState> {
  return await emulator.github({ repository: REPOSITORY });
}

async function endPull(number: number, state: 'CLOSED' | 'MERGED'): Promise<void> {
  await emulator.github({ repository: REPOSITORY, pullRequests: [{ number, state, headRefOid: HEAD }] });
}

/** Two versions of production; the newest first. */
async function twoVersions(of: ProjectRuns, name: string): Promise<readonly [newer: string, older: string]> {
  const older = fine(await of.deploy(`${name} one`)).outputs.cid ?? '';
  const newer = fine(await of.deploy(`${name} two`)).outputs.cid ?? '';
  await emulator.clearRequests();
  return [newer, older];
}

describe('a promotion of a preview', () => {
  const project = `${REPOSITORY}#preview`;
  const of = runsOf(emulator, project, blocks);

  it('puts production on the very bytes that were reviewed, and sends none', async () => {
    const before = fine(await of.deploy('what was there'));
    const preview = fine(await of.deploy('what was reviewed', { event: pullRequest(12, 'opened') }));
    const { cid } = preview.outputs;
    expect((await pinned(emulator, cid))[0]?.expiresAt).not.toBeNull();
    await emulator.clearRequests();
    const run = fine(await start(of, 'promote', { inputs: { from: 'pr-12' } }));
    expect(run.warnings).toEqual([]);
    expect(run.outputs).toMatchObject({
      result: 'promoted',
      cid,
      'previous-cid': before.outputs.cid,
      changed: 'true',
      tags: 'production',
      'files-changed': '1',
      verified: 'gateway',
      'pin-id': preview.outputs['pin-id'],
      'uploaded-bytes': '',
    });
    expect(await emulator.requests({ host: 'upload' })).toEqual([]);
    expect(await marksOf(project, 'production')).toEqual([cid, before.outputs.cid]);
    expect(run.summary).toContain('🚀 Promoted to <code>production</code>');
    expect(run.summary).toContain(`from&#58; ${before.outputs.cid}`);
  });

  it('takes the expiry off the pin', async () => {
    const { cid } = fine(await of.deploy('expires no more', { event: pullRequest(13, 'opened') })).outputs;
    const [preview] = await pinned(emulator, cid);
    const inAYear = Date.now() / 1000 + 365 * 86_400;
    expect(preview?.expiresAt ?? Number.POSITIVE_INFINITY).toBeLessThan(inAYear);
    fine(await start(of, 'promote', { inputs: { from: 'pr-13' } }));
    const [pin] = await pinned(emulator, cid);
    expect(pin?.expiresAt ?? Number.POSITIVE_INFINITY).toBeGreaterThan(inAYear);
  });

  it('says so where the tag stands there already, and moves nothing', async () => {
    const marks = await marksOf(project, 'production');
    await emulator.clearRequests();
    const run = fine(await start(of, 'promote', { inputs: { from: 'pr-13' } }));
    expect(run.outputs).toMatchObject({ result: 'promoted', changed: 'false' });
    expect(run.summary).toContain('points there already');
    expect(await marksOf(project, 'production')).toEqual(marks);
    expect(await pinataWrites(emulator)).toEqual([]);
  });

  it('works when the pull request was merged and its cleanup ran first', async () => {
    const { cid } = fine(await of.deploy('merged and cleaned', { event: pullRequest(14, 'opened') })).outputs;
    await endPull(14, 'MERGED');
    fine(await of.clean({ event: closedPullRequest(14, { merged: true }) }));
    const [cleaned] = await pinned(emulator, cid);
    expect(cleaned?.keyvalues).not.toHaveProperty([`${projectKey(project)}.previews`]);
    const run = fine(await start(of, 'promote', { inputs: { from: 'pr-14' } }));
    expect(run.outputs).toMatchObject({ result: 'promoted', cid });
    expect((await marksOf(project, 'production'))[0]).toBe(cid);
    expect(await servedStatus(emulator, cid)).toBe(200);
  });

  it('fails when the pull request was closed without a merge: its content is gone', async () => {
    fine(await of.deploy('given up', { event: pullRequest(15, 'opened') }));
    await endPull(15, 'CLOSED');
    fine(await of.clean({ event: closedPullRequest(15, { merged: false }) }));
    const run = await start(of, 'promote', { inputs: { from: 'pr-15' } });
    expect(run.exitCode).toBe(1);
    expect(run.errors[0]).toMatch(/^Nothing of acme\/site#preview has the tag pr-15\./);
    expect(run.errors[0]).toContain('production');
  });
});

describe('a rollback', () => {
  it('goes back one version, proves it first, and takes less than ten requests', async () => {
    const project = `${REPOSITORY}#back`;
    const of = runsOf(emulator, project, blocks);
    const [newer, older] = await twoVersions(of, 'back');
    const run = fine(await start(of, 'rollback'));
    expect(run.outputs).toMatchObject({ result: 'promoted', cid: older, 'previous-cid': newer, changed: 'true' });
    expect(await marksOf(project, 'production')).toEqual([older, newer]);
    expect(run.summary).toContain('⏪ Rolled <code>production</code> back');
    const requests = await emulator.requests();
    const asked = requests.map(({ host, method, path }) => `${host} ${method} ${path}`);
    expect(asked.length, asked.join('\n')).toBeLessThan(10);
    expect(requests.findIndex(({ host }) => host === 'gateway')).toBeLessThan(
      requests.findIndex(({ method }) => method === 'PUT'),
    );
  });

  it('moves nothing while no gateway serves the old content, and says which did not', async () => {
    const project = `${REPOSITORY}#unserved`;
    const of = runsOf(emulator, project, { ...blocks, 'verify-timeout': '1s' });
    const [newer, older] = await twoVersions(of, 'unserved');
    await emulator.fault({ match: { host: 'gateway' }, times: 999, action: { status: 504 } });
    const run = await start(of, 'rollback');
    expect(run.exitCode).toBe(1);
    expect(run.errors[0]).toMatch(new RegExp(`^No gateway .* production~1 \\(${older}\\)`));
    expect(run.errors[0]).toContain('No tag was moved.');
    expect(run.outputs).toMatchObject({ result: 'failed', cid: '' });
    expect(await marksOf(project, 'production')).toEqual([newer, older]);
    expect(await pinataWrites(emulator)).toEqual([]);
    expect(fine(await start(of, 'rollback', { inputs: { verify: 'pin' } })).outputs.cid).toBe(older);
  });

  it('goes back once when the same workflow run repeats it, and forth again in another one', async () => {
    const project = `${REPOSITORY}#repeated`;
    const of = runsOf(emulator, project, blocks);
    const [newer, older] = await twoVersions(of, 'repeated');
    const results: unknown[] = [];
    for (const runId of ['71', '71', '72', '72', '73']) {
      const { outputs } = fine(await start(of, 'rollback', { runId }));
      results.push([outputs.cid, outputs.changed]);
    }
    expect(results).toEqual([
      [older, 'true'],
      [older, 'false'],
      [newer, 'true'],
      [newer, 'false'],
      [older, 'true'],
    ]);
    expect(await marksOf(project, 'production')).toEqual([older, newer]);
  });

  it('says how many versions there are where it goes back too far', async () => {
    const project = `${REPOSITORY}#short`;
    const of = runsOf(emulator, project, blocks);
    const { cid } = fine(await of.deploy('the only one')).outputs;
    const run = await start(of, 'rollback');
    expect(run.exitCode).toBe(1);
    expect(run.errors[0]).toContain('production~1 names nothing: production has only one version.');
    expect(await marksOf(project, 'production')).toEqual([cid]);
  });
});

describe('a promotion', () => {
  it('of a CID finds it whoever pinned it, and adopts the pin', async () => {
    const project = `${REPOSITORY}#cid`;
    const of = runsOf(emulator, project, { ...blocks, verify: 'pin' });
    const cid = await cidOfText('pinned by hand');
    await seedPins(emulator, [{ cid, name: 'by hand', keyvalues: { team: 'art' } }]);
    const run = fine(await start(of, 'promote', { inputs: { from: cid, 'to-tag': 'staging' } }));
    expect(run.outputs).toMatchObject({ result: 'promoted', cid, tags: 'staging', 'previous-cid': '' });
    const [pin] = await pinned(emulator, cid);
    expect(pin?.keyvalues).toMatchObject({ team: 'art', 'pd1.adopted': '1', [projectKey(project)]: project });
  });

  it('tells GitHub the commit that the content was built from, and ends the deployment before', async () => {
    const project = `${REPOSITORY}#told`;
    const of = runsOf(emulator, project, { ...blocks, deployment: 'true' });
    const [newer, older] = await twoVersions(of, 'told');
    const run = fine(
      await of.clean({
        event: { ...dispatch, sha: 'b'.repeat(40) },
        inputs: { mode: 'rollback' },
        env: { GITHUB_RUN_ID: '5' },
      }),
    );
    expect(run.warnings).toEqual([]);
    const { deployments, violations } = await repository();
    const own = deployments.filter(({ payload }) => JSON.stringify(payload).includes(project));
    const active = own.filter(({ statuses }) => statuses.at(-1)?.state === 'success');
    expect(active.map(({ databaseId, sha }) => [String(databaseId), sha])).toEqual([
      [run.outputs['deployment-id'], HEAD],
    ]);
    expect(JSON.stringify(active[0]?.payload)).toContain(older);
    expect(JSON.stringify(active[0]?.payload)).not.toContain(newer);
    expect(violations).toEqual([]);
  });

  it('tells GitHub the commit of a preview that was merged and cleaned up before', async () => {
    const project = `${REPOSITORY}#merged`;
    const of = runsOf(emulator, project, { ...blocks, deployment: 'true' });
    const opened = pullRequest(16, 'opened');
    const { cid } = fine(await of.deploy('merged and told', { event: opened })).outputs;
    await endPull(16, 'MERGED');
    fine(await of.clean({ event: closedPullRequest(16, { merged: true }) }));
    const run = fine(await start(of, 'promote', { inputs: { from: 'pr-16' } }));
    expect(run.outputs).toMatchObject({ result: 'promoted', cid });
    const { deployments } = await repository();
    const made = deployments.find(({ databaseId }) => String(databaseId) === run.outputs['deployment-id']);
    expect(made?.sha).toBe((opened.payload.pull_request as { readonly head: { readonly sha: string } }).head.sha);
  });

  it('writes nothing in a dry run, and shows what the move means', async () => {
    const project = `${REPOSITORY}#dry`;
    const of = runsOf(emulator, project, blocks);
    const [newer, older] = await twoVersions(of, 'dry');
    const run = fine(await start(of, 'rollback', { inputs: { 'dry-run': 'true' } }));
    expect(run.outputs).toMatchObject({ result: 'planned', cid: older, 'previous-cid': newer, 'files-changed': '1' });
    expect(run.outputs['pin-id']).toBe('');
    expect(run.summary).toContain('🧪 Dry run');
    expect(await pinataWrites(emulator)).toEqual([]);
    expect(await marksOf(project, 'production')).toEqual([newer, older]);
  });

  it.each<[string, Record<string, string>, RegExp]>([
    ['without a source', {}, /^from must be what mode "promote" puts the tag on/],
    ['of what is no tag', { from: 'No Tag' }, /from must be a tag such as pr-12/],
    ['to a preview', { from: 'production', 'to-tag': 'pr-1' }, /^to-tag must be one tag that is no preview/],
  ])('%s is refused before anything is asked', async (_title, inputs, message) => {
    const run = await start(runsOf(emulator, `${REPOSITORY}#refused`), 'promote', { inputs });
    expect(run.exitCode).toBe(1);
    expect(run.errors[0]).toMatch(message);
    expect(run.outputs.result).toBe('failed');
    expect(await emulator.requests()).toEqual([]);
  });

  it('of a CID that nobody pins moves nothing', async () => {
    const project = `${REPOSITORY}#unpinned`;
    const of = runsOf(emulator, project, blocks);
    const [newer, older] = await twoVersions(of, 'unpinned');
    const [pin] = await pinned(emulator, older);
    await removePin(emulator, pin?.id ?? '');
    const run = await start(of, 'promote', { inputs: { from: older } });
    expect(run.exitCode).toBe(1);
    expect(run.errors[0]).toContain(`The account does not pin ${older}.`);
    expect(await marksOf(project, 'production')).toEqual([newer]);
  });
});
