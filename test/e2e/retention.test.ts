import { describe, expect, it } from 'vitest';
import { uploadsTo } from '../support/deploy-inputs.ts';
import { releaseOf } from '../support/events.ts';
import { emulatorForFile } from '../support/file-emulator.ts';
import { projectKey } from '../support/oracle-cid.ts';
import { fine, groupIn, retentionOf, rowOf, runsOf } from '../support/project-runs.ts';
import { type DistRun, declaredOutputs } from '../support/run-dist.ts';
import {
  ageMarks,
  cidOfText,
  namesOf,
  pairsOf,
  pinataWrites,
  pinned,
  seedPins,
  seedProject,
  servedStatus,
} from '../support/seed-pins.ts';

const emulator = await emulatorForFile();

interface UnpinnedEntry {
  readonly cid: string;
  readonly tags: readonly string[];
  readonly bytes: number;
  readonly reason: string;
}

function unpinnedBy(run: DistRun): readonly UnpinnedEntry[] {
  return JSON.parse(run.outputs.unpinned ?? '') as readonly UnpinnedEntry[];
}

describe('a series of production deploys', () => {
  const project = 'acme/series';
  const runs = runsOf(emulator, project, { 'keep-last': '2' });
  const texts = ['the first', 'the second', 'the third one', 'the fourth'] as const;

  it('keeps the newest and unpins the rest, and says so everywhere', async () => {
    const done: DistRun[] = [];
    for (const [index, text] of texts.entries()) {
      const run = fine(await runs.deploy(text));
      await ageMarks(emulator, run.outputs.cid, 40 - 10 * index);
      done.push(run);
    }
    const [first, second, third, fourth] = done;
    expect(done.map((run) => run.outputs['unpinned-count'])).toEqual(['0', '0', '1', '1']);
    expect(done.flatMap((run) => run.annotations)).toEqual([]);
    const cids = done.map((run) => run.outputs.cid);
    const states = await Promise.all(
      cids.map(async (cid) => [(await pinned(emulator, cid)).length, await servedStatus(emulator, cid)]),
    );
    expect(states).toEqual([
      [0, 403],
      [0, 403],
      [1, 200],
      [1, 200],
    ]);
    if (first === undefined || second === undefined || third === undefined || fourth === undefined) return;
    const bytes = Number(second.outputs.size);
    expect(unpinnedBy(fourth)).toEqual([
      { cid: cids[1], tags: ['production~2'], bytes, reason: 'older than keep-last 2 and keep-within' },
    ]);
    expect(fourth.outputs).toMatchObject({
      result: 'deployed',
      'bytes-freed': String(bytes),
      'expires-at': '',
      'previous-cid': cids[2],
      tags: 'production',
    });
    expectTable(fourth);
    expect(retentionOf(fourth)).toMatchObject({
      notApplied: null,
      unpinned: [cids[1]],
      failed: [],
      spared: [],
      revisions: [
        { cid: cids[3], tags: ['production'], decision: 'keep', verdict: 'current' },
        { cid: cids[2], tags: ['production~1'], decision: 'keep', verdict: 'history', reason: 'keep-last 2' },
        { cid: cids[1], tags: ['production~2'], decision: 'unpin', verdict: 'stale', bytes },
      ],
    });
  });

  function expectTable(run: DistRun): void {
    const plan = groupIn(run.log, 'Plan');
    const head = plan.findIndex((line) => /^Version +Tags +Age +Size +Decision +Reason$/.test(line));
    expect(plan.slice(head + 1)).toEqual([
      expect.stringMatching(/ production +now +\d+ B +keep +current$/),
      expect.stringMatching(/ production~1 +20 d +\d+ B +keep +keep-last 2$/),
      expect.stringMatching(/ production~2 +30 d +\d+ B +unpin +older than keep-last 2 and keep-within$/),
    ]);
    expect(run.log).toMatch(/^Unpinned 1 version, \d+ B freed; 2 kept\.$/m);
    expect(run.summary).toContain('#### Versions of this project');
    const rows = run.summary.split('\n').filter((line) => /production(&#126;\d)?<\/code> \| (now|\d+ d) \|/.test(line));
    expect(rows.map((row) => row.split(' | ').at(-2))).toEqual(['keep', 'keep', '**unpinned**']);
  }
});

describe('the age of a version', () => {
  it('keeps it within keep-within, whatever the number', async () => {
    const project = 'acme/young';
    const ages = { month: 30, nine: 9, six: 6, day: 1 };
    const contents = Object.entries(ages).map(([name, age]) => [name, { tags: { production: age } }] as const);
    const cids = await seedProject(emulator, project, Object.fromEntries(contents));
    const run = fine(await runsOf(emulator, project, { 'keep-last': '1' }).deploy('newest of the young'));
    expect(
      unpinnedBy(run)
        .map(({ cid }) => cid)
        .toSorted(),
    ).toEqual([cids.month, cids.nine].toSorted());
    expect(rowOf(run, cids.six)).toMatchObject({ verdict: 'young', reason: 'younger than keep-within' });
    expect(await namesOf(emulator, project)).toEqual([expect.stringMatching(/^acme\/young@/), 'day', 'six']);
  });

  it('does not matter to the newest keep-last', async () => {
    const project = 'acme/old';
    const contents = [400, 300, 200, 100].map((age) => [`d${age}`, { tags: { production: age } }] as const);
    await seedProject(emulator, project, Object.fromEntries(contents));
    const run = fine(await runsOf(emulator, project, { 'keep-last': '3' }).deploy('newest of the old'));
    expect(run.outputs['unpinned-count']).toBe('2');
    expect(await namesOf(emulator, project)).toEqual([expect.stringMatching(/^acme\/old@/), 'd100', 'd200']);
  });

  it('is that of the pin where no tag was ever put on it: an hour', async () => {
    const project = 'acme/untagged';
    const minutesAgo = (minutes: number): string => new Date(Date.now() - minutes * 60_000).toISOString();
    const [fresh, old] = [await cidOfText('untagged fresh'), await cidOfText('untagged old')];
    const keyvalues = pairsOf(project, {});
    await seedPins(emulator, [
      { cid: fresh, name: 'fresh', keyvalues, createdAt: minutesAgo(55) },
      { cid: old, name: 'old', keyvalues, createdAt: minutesAgo(65) },
    ]);
    const run = fine(await runsOf(emulator, project).clean());
    expect(rowOf(run, fresh)).toMatchObject({ verdict: 'young', reason: 'without a tag for less than an hour' });
    expect(unpinnedBy(run)).toEqual([{ cid: old, tags: [], bytes: 100, reason: 'no tag' }]);
    expect(await namesOf(emulator, project)).toEqual(['fresh']);
  });
});

describe('a version is never given up', () => {
  it('with a tag that protect-tags matches, v* unless it is told otherwise', async () => {
    const project = 'acme/protected-tags';
    const runs = runsOf(emulator, project, { 'keep-last': '1' });
    const cids = await seedProject(emulator, project, {
      release: { tags: { 'v1.0.0': 90 } },
      again: { tags: { 'v1.0.0': 80 } },
      marked: { tags: { 'keep-this': 70 } },
      after: { tags: { 'keep-this': 60 } },
    });
    const next = fine(await runs.deploy('released again', { event: releaseOf('v1.0.0') }));
    for (const cid of [cids.release, cids.again])
      expect(rowOf(next, cid)).toMatchObject({ verdict: 'protected', reason: 'protect-tags v*' });
    const guarded = fine(await runs.clean({ inputs: { 'protect-tags': 'v*\nkeep-*' } }));
    expect(guarded.outputs['unpinned-count']).toBe('0');
    const bare = fine(await runs.clean({ inputs: { 'protect-tags': 'other' } }));
    const gone = unpinnedBy(bare).map(({ cid }) => cid);
    expect(gone.toSorted()).toEqual([cids.release, cids.again, cids.marked].toSorted());
  });

  it('when protect-cids names it, in either version of CIDs', async () => {
    const project = 'acme/protected-cids';
    const runs = runsOf(emulator, project, { 'keep-last': '1' });
    const one = fine(await runs.deploy('one of two'));
    await ageMarks(emulator, one.outputs.cid, 60);
    const two = fine(await runs.deploy('two of two', { inputs: { unpin: 'false' } }));
    await ageMarks(emulator, two.outputs.cid, 50);
    const protect = { 'protect-cids': `${one.outputs['cid-v0']}\n${two.outputs.cid}` };
    const three = fine(await runs.deploy('three', { inputs: protect }));
    expect(three.outputs['unpinned-count']).toBe('0');
    for (const { outputs } of [one, two])
      expect(rowOf(three, outputs.cid)).toMatchObject({ verdict: 'protected', reason: 'protect-cids' });
    expect(await servedStatus(emulator, one.outputs.cid)).toBe(200);
    expect(fine(await runs.clean()).outputs['unpinned-count']).toBe('2');
    expect(await servedStatus(emulator, one.outputs.cid)).toBe(403);
  });

  it('by a deploy of another tag: only a sweep judges what that did not leave behind', async () => {
    const project = 'acme/scopes';
    const old = { tags: { production: 100 } };
    await seedProject(emulator, project, { current: { tags: { production: 50 } }, old });
    const runs = runsOf(emulator, project, { 'keep-last': '1', 'keep-within': '0s' });
    const other = fine(await runs.deploy('docs', { inputs: { tags: 'docs' } }));
    expect(retentionOf(other).revisions.at(-1)).toMatchObject({
      verdict: 'protected',
      reason: 'history of production, not of this run',
    });
    expect(fine(await runs.clean()).outputs['unpinned-count']).toBe('1');
    expect(await namesOf(emulator, project)).toEqual([expect.stringMatching(/@/), 'current']);
  });
});

describe('a plan that is only shown', () => {
  const plan = ['unpin', 'keep'];

  it.each<[string, Record<string, string>, string, string]>([
    ['unpin: false', { unpin: 'false' }, 'deployed', 'unpin is false'],
    ['the retention-dry-run of older actions', { 'retention-dry-run': 'true' }, 'deployed', 'unpin is false'],
    ['dry-run: true', { 'dry-run': 'true' }, 'planned', 'dry-run is true'],
  ])('by %s removes nothing after a deploy and tells all of it', async (title, inputs, result, reason) => {
    const project = `acme/shown-${Object.keys(inputs)[0]}`;
    const runs = runsOf(emulator, project, { 'keep-last': '1' });
    const cids = await seedProject(emulator, project, {
      old: { tags: { production: 30 } },
      older: { tags: { production: 60 } },
    });
    const run = fine(await runs.deploy(title, { inputs }));
    expect(run.outputs).toMatchObject({ result, unpinned: '[]', 'unpinned-count': '0', 'bytes-freed': '0' });
    const line = `2 of 3 versions would be unpinned; nothing was, because ${reason}.`;
    expect(run.summary).toContain(line.replace(': ', '&#58; '));
    expect(run.summary.split('**unpin**')).toHaveLength(3);
    expect(groupIn(run.log, 'Plan').filter((text) => / unpin +older than /.test(text))).toHaveLength(2);
    if (result === 'deployed') expect(run.log).toContain(`\n${line}\n`);
    expect(retentionOf(run)).toMatchObject({ notApplied: reason, unpinned: [] });
    for (const cid of [cids.old, cids.older]) expect(rowOf(run, cid)?.decision).toBe('unpin');
    const writes = (await pinataWrites(emulator)).map(({ method }) => method);
    expect(writes).not.toContain('DELETE');
    if (result === 'planned') expect(writes).toEqual([]);
    expect(await namesOf(emulator, project)).toEqual(expect.arrayContaining(['old', 'older']));
  });

  it.each<[string, Record<string, string>, string]>([
    ['unpin: false', { unpin: 'false' }, 'cleaned'],
    ['dry-run: true', { 'dry-run': 'true' }, 'planned'],
  ])('by %s writes nothing in a cleanup', async (_title, inputs, result) => {
    const project = `acme/cleanup-${result}`;
    const runs = runsOf(emulator, project, { 'keep-last': '1' });
    await seedProject(emulator, project, {
      now: { tags: { production: 1, docs: 1 } },
      old: { tags: { production: 30 } },
    });
    for (const more of [{}, { mode: 'cleanup', tags: 'docs' }]) {
      const run = fine(await runs.clean({ inputs: { ...inputs, ...more } }));
      expect(run.outputs).toMatchObject({ result, 'unpinned-count': '0' });
      expect(await pinataWrites(emulator)).toEqual([]);
      expect(groupIn(run.log, 'Versions of this project').length).toBe(1 + plan.length);
    }
    expect(await namesOf(emulator, project)).toEqual(['now', 'old']);
  });

  it('warns where carrying it out would exceed max-removals', async () => {
    const project = 'acme/shown-too-many';
    await seedProject(emulator, project, {
      now: { tags: { docs: 1 } },
      a: { tags: { docs: 30 } },
      b: { tags: { docs: 31 } },
    });
    const inputs = { 'keep-last': '1', 'max-removals': '1', 'dry-run': 'true' };
    const run = fine(await runsOf(emulator, project, inputs).clean());
    expect(run.warnings).toEqual(['This plan unpins more than max-removals (1): carried out, it would fail.']);
  });
});

describe('a plan that would unpin more than max-removals', () => {
  const contents = {
    a: { tags: { production: 30 } },
    b: { tags: { production: 31 } },
    c: { tags: { production: 32 } },
  };

  it('fails a deploy before anything is uploaded, and removes none', async () => {
    const project = 'acme/too-many';
    await seedProject(emulator, project, contents);
    const runs = runsOf(emulator, project, { 'keep-last': '1', 'max-removals': '2' });
    const run = await runs.deploy('one too many');
    expect(run.exitCode).toBe(1);
    expect(run.errors[0]).toMatch(/^The plan would unpin 3 revisions; max-removals is 2\./);
    expect(run.errors[0]).toContain('dry-run: true');
    expect(run.outputs).toMatchObject({ result: 'failed', cid: '', 'unpinned-count': '' });
    expect(Object.keys(run.outputs).toSorted()).toEqual([...declaredOutputs()].toSorted());
    expect(await pinataWrites(emulator)).toEqual([]);
    expect(await namesOf(emulator, project)).toEqual(['a', 'b', 'c']);
    const raised = fine(await runs.deploy('one too many', { inputs: { 'max-removals': '3' } }));
    expect(raised.outputs['unpinned-count']).toBe('3');
  });

  it('fails a sweep and removes none', async () => {
    const project = 'acme/too-many-swept';
    await seedProject(emulator, project, { now: { tags: { production: 1 } }, ...contents });
    const runs = runsOf(emulator, project, { 'keep-last': '1' });
    const run = await runs.clean({ inputs: { 'max-removals': '2' } });
    expect(run.exitCode).toBe(1);
    expect(run.outputs.result).toBe('failed');
    // What would have gone is in the log all the same.
    expect(groupIn(run.log, 'Versions of this project').filter((line) => / unpin /.test(line))).toHaveLength(3);
    expect(await pinataWrites(emulator)).toEqual([]);
    expect(fine(await runs.clean({ inputs: { 'retention-max-removals': '3' } })).outputs['unpinned-count']).toBe('3');
  });

  it('fails with 0 as soon as one would go', async () => {
    const project = 'acme/none-may-go';
    await seedProject(emulator, project, { now: { tags: { production: 1 } }, a: contents.a });
    const run = await runsOf(emulator, project, { 'keep-last': '1', 'max-removals': '0' }).clean();
    expect(run.exitCode).toBe(1);
    expect(await namesOf(emulator, project)).toEqual(['a', 'now']);
  });
});

describe('an unpin that fails', () => {
  it.each<[string, number, RegExp]>([
    ['is refused', 400, /^2 of 2 stale revisions could not be given up: Pinata did not unpin/],
    ['is not allowed', 403, /^2 of 2 stale revisions could not be given up: The key .* is not allowed to unpin/],
  ])('because it %s is one warning, and the next run repeats it', async (_title, status, warning) => {
    const project = `acme/failed-${status}`;
    const cids = await seedProject(emulator, project, {
      old: { tags: { production: 30 } },
      older: { tags: { production: 60 } },
    });
    const runs = runsOf(emulator, project, { 'keep-last': '1' });
    await emulator.fault({ match: { method: 'DELETE' }, times: 9, action: { status } });
    const run = fine(await runs.deploy(`after a failure ${status}`));
    expect(run.outputs).toMatchObject({ result: 'deployed', unpinned: '[]', 'bytes-freed': '0' });
    expect(run.warnings).toEqual([expect.stringMatching(warning)]);
    expect(run.warnings[0]).toContain('The next run tries again.');
    expect(run.summary.split('⚠️ failed')).toHaveLength(3);
    const failed = retentionOf(run).failed.map(({ cid }) => cid);
    expect(failed.toSorted()).toEqual(Object.values(cids).toSorted());
    await emulator.clearFaults();
    const again = fine(await runs.deploy(`after a failure ${status}`));
    expect(again.outputs).toMatchObject({ result: 'unchanged', 'unpinned-count': '2', 'bytes-freed': '200' });
    expect(again.annotations).toEqual([]);
    expect(await namesOf(emulator, project)).toHaveLength(1);
  });
});

describe('old content', () => {
  it('stays until a gateway serves the new one', async () => {
    const project = 'acme/not-served';
    await seedProject(emulator, project, { old: { tags: { production: 30 } } });
    const runs = runsOf(emulator, project, { 'keep-last': '1', 'verify-timeout': '1s' });
    await emulator.fault({ match: { host: 'gateway' }, times: 99, action: { status: 504 } });
    const run = fine(await runs.deploy('slow to appear'));
    expect(run.outputs).toMatchObject({ result: 'deployed', url: '', 'unpinned-count': '0' });
    expect(run.log).toMatch(
      /^1 of 2 versions would be unpinned; nothing was, because no gateway serves the new content yet\.$/m,
    );
    expect(await namesOf(emulator, project)).toContain('old');
    await emulator.clearFaults();
    expect(fine(await runs.deploy('slow to appear')).outputs['unpinned-count']).toBe('1');
  });

  it('goes without a look at gateways where the workflow asks for none', async () => {
    const project = 'acme/not-looked';
    await seedProject(emulator, project, { old: { tags: { production: 30 } } });
    const run = fine(await runsOf(emulator, project, { 'keep-last': '1', verify: 'pin' }).deploy('pinned is enough'));
    expect(run.outputs['unpinned-count']).toBe('1');
  });

  it('stays when the upload fails', async () => {
    const project = 'acme/upload-fails';
    await seedProject(emulator, project, { old: { tags: { production: 30 } } });
    await emulator.fault({ match: { host: 'upload' }, times: 9, action: { status: 400 } });
    const run = await runsOf(emulator, project, { 'keep-last': '1' }).deploy('never arrives');
    expect(run.exitCode).toBe(1);
    expect(await uploadsTo(emulator)).not.toEqual([]);
    const [old] = await pinned(emulator, await cidOfText(`${project} old`));
    expect(old?.keyvalues).toHaveProperty([`${projectKey(project)}.production`]);
  });
});
