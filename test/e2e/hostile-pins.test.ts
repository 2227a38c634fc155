import { describe, expect, it } from 'vitest';
import { pinFromOutside } from '../support/deploy-inputs.ts';
import { closedPullRequest } from '../support/events.ts';
import { emulatorForFile } from '../support/file-emulator.ts';
import { oracleCar, projectKey } from '../support/oracle-cid.ts';
import { fine, retentionOf, rowOf, runsOf } from '../support/project-runs.ts';
import { cidOfText, daysAgo, namesOf, pairsOf, pinned, seedPins, seedProject } from '../support/seed-pins.ts';

const emulator = await emulatorForFile();

const ONE = { 'keep-last': '1' } as const;
const COMMAND = 'x\n::error::planted\n::add-mask::a##[error]planted';

it('keeps what a later version has written and this one cannot read', async () => {
  const project = 'acme/future';
  const key = projectKey(project);
  const [tag, mark] = [await cidOfText('future tag'), await cidOfText('future mark')];
  await seedPins(emulator, [
    {
      cid: tag,
      name: 'tag',
      createdAt: '2020-01-01T00:00:00Z',
      keyvalues: { [key]: project, [`${key}.production`]: 'v2;1700000000;abcdef012345' },
    },
    { cid: mark, name: 'mark', keyvalues: { ...pairsOf(project, { tags: { docs: 500 } }), [`${key}.Channel/β`]: '1' } },
  ]);
  await seedProject(emulator, project, { docs: { tags: { docs: 1 } } });
  const runs = runsOf(emulator, project, ONE);
  fine(await runs.deploy('of this version'));
  const swept = fine(await runs.clean());
  expect(swept.outputs['unpinned-count']).toBe('0');
  expect(rowOf(swept, tag)).toMatchObject({ verdict: 'protected', reason: 'its tag production is of a newer version' });
  expect(rowOf(swept, mark)).toMatchObject({ verdict: 'protected' });
  const [pin] = await pinned(emulator, tag);
  expect(pin?.keyvalues[`${key}.production`]).toBe('v2;1700000000;abcdef012345');
});

describe('a pin that is full', () => {
  it('cannot be announced, so it stays: a warning, every time', async () => {
    const project = 'acme/ten-pairs';
    const cid = await cidOfText('ten pairs');
    const theirs = Object.fromEntries(Array.from({ length: 8 }, (_value, index) => [`tool-${index}`, 'x']));
    const keyvalues = { ...pairsOf(project, { tags: { production: 90 } }), ...theirs };
    await seedPins(emulator, [{ cid, name: 'full', keyvalues }]);
    await seedProject(emulator, project, { other: { tags: { production: 80 } } });
    const runs = runsOf(emulator, project, ONE);
    const run = fine(await runs.deploy('beside a full pin'));
    expect(run.outputs).toMatchObject({ result: 'deployed', 'unpinned-count': '1' });
    expect(run.warnings).toEqual([
      expect.stringMatching(
        /^1 of 2 stale revisions could not be given up: Pinata did not write tags to a pin\. .*at most 10 pairs.* The next run tries again\.$/,
      ),
    ]);
    expect(retentionOf(run).failed).toMatchObject([{ cid }]);
    expect((await pinned(emulator, cid))[0]?.keyvalues).toEqual(keyvalues);
    const again = fine(await runs.clean());
    expect(again.warnings).toHaveLength(1);
    expect(again.summary).toContain('not all of it');
    expect(await pinned(emulator, cid)).toHaveLength(1);
  });

  it('refuses a tag that it has no room for, and names what is on it without obeying it', async () => {
    const project = 'acme/no-room';
    const text = 'no room at all';
    const car = await oracleCar(new Map([['index.html', Buffer.from(text)]]));
    const { cid } = await pinFromOutside(emulator, {
      car,
      keyvalues: {
        [COMMAND]: 'v',
        ...Object.fromEntries(Array.from({ length: 8 }, (_value, index) => [`k${index}`, 'v'])),
      },
    });
    const before = await pinned(emulator, cid);
    const run = await runsOf(emulator, project).deploy(text);
    expect(run.exitCode).toBe(1);
    expect(run.errors).toHaveLength(1);
    expect(run.annotations).toHaveLength(1);
    expect(run.errors[0]).toMatch(/^The pin would need 12 key-value pairs; 9 is the most/);
    expect(run.log).not.toMatch(/^::add-mask::a/m);
    expect(await pinned(emulator, cid)).toEqual(before);
  });
});

it('reads strange values as no tags of ours, and leaves them where they are', async () => {
  const project = 'acme/strange';
  const key = projectKey(project);
  const strange: Record<string, string> = {
    [`${key}.previews`]: 'x@y 7@ @7 -1@5 08@1 007@9 99999999999@1 9@123456789012',
    [`${key}.released`]: 'yesterday',
    [`${key}.unpinning`]: '-1',
    [`${key}.__proto__`]: '1 1234567',
    [`${key}.docs`]: `${daysAgo(400)} 1234567`,
    'a|b': '| <img src=x onerror=alert(1)> @everyone [x](http://evil.example)',
    'team\n::warning::planted': COMMAND,
  };
  const cid = await cidOfText('strange');
  await seedPins(emulator, [{ cid, name: COMMAND, keyvalues: { [key]: project, ...strange } }]);
  await seedProject(emulator, project, { docs: { tags: { docs: 1 } }, stale: { tags: { docs: 300 } } });
  const runs = runsOf(emulator, project, ONE);
  const run = fine(await runs.deploy('among strangers'));
  const swept = fine(await runs.clean());
  for (const { annotations, summary, log } of [run, swept]) {
    expect(annotations.filter(({ message }) => !message.startsWith('All previews are kept'))).toEqual([]);
    expect(summary + log).not.toMatch(/<img|evil\.example|^::warning::planted/m);
  }
  expect(rowOf(swept, cid)).toMatchObject({ verdict: 'protected', reason: 'its tag __proto__ is of a newer version' });
  expect(await namesOf(emulator, project)).toEqual([expect.stringMatching(/^acme/), 'docs', COMMAND]);
  const [pin] = await pinned(emulator, cid);
  expect(pin?.keyvalues).toMatchObject(strange);
});

it.each([
  ['a marker that is none', { 'pd1.zzzzzzzz': 'who' }],
  ['a bare prefix', { 'pd1.': '' }],
  ['a key of a later scheme', { 'pd1.08d2860f/web': 'acme/other' }],
])('counts %s as somebody who needs the content', async (title, keyvalues) => {
  const project = `acme/unknown-${title.length}`;
  const cid = await cidOfText(title);
  await seedPins(emulator, [
    { cid, name: 'theirs', keyvalues: { ...pairsOf(project, { tags: { docs: 90 } }), ...keyvalues } },
  ]);
  await seedProject(emulator, project, { docs: { tags: { docs: 1 } } });
  const run = fine(await runsOf(emulator, project, ONE).clean());
  expect(rowOf(run, cid)).toMatchObject({ verdict: 'other-project', decision: 'release' });
  expect((await pinned(emulator, cid))[0]?.keyvalues).toMatchObject(keyvalues);
});

it('refuses to tag a pin that has its key with another project as the value, without obeying that', async () => {
  const project = 'acme/collision';
  const text = 'two projects with one key';
  const car = await oracleCar(new Map([['index.html', Buffer.from(text)]]));
  const { cid } = await pinFromOutside(emulator, { car, keyvalues: { [projectKey(project)]: COMMAND } });
  const before = await pinned(emulator, cid);
  const run = await runsOf(emulator, project).deploy(text);
  expect(run.exitCode).toBe(1);
  expect(run.annotations).toHaveLength(1);
  expect(run.errors[0]).toMatch(
    /^The pin's key pd1\.[0-9a-f]{8} belongs to the project "[\s\S]*", not to "acme\/collision"\./,
  );
  expect(run.summary).not.toContain('\n::error::');
  expect(await pinned(emulator, cid)).toEqual(before);
});

it('shows the name of a GitHub environment without obeying it', async () => {
  const project = 'acme/site#environment';
  const cids = await seedProject(emulator, project, { now: { tags: { docs: 1 } }, old: { tags: { docs: 90 } } });
  await emulator.github({
    repository: 'acme/site',
    deployments: [{ environment: `${COMMAND} | <b> @all`, state: 'ACTIVE', payload: { cid: cids.old } }],
  });
  const run = fine(await runsOf(emulator, project, ONE).clean());
  expect(rowOf(run, cids.old)).toMatchObject({ verdict: 'protected' });
  expect(run.annotations).toEqual([]);
  expect(run.summary).not.toMatch(/<b>|@all|\n::error::/);
});

describe('a mark whose time', () => {
  it('lies ahead, by a clock that is wrong, does not stop the next deploy from being current', async () => {
    const project = 'acme/ahead';
    const cids = await seedProject(emulator, project, { ahead: { tags: { production: -365 } } });
    const runs = runsOf(emulator, project, ONE);
    const run = fine(await runs.deploy('after a wrong clock'));
    expect(run.outputs['previous-cid']).toBe(cids.ahead);
    expect(rowOf(run, run.outputs.cid)).toMatchObject({ tags: ['production'], verdict: 'current' });
    const next = fine(await runs.deploy('and one more'));
    expect(next.outputs['previous-cid']).toBe(run.outputs.cid);
  });

  it('is the year 1970 is just very old', async () => {
    const project = 'acme/ancient';
    const key = projectKey(project);
    await seedPins(emulator, [
      { cid: await cidOfText('ancient'), name: 'ancient', keyvalues: { [key]: project, [`${key}.docs`]: '0 0000000' } },
    ]);
    await seedProject(emulator, project, { docs: { tags: { docs: 1 } } });
    const run = fine(await runsOf(emulator, project, ONE).clean());
    expect(run.outputs['unpinned-count']).toBe('1');
  });
});

it('finds no pull request in a closed event without a number, and does nothing', async () => {
  const event = closedPullRequest(7, { merged: false });
  const run = await runsOf(emulator, 'acme/no-number').clean({
    event: { ...event, payload: { ...event.payload, pull_request: { merged: false } } },
  });
  fine(run);
  expect(run.outputs.result).toBe('skipped');
  expect(await emulator.requests()).toEqual([]);
});
