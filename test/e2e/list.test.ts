import { beforeAll, describe, expect, it } from 'vitest';
import { emulatorFor } from '../support/emulator-inside.ts';
import { closedPullRequest, pushTo } from '../support/events.ts';
import { emulatorForFile } from '../support/file-emulator.ts';
import { fine, groupIn, retentionOf, rowOf, runsOf } from '../support/project-runs.ts';
import { type DistRun, declaredOutputs } from '../support/run-dist.ts';
import { namesOf, pinataWrites, seedProject } from '../support/seed-pins.ts';

const emulator = await emulatorForFile();

const LIST = { mode: 'list', 'keep-last': '2' } as const;

describe('mode: list', () => {
  const project = 'acme/site#listed';
  let run: DistRun;
  let cids: Readonly<Record<string, string>> = {};

  beforeAll(async () => {
    await emulator.github({ repository: 'acme/site', pullRequests: [{ number: 9, state: 'CLOSED' }] });
    cids = await seedProject(emulator, project, {
      now: { tags: { production: 0, 'v1.2.0': 0 } },
      before: { tags: { production: 8 } },
      old: { tags: { production: 20 } },
      release: { tags: { production: 400, 'v1.0.0': 401 } },
      preview: { previews: { 9: 2 } },
    });
    await seedProject(emulator, 'acme/other', { foreign: { tags: { production: 900 } } });
    await emulator.clearRequests();
    run = fine(await runsOf(emulator, project).clean({ inputs: LIST, event: pushTo('main') }));
    // The requests of this run are gone when the tests begin.
    expect(await pinataWrites(emulator)).toEqual([]);
  });

  it('prints every version with what a sweep would do with it and why, newest first', () => {
    const [head, ...rows] = groupIn(run.log, 'Versions of this project');
    expect(head).toMatch(/^Version +Tags +Age +Size +Decision +Reason$/);
    const reasons = [
      /^bafkre\S+ +production, v1\.2\.0 +now +100 B +keep +current$/,
      /^bafkre\S+ +pr-9 +2 d +100 B +unpin +pull request closed, no other tag$/,
      /^bafkre\S+ +production~1 +8 d +100 B +keep +keep-last 2$/,
      /^bafkre\S+ +production~2 +20 d +100 B +unpin +older than keep-last 2 and keep-within$/,
      /^bafkre\S+ +production~3, v1\.0\.0 +400 d +100 B +keep +same CID as v1\.0\.0 \(protect-tags v\*\)$/,
    ];
    expect(rows).toEqual(reasons.map((reason) => expect.stringMatching(reason) as unknown));
  });

  it('tells the account’s usage in log, summary and report', async () => {
    const { records } = await emulator.state();
    const bytes = records.reduce((sum, { blockBytes }) => sum + blockBytes, 0);
    const line = `The account holds ${records.length} pins, ${bytes} B.`;
    expect(run.log).toContain(`\n${line}\n`);
    expect(run.summary).toContain(line);
    expect(run.summary).toContain('### 📋 What is pinned');
    expect(run.report).toMatchObject({ result: 'listed', usage: { pins: records.length, bytes } });
  });

  it('tells the same in the report and sets every output, and removes nothing', async () => {
    expect(retentionOf(run)).toMatchObject({ notApplied: 'mode is list', unpinned: [], failed: [], spared: [] });
    expect(retentionOf(run).revisions).toHaveLength(5);
    expect(rowOf(run, cids.preview)).toMatchObject({ tags: ['pr-9'], decision: 'unpin', verdict: 'stale' });
    expect(Object.keys(run.outputs).toSorted()).toEqual([...declaredOutputs()].toSorted());
    expect(run.outputs).toMatchObject({ result: 'listed', cid: '', 'unpinned-count': '0', unpinned: '[]' });
    expect(run.log).toMatch(/^2 of 5 versions would be unpinned; nothing was, because mode is list\.$/m);
    expect(await namesOf(emulator, project)).toHaveLength(5);
    expect(run.annotations).toEqual([]);
  });

  it('shows the same plan that the next sweep carries out', async () => {
    const swept = fine(await runsOf(emulator, project, { 'keep-last': '2' }).clean());
    const planned = retentionOf(run).revisions.filter(({ decision }) => decision === 'unpin');
    expect(retentionOf(swept).unpinned.toSorted()).toEqual(planned.map(({ cid }) => cid).toSorted());
  });
});

it('lists whatever the event is, and needs no path', async () => {
  const event = closedPullRequest(9, { merged: false });
  await seedProject(emulator, 'acme/any-event', { now: { tags: { production: 1 } }, preview: { previews: { 9: 1 } } });
  const run = fine(await runsOf(emulator, 'acme/any-event').clean({ inputs: LIST, event }));
  expect(run.outputs).toMatchObject({ result: 'listed', tags: '' });
  expect(await pinataWrites(emulator)).toEqual([]);
});

it('lists a project without pins', async () => {
  const run = fine(await runsOf(emulator, 'acme/nothing').clean({ inputs: LIST }));
  expect(run.outputs.result).toBe('listed');
  expect(run.log).toContain('The project has no revisions yet.');
  expect(run.summary).toContain('The project has no revisions.');
});

it('shows a plan beyond max-removals without failing: nothing is removed anyway', async () => {
  const project = 'acme/list-too-many';
  await seedProject(emulator, project, {
    now: { tags: { docs: 1 } },
    a: { tags: { docs: 90 } },
    b: { tags: { docs: 91 } },
  });
  const run = fine(
    await runsOf(emulator, project, { 'keep-last': '1', 'max-removals': '1' }).clean({ inputs: { mode: 'list' } }),
  );
  expect(run.log).toMatch(/^2 of 3 versions would be unpinned/m);
});

describe('a key', () => {
  it('without the legacy permission lists, and the usage is not known', async () => {
    const project = 'acme/no-legacy';
    await seedProject(emulator, project, { now: { tags: { production: 1 } } });
    const jwt = await emulator.addKey({ scopes: ['org:files:read'] });
    const run = fine(await runsOf(emulator, project, { 'pinata-jwt': jwt }).clean({ inputs: LIST }));
    expect(run.outputs.result).toBe('listed');
    expect(run.log).toContain('What the whole account uses is not known');
    expect(run.summary).toContain('the key lacks the permission Legacy Endpoints, Data&#58; userPinnedDataTotal.');
    expect(run.report).toMatchObject({ usage: null });
    expect(run.annotations).toEqual([]);
  });

  it('that may only read can list and is refused nothing that a list needs', async () => {
    const project = 'acme/read-only';
    await seedProject(emulator, project, { now: { tags: { docs: 1 } }, old: { tags: { docs: 90 } } });
    const jwt = await emulator.addKey({ scopes: ['org:files:read'] });
    const run = fine(await runsOf(emulator, project, { ...LIST, 'keep-last': '1', 'pinata-jwt': jwt }).clean());
    expect(run.log).toMatch(
      /^Hot swaps protect nothing: the gateway is not known \(pinata-gateway, or the permission Gateways: Read\)\.$/m,
    );
    expect(run.log).toMatch(/^1 of 2 versions would be unpinned/m);
  });

  it('that is wrong fails', async () => {
    const run = await runsOf(emulator, 'acme/wrong-key', { 'pinata-jwt': 'aaaaaaaa.bbbbbbbb.cccccccc' }).clean({
      inputs: LIST,
    });
    expect(run.exitCode).toBe(1);
    expect(run.errors[0]).toMatch(/^Pinata does not accept the key in pinata-jwt/);
  });
});

it('says when it cannot look: without a list there is no plan', async () => {
  const pinata = await emulatorFor({});
  await pinata.fault({ match: { host: 'api', method: 'GET' }, times: 99, action: { status: 400 } });
  const run = await runsOf(pinata, 'acme/blind').clean({ inputs: LIST });
  expect(run.exitCode).toBe(1);
  expect(run.errors[0]).toMatch(/^Pinata did not list the pins/);
});
