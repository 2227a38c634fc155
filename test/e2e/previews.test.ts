import { describe, expect, it } from 'vitest';
import { closedPullRequest, pullRequest, pullRequestTarget, type RunEvent } from '../support/events.ts';
import { emulatorForFile } from '../support/file-emulator.ts';
import { projectKey } from '../support/oracle-cid.ts';
import { fine, rowOf, runsOf } from '../support/project-runs.ts';
import {
  daysAgo,
  editPin,
  namesOf,
  pairsOf,
  pinataWrites,
  pinned,
  removePin,
  seedPins,
  seedProject,
  servedStatus,
} from '../support/seed-pins.ts';

const emulator = await emulatorForFile();
const unmerged = { merged: false } as const;
const merged = { merged: true } as const;

/** Numbers of the pull requests on a pin, smallest first. */
async function previewsOn(cid: string | undefined, project: string): Promise<readonly string[]> {
  const [pin] = await pinned(emulator, cid);
  const value = pin?.keyvalues[`${projectKey(project)}.previews`] ?? '';
  return value
    .split(' ')
    .map((mark) => mark.split('@')[0] ?? '')
    .toSorted();
}

// Tests that wait most of their time, and touch neither faults nor the request log.
describe.concurrent('a pull request', { timeout: 120_000 }, () => {
  it('that is closed without a merge frees all it showed at once, and its tag', async ({ expect }) => {
    const project = 'acme/site#closed';
    const runs = runsOf(emulator, project);
    const opened = fine(await runs.deploy('closed 1', { event: pullRequest(1, 'opened') }));
    const pushed = fine(await runs.deploy('closed 2', { event: pullRequest(1, 'synchronize') }));
    expect(pushed.outputs).toMatchObject({ tags: 'pr-1', 'previous-cid': opened.outputs.cid, 'unpinned-count': '0' });
    expect(rowOf(pushed, opened.outputs.cid)).toMatchObject({ tags: ['pr-1~1'], verdict: 'young' });
    const closed = fine(await runs.clean({ event: closedPullRequest(1, unmerged) }));
    expect(closed.annotations).toEqual([]);
    expect(closed.outputs).toMatchObject({ result: 'cleaned', tags: 'pr-1', cid: '', 'unpinned-count': '2' });
    expect(Number(closed.outputs['bytes-freed'])).toBe(Number(opened.outputs.size) + Number(pushed.outputs.size));
    expect(rowOf(closed, pushed.outputs.cid)).toMatchObject({ reason: 'pull request closed, no other tag' });
    expect(closed.summary).toContain('🗑 Given up <code>pr-1</code>');
    for (const { outputs } of [opened, pushed]) expect(await servedStatus(emulator, outputs.cid)).toBe(403);
    const repeated = fine(await runs.clean({ event: closedPullRequest(1, unmerged) }));
    expect(repeated.outputs).toMatchObject({ result: 'cleaned', tags: 'pr-1', 'unpinned-count': '0' });
  });

  it('that is pushed to gives up what it showed before once that is older than keep-within', async ({ expect }) => {
    const project = 'acme/site#pushed';
    const runs = runsOf(emulator, project);
    const { before: cid } = await seedProject(emulator, project, { before: { previews: { 2: 8 } } });
    const pushed = fine(await runs.deploy('pushed', { event: pullRequest(2, 'synchronize') }));
    expect(JSON.parse(pushed.outputs.unpinned ?? '')).toMatchObject([
      { cid, tags: ['pr-2~1'], reason: 'replaced, older than keep-within' },
    ]);
  });

  it('that is merged loses its tag, and its content to a sweep an hour later at the earliest', async ({ expect }) => {
    const project = 'acme/site#merged';
    const released = `${projectKey(project)}.released`;
    const runs = runsOf(emulator, project);
    const { cid } = fine(await runs.deploy('merged', { event: pullRequest(3, 'opened') })).outputs;
    const closed = fine(await runs.clean({ event: closedPullRequest(3, merged) }));
    expect(closed.outputs).toMatchObject({ result: 'cleaned', tags: 'pr-3', 'unpinned-count': '0' });
    expect(rowOf(closed, cid)).toMatchObject({ verdict: 'young', decision: 'untag', reason: 'merged within the hour' });
    const [pin] = await pinned(emulator, cid);
    expect(Object.keys(pin?.keyvalues ?? {}).toSorted()).toEqual([
      projectKey(project),
      `${projectKey(project)}.merged`,
      released,
    ]);
    expect(Math.abs(Number(pin?.keyvalues[released]) - Date.now() / 1000)).toBeLessThan(60);
    const soon = fine(await runs.clean());
    expect(rowOf(soon, cid)).toMatchObject({ verdict: 'young', decision: 'keep' });
    await editPin(emulator, pin?.id ?? '', { keyvalues: { [released]: String(daysAgo(59 / 1440)) } });
    expect(fine(await runs.clean()).outputs['unpinned-count']).toBe('0');
    await editPin(emulator, pin?.id ?? '', { keyvalues: { [released]: String(daysAgo(61 / 1440)) } });
    const later = fine(await runs.clean());
    expect(later.outputs).toMatchObject({ result: 'cleaned', tags: '', 'unpinned-count': '1' });
    expect(later.summary).toContain('🧹 Swept');
    expect(await pinned(emulator, cid)).toEqual([]);
  });

  it('that is merged into production leaves its content to that, without an upload', async ({ expect }) => {
    const project = 'acme/site#into-production';
    const key = projectKey(project);
    const runs = runsOf(emulator, project);
    const preview = fine(await runs.deploy('into production', { event: pullRequest(4, 'opened') }));
    fine(await runs.clean({ event: closedPullRequest(4, merged) }));
    const production = fine(await runs.deploy('into production'));
    expect(production.outputs).toMatchObject({ result: 'deployed', cid: preview.outputs.cid, 'uploaded-bytes': '0' });
    const [pin] = await pinned(emulator, preview.outputs.cid);
    expect(Object.keys(pin?.keyvalues ?? {}).toSorted()).toEqual([key, `${key}.merged`, `${key}.production`]);
    expect(fine(await runs.clean()).outputs['unpinned-count']).toBe('0');
  });

  it('that is closed while production has its content only loses its tag', async ({ expect }) => {
    const project = 'acme/site#same-as-production';
    const key = projectKey(project);
    const runs = runsOf(emulator, project);
    const production = fine(await runs.deploy('same as production'));
    const { cid } = fine(await runs.deploy('same as production', { event: pullRequest(5, 'opened') })).outputs;
    expect(cid).toBe(production.outputs.cid);
    const closed = fine(await runs.clean({ event: closedPullRequest(5, unmerged) }));
    expect(rowOf(closed, cid)).toMatchObject({
      verdict: 'shared-content',
      decision: 'untag',
      reason: 'same CID as production (current)',
    });
    const [pin] = await pinned(emulator, cid);
    expect(Object.keys(pin?.keyvalues ?? {}).toSorted()).toEqual([key, `${key}.production`]);
    expect(await servedStatus(emulator, cid)).toBe(200);
  });

  it('that is closed leaves the previews of others with its content alone', async ({ expect }) => {
    const project = 'acme/site#two-previews';
    const runs = runsOf(emulator, project);
    const { cid } = fine(await runs.deploy('two previews', { event: pullRequest(6, 'opened') })).outputs;
    fine(await runs.deploy('two previews', { event: pullRequest(66, 'opened') }));
    expect(await previewsOn(cid, project)).toEqual(['6', '66']);
    expect(fine(await runs.clean({ event: closedPullRequest(6, unmerged) })).outputs['unpinned-count']).toBe('0');
    expect(await previewsOn(cid, project)).toEqual(['66']);
    expect(fine(await runs.clean({ event: closedPullRequest(66, unmerged) })).outputs['unpinned-count']).toBe('1');
  });

  it('that was reopened is not taken down by the late news of its closing', async ({ expect }) => {
    const project = 'acme/site#reopened';
    const runs = runsOf(emulator, project);
    fine(await runs.deploy('reopened', { event: pullRequest(7, 'opened') }));
    const at = new Date(Date.now() - 600_000);
    const { cid } = fine(await runs.deploy('reopened', { event: pullRequest(7, 'reopened') })).outputs;
    const late = fine(await runs.clean({ event: closedPullRequest(7, { ...unmerged, at }) }));
    expect(late.outputs).toMatchObject({ result: 'cleaned', 'unpinned-count': '0' });
    expect(await previewsOn(cid, project)).toEqual(['7']);
    const again = fine(await runs.clean({ event: closedPullRequest(7, unmerged) }));
    expect(again.outputs['unpinned-count']).toBe('1');
    const back = fine(await runs.deploy('reopened', { event: pullRequest(7, 'reopened') }));
    expect(back.outputs).toMatchObject({ result: 'deployed', cid, changed: 'true' });
    expect(await servedStatus(emulator, cid)).toBe(200);
  });

  it('that fell out of a full list of previews is warned of, and the content outlives them for 30 days', async ({
    expect,
  }) => {
    const project = 'acme/site#full';
    const key = projectKey(project);
    const runs = runsOf(emulator, project);
    const { cid } = fine(await runs.deploy('full of previews', { event: pullRequest(100, 'opened') })).outputs;
    const [pin] = await pinned(emulator, cid);
    const others = Array.from({ length: 13 }, (_value, index) => `${101 + index}@${daysAgo(index / 100)}`);
    await editPin(emulator, pin?.id ?? '', { keyvalues: { [`${key}.previews`]: others.join(' ') } });
    const run = fine(await runs.deploy('full of previews', { event: pullRequest(200, 'opened') }));
    expect(run.warnings).toEqual([
      expect.stringMatching(
        /^More pull requests have this very content than fit on its pin: #\d+(, #\d+)* fell out\. It stays pinned for 30 days/,
      ),
    ]);
    const value = (await pinned(emulator, cid))[0]?.keyvalues[`${key}.previews`] ?? '';
    expect(value.length).toBeLessThan(200);
    expect(value).toMatch(/^200@\d{10} 101@.* 0@\d{10}$/);
    const numbers = value.split(' ').map((mark) => Number(mark.split('@')[0]));
    for (const number of numbers.filter((known) => known !== 0).slice(0, 2)) {
      expect(fine(await runs.clean({ event: closedPullRequest(number, unmerged) })).outputs['unpinned-count']).toBe(
        '0',
      );
    }
    await editPin(emulator, pin?.id ?? '', { keyvalues: { [`${key}.previews`]: `0@${daysAgo(29)}` } });
    expect(rowOf(fine(await runs.clean()), cid)).toMatchObject({
      verdict: 'young',
      reason: 'more previews than fit on the pin',
    });
    await editPin(emulator, pin?.id ?? '', { keyvalues: { [`${key}.previews`]: `0@${daysAgo(31)}` } });
    expect(fine(await runs.clean()).outputs['unpinned-count']).toBe('1');
  });
});

describe('an event of a closed pull request', () => {
  it('that never had a preview is fine, and nothing is written', async () => {
    const project = 'acme/site#never';
    await seedProject(emulator, project, { now: { tags: { production: 1 } }, other: { previews: { 12: 1 } } });
    const run = fine(await runsOf(emulator, project).clean({ event: closedPullRequest(11, unmerged) }));
    expect(run.outputs).toMatchObject({ result: 'cleaned', tags: 'pr-11', 'unpinned-count': '0', unpinned: '[]' });
    expect(run.annotations).toEqual([]);
    expect(await pinataWrites(emulator)).toEqual([]);
  });

  it('takes nothing from an empty project either', async () => {
    const run = fine(await runsOf(emulator, 'acme/site#empty').clean({ event: closedPullRequest(11, merged) }));
    expect(run.outputs).toMatchObject({ result: 'cleaned', 'unpinned-count': '0' });
    expect(run.summary).toContain('The project has no revisions.');
  });

  it('does not mistake the numbers of others for its own', async () => {
    const project = 'acme/site#numbers';
    await seedProject(emulator, project, {
      one: { previews: { 1: 1 } },
      eleven: { previews: { 11: 1 } },
      more: { previews: { 111: 1, 21: 2 } },
    });
    const run = fine(await runsOf(emulator, project).clean({ event: closedPullRequest(11, unmerged) }));
    expect(run.outputs['unpinned-count']).toBe('1');
    expect(await namesOf(emulator, project)).toEqual(['more', 'one']);
  });

  it('cleans up with the rights of the base repository too', async () => {
    const project = 'acme/site#target';
    await seedProject(emulator, project, { preview: { previews: { 13: 1 } } });
    const closed = closedPullRequest(13, unmerged);
    const run = fine(
      await runsOf(emulator, project).clean({ event: { ...pullRequestTarget(13, 'closed'), payload: closed.payload } }),
    );
    expect(run.outputs).toMatchObject({ result: 'cleaned', 'unpinned-count': '1' });
  });

  it('from a fork, whose run has no key, is skipped', async () => {
    const run = await runsOf(emulator, 'acme/site').clean({ event: fromFork(14), inputs: { 'pinata-jwt': '' } });
    fine(run);
    expect(run.outputs).toMatchObject({ result: 'skipped', 'unpinned-count': '' });
    expect(run.notices).toEqual([expect.stringMatching(/fork.* get no secrets/)]);
    expect(await emulator.requests()).toEqual([]);
  });

  it('ignores tags that name what a deploy would tag, unless the mode is cleanup', async () => {
    const project = 'acme/site#named';
    await seedProject(emulator, project, { now: { tags: { production: 1 } }, preview: { previews: { 15: 1 } } });
    const run = fine(
      await runsOf(emulator, project).clean({ event: closedPullRequest(15, unmerged), inputs: { tags: 'production' } }),
    );
    expect(run.outputs).toMatchObject({ tags: 'pr-15', 'unpinned-count': '1' });
    expect(await namesOf(emulator, project)).toEqual(['now']);
  });
});

function fromFork(number: number): RunEvent {
  const event = closedPullRequest(number, unmerged);
  const ended = event.payload.pull_request as Record<string, unknown>;
  const head = { ...(ended.head as Record<string, unknown>), repo: { full_name: 'stranger/site' } };
  return { ...event, payload: { ...event.payload, pull_request: { ...ended, head } } };
}

describe('a sweep by the clock', () => {
  const hoursAgo = (hours: number): string => new Date(Date.now() - hours * 3_600_000).toISOString();

  it('finds the previews whose closing nobody noticed', async () => {
    const project = 'acme/site#missed';
    await emulator.github({
      repository: 'acme/site',
      pullRequests: [
        { number: 20, state: 'OPEN' },
        { number: 24, state: 'OPEN' },
        { number: 21, state: 'CLOSED', closedAt: hoursAgo(0.1) },
        { number: 22, state: 'MERGED', closedAt: hoursAgo(30) },
        { number: 23, state: 'MERGED', closedAt: hoursAgo(0.5) },
      ],
    });
    const cids = await seedProject(emulator, project, {
      open: { previews: { 20: 200 } },
      closed: { previews: { 21: 1 } },
      'merged long ago': { previews: { 22: 2 } },
      'merged just now': { previews: { 23: 2 } },
      unknown: { previews: { 29: 300 } },
      'open and closed': { previews: { 24: 100, 21: 1 } },
    });
    const run = fine(await runsOf(emulator, project).clean());
    expect(run.annotations).toEqual([]);
    expect(await namesOf(emulator, project)).toEqual(['merged just now', 'open', 'open and closed', 'unknown']);
    expect(rowOf(run, cids.closed)?.reason).toBe('pull request closed, no other tag');
    expect(rowOf(run, cids['merged long ago'])?.reason).toBe('pull request merged, no other tag');
    expect(rowOf(run, cids['merged just now'])).toMatchObject({ decision: 'untag', reason: 'merged within the hour' });
    expect(rowOf(run, cids.open)?.verdict).toBe('current');
    expect(await previewsOn(cids['open and closed'], project)).toEqual(['24']);
    expect(await previewsOn(cids.unknown, project)).toEqual(['29']);
  });

  it.each<[string, () => Promise<string>, RegExp]>([
    [
      'may not read pull requests',
      () => emulator.addGithubToken({ deployments: true }),
      /Resource not accessible by integration/,
    ],
    ['is missing', () => Promise.resolve(''), /there is no github-token/],
  ])('keeps all previews and warns when the token %s', async (title, token, why) => {
    const project = `acme/site#token-${title.length}`;
    await seedProject(emulator, project, {
      closed: { previews: { 21: 100 } },
      stale: { tags: { docs: 90 } },
      docs: { tags: { docs: 1 } },
    });
    const run = fine(await runsOf(emulator, project, { 'keep-last': '1', 'github-token': await token() }).clean());
    expect(run.warnings).toEqual([
      expect.stringMatching(/^All previews are kept, since it is not known whose pull request is closed: /),
    ]);
    expect(run.warnings[0]).toMatch(why);
    // What needs no GitHub is swept all the same.
    expect(await namesOf(emulator, project)).toEqual(['closed', 'docs']);
  });

  it('keeps all previews and warns when GitHub does not know the token', async () => {
    const project = 'acme/site#token-unknown';
    await seedProject(emulator, project, { closed: { previews: { 21: 100 } } });
    const runs = runsOf(emulator, project, { 'github-token': 'ghs_unknown0123456789' });
    const run = fine(await runs.clean());
    expect(run.warnings).toEqual([expect.stringMatching(/^All previews are kept.*pull requests \(401\)\.$/)]);
    expect(await namesOf(emulator, project)).toEqual(['closed']);
  });

  it('keeps all previews where the project is not named after the repository', async () => {
    const project = 'other/name';
    await seedProject(emulator, project, { closed: { previews: { 21: 100 } } });
    const run = fine(await runsOf(emulator, project).clean());
    expect(run.warnings[0]).toContain('the project other/name is not named after the repository acme/site');
    expect(await namesOf(emulator, project)).toEqual(['closed']);
  });

  it('does not ask GitHub where there is no preview', async () => {
    const project = 'acme/site#no-previews';
    await seedProject(emulator, project, { now: { tags: { production: 1 } } });
    fine(await runsOf(emulator, project).clean());
    expect(await emulator.requests({ host: 'github' })).toEqual([]);
  });

  it('asks about hundreds of previews in few requests', async () => {
    const project = 'acme/site#hundreds';
    const pullRequests = Array.from({ length: 120 }, (_value, index) => ({
      number: 1000 + index,
      state: index < 20 ? ('CLOSED' as const) : ('OPEN' as const),
      ...(index < 20 ? { closedAt: hoursAgo(5) } : {}),
    }));
    await emulator.github({ repository: 'acme/site', pullRequests });
    const contents = pullRequests.map(({ number }) => [`p${number}`, { previews: { [number]: 3 } }] as const);
    await seedProject(emulator, project, Object.fromEntries(contents));
    const run = fine(await runsOf(emulator, project).clean());
    expect(run.outputs['unpinned-count']).toBe('20');
    expect(await namesOf(emulator, project)).toHaveLength(100);
    expect((await emulator.requests({ host: 'github' })).length).toBeLessThanOrEqual(4);
  });
});

it('uploads a preview again whose pin somebody removed', async () => {
  const project = 'acme/site#removed';
  const runs = runsOf(emulator, project);
  const first = fine(await runs.deploy('removed by hand', { event: pullRequest(40, 'opened') }));
  await removePin(emulator, first.outputs['pin-id'] ?? '');
  const again = fine(await runs.deploy('removed by hand', { event: pullRequest(40, 'synchronize') }));
  expect(again.outputs).toMatchObject({ result: 'deployed', cid: first.outputs.cid });
  expect(Number(again.outputs['uploaded-bytes'])).toBeGreaterThan(0);
  expect(await previewsOn(first.outputs.cid, project)).toEqual(['40']);
});

it('gives up a preview by hand: mode cleanup with its tag', async () => {
  const project = 'acme/site#by-hand';
  const [cid] = Object.values(await seedProject(emulator, project, { preview: { previews: { 50: 3 } } }));
  await seedPins(emulator, [
    { cid: cid ?? '', name: 'of another project', keyvalues: pairsOf('acme/other', { previews: { 50: 3 } }) },
  ]);
  const run = fine(await runsOf(emulator, project).clean({ inputs: { mode: 'cleanup', tags: 'pr-50' } }));
  expect(run.outputs).toMatchObject({ result: 'cleaned', tags: 'pr-50', 'unpinned-count': '0' });
  expect(rowOf(run, cid)).toMatchObject({ verdict: 'other-project', decision: 'release' });
  expect(await namesOf(emulator, 'acme/other')).toEqual(['of another project']);
});
