import { describe, expect, it } from 'vitest';
import type { Knobs } from '../../emulator/knobs.ts';
import { pinFromOutside } from '../support/deploy-inputs.ts';
import { emulatorFor } from '../support/emulator-inside.ts';
import { closedPullRequest, pullRequest, releaseOf } from '../support/events.ts';
import { emulatorForFile } from '../support/file-emulator.ts';
import { oracleCar, projectKey } from '../support/oracle-cid.ts';
import { fine, retentionOf, rowOf, runsOf } from '../support/project-runs.ts';
import {
  ageMarks,
  daysAgo,
  editPin,
  pairsOf,
  pinataWrites,
  pinned,
  seedPins,
  seedProject,
  servedStatus,
  swap,
} from '../support/seed-pins.ts';

const emulator = await emulatorForFile();

const ONE = { 'keep-last': '1' } as const;

/** Keys of a pin that belong to a project, with their values. */
function keysOf(pairs: Readonly<Record<string, string>> = {}, project: string): Record<string, string> {
  const key = projectKey(project);
  return Object.fromEntries(Object.entries(pairs).filter(([name]) => name === key || name.startsWith(`${key}.`)));
}

describe('several tags on one content', () => {
  it('keep it as long as one of them does, each with a key of its own', async () => {
    const project = 'acme/tags';
    const key = projectKey(project);
    const runs = runsOf(emulator, project, ONE);
    const first = fine(await runs.deploy('many tags', { inputs: { tags: 'production\ndocs' } }));
    expect(first.outputs.tags).toBe('production\ndocs');
    const release = fine(await runs.deploy('many tags', { event: releaseOf('v2.0.0') }));
    expect(release.outputs).toMatchObject({ cid: first.outputs.cid, 'uploaded-bytes': '0', result: 'deployed' });
    const [pin, ...more] = await pinned(emulator, first.outputs.cid);
    expect(more).toEqual([]);
    expect(Object.keys(pin?.keyvalues ?? {}).toSorted()).toEqual([
      key,
      `${key}.docs`,
      `${key}.production`,
      `${key}.v2.0.0`,
    ]);
    await ageMarks(emulator, first.outputs.cid, 60);
    const next = fine(await runs.deploy('only production'));
    expect(rowOf(next, first.outputs.cid)).toMatchObject({
      tags: expect.arrayContaining(['v2.0.0', 'production~1', 'docs']) as unknown,
      verdict: 'shared-content',
      decision: 'keep',
    });
    // Both must go before the content does.
    const inputs = { mode: 'cleanup', tags: 'docs', 'protect-tags': 'nothing' };
    const kept = fine(await runs.clean({ inputs }));
    expect(kept.outputs).toMatchObject({ result: 'cleaned', tags: 'docs', 'unpinned-count': '0' });
    const [untagged] = await pinned(emulator, first.outputs.cid);
    expect(Object.keys(untagged?.keyvalues ?? {}).toSorted()).toEqual([key, `${key}.production`, `${key}.v2.0.0`]);
    const swept = fine(await runs.clean());
    expect(rowOf(swept, first.outputs.cid)).toMatchObject({ reason: expect.stringContaining('v2.0.0') as unknown });
    const gone = fine(
      await runs.clean({ inputs: { mode: 'cleanup', tags: 'v2.0.0\nproduction', 'protect-tags': 'none' } }),
    );
    expect(gone.outputs['unpinned-count']).toBe('2');
    expect(await pinned(emulator, first.outputs.cid)).toEqual([]);
  });

  it('lose the oldest mark of a tag that moved on when the pin is full, and no other', async () => {
    const project = 'acme/full';
    const key = projectKey(project);
    const runs = runsOf(emulator, project, ONE);
    const tags = ['t1', 't2', 't3', 't4', 't5', 't6', 't7', 't8'];
    const first = fine(await runs.deploy('full of tags', { inputs: { tags: tags.slice(0, 4).join('\n') } }));
    fine(await runs.deploy('full of tags', { inputs: { tags: tags.slice(4).join('\n') } }));
    await ageMarks(emulator, first.outputs.cid, 2);
    const refused = await runs.deploy('full of tags', { inputs: { tags: 'one-more' } });
    expect(refused.exitCode).toBe(1);
    expect(refused.errors[0]).toMatch(/^The pin would need 10 key-value pairs; 9 is the most/);
    expect(refused.errors[0]).toContain('mode: cleanup with tags');
    const tagged = Object.keys((await pinned(emulator, first.outputs.cid))[0]?.keyvalues ?? {});
    expect(tagged.toSorted()).toEqual([key, ...tags.map((tag) => `${key}.${tag}`)]);
    fine(await runs.deploy('where t5 is now', { inputs: { tags: 't5' } }));
    fine(await runs.deploy('full of tags', { inputs: { tags: 'one-more' } }));
    const after = Object.keys((await pinned(emulator, first.outputs.cid))[0]?.keyvalues ?? {});
    const expected = [...tags.filter((tag) => tag !== 't5'), 'one-more'].map((tag) => `${key}.${tag}`);
    expect(after.toSorted()).toEqual([key, ...expected].toSorted());
  });

  it('refuse too many of them before anything is sent', async () => {
    const tags = Array.from({ length: 9 }, (_value, index) => `tag-${index}`).join('\n');
    await emulator.clearRequests();
    const run = await runsOf(emulator, 'acme/nine').deploy('nine tags', { inputs: { tags } });
    expect(run.exitCode).toBe(1);
    expect(run.errors[0]).toMatch(/^The pin would need 1\d key-value pairs; 9 is the most/);
    expect(await pinataWrites(emulator)).toEqual([]);
  });
});

describe('two projects of one account with one content', () => {
  const [web, app] = ['acme/two#web', 'acme/two#app'];

  it.each<[string, string, Partial<Knobs>]>([
    ['which the second reuses', 'true', {}],
    ['whose upload leaves the record as it is', 'false', { duplicates: 'keep' }],
    ['whose upload merges keyvalues', 'false', { duplicates: 'merge' }],
    ['whose upload replaces keyvalues', 'false', { duplicates: 'replace' }],
    ['whose upload makes a second record', 'false', { duplicates: 'new-record' }],
  ])('%s do not touch each other, and the second gives it up for good', async (_title, reuse, knobs) => {
    const pinata = await emulatorFor(knobs);
    const [ofWeb, ofApp] = [web, app].map((project) => runsOf(pinata, project, { ...ONE, 'reuse-pinned': reuse }));
    if (ofWeb === undefined || ofApp === undefined) return;
    const first = fine(await ofWeb.deploy('the same for both'));
    const { cid } = fine(await ofApp.deploy('the same for both')).outputs;
    expect(cid).toBe(first.outputs.cid);
    await ageMarks(pinata, cid, 60);
    const before = await pinned(pinata, cid);
    const separate = before.length > 1;
    expect(separate).toBe(knobs.duplicates === 'new-record' && reuse === 'false');
    const appBefore = before.map(({ keyvalues }) => keysOf(keyvalues, app));
    const moved = fine(await ofWeb.deploy('web goes on'));
    expect(rowOf(moved, cid)).toMatchObject({ verdict: 'other-project', decision: 'release' });
    const after = await pinned(pinata, cid);
    expect(after.map(({ keyvalues }) => keysOf(keyvalues, app))).toEqual(appBefore);
    const ofWebLeft = after.flatMap(({ keyvalues }) => Object.keys(keysOf(keyvalues, web)));
    // An announcement may be left; it ages.
    expect(ofWebLeft.filter((name) => !name.endsWith('.unpinning')).toSorted()).toEqual([
      projectKey(web),
      `${projectKey(web)}.released`,
    ]);
    expect(await servedStatus(pinata, cid)).toBe(200);
    // What was released is not judged again and again.
    expect(rowOf(fine(await ofWeb.clean()), cid)).toMatchObject({ verdict: 'young', decision: 'keep' });
    const second = fine(await ofApp.deploy('app goes on'));
    expect(JSON.parse(second.outputs.unpinned ?? '')).toMatchObject([{ cid }]);
    const left = await pinned(pinata, cid);
    if (!separate) return expect(left).toEqual([]);
    // A record of its own is its project's to remove, an hour after it was released.
    expect(left.map(({ keyvalues }) => keysOf(keyvalues, web)[projectKey(web)])).toEqual([web]);
    for (const { id } of left)
      await editPin(pinata, id, { keyvalues: { [`${projectKey(web)}.released`]: String(daysAgo(1)) } });
    expect(fine(await ofWeb.clean()).outputs['unpinned-count']).toBe('1');
    expect(await pinned(pinata, cid)).toEqual([]);
  });
});

describe('a pin that was there before', () => {
  const keyvalues = { team: 'legal', reason: 'evidence' };

  async function outside(text: string): Promise<{ readonly id: string; readonly cid: string }> {
    const car = await oracleCar(new Map([['index.html', Buffer.from(text)]]));
    return await pinFromOutside(emulator, { car, keyvalues });
  }

  it('is used, never unpinned, and given back as it was', async () => {
    const project = 'acme/adopts';
    const theirs = await outside('somebody pinned this');
    const runs = runsOf(emulator, project, ONE);
    const first = fine(await runs.deploy('somebody pinned this'));
    expect(first.outputs).toMatchObject({ cid: theirs.cid, 'pin-id': theirs.id, 'uploaded-bytes': '0' });
    expect((await pinned(emulator, theirs.cid))[0]?.keyvalues).toMatchObject({ ...keyvalues, 'pd1.adopted': '1' });
    await ageMarks(emulator, theirs.cid, 60);
    // Its own age is in the mark.
    await editPin(emulator, theirs.id, { keyvalues: { 'pd1.adopted': '1' } });
    const next = fine(await runs.deploy('something of our own'));
    expect(rowOf(next, theirs.cid)).toMatchObject({ verdict: 'adopted', decision: 'release' });
    expect(next.outputs['unpinned-count']).toBe('0');
    expect((await pinned(emulator, theirs.cid)).map((pin) => [pin.id, pin.keyvalues])).toEqual([
      [theirs.id, keyvalues],
    ]);
    expect(rowOf(fine(await runs.clean()), theirs.cid)).toBeUndefined();
  });

  it('is given back when the pull request that used it is closed', async () => {
    const project = 'acme/adopts-previews';
    const theirs = await outside('a preview of theirs');
    const runs = runsOf(emulator, project);
    const opened = fine(await runs.deploy('a preview of theirs', { event: pullRequest(3, 'opened') }));
    // What is not ours must not vanish by our doing.
    expect(opened.outputs['expires-at']).toBe('');
    expect((await pinned(emulator, theirs.cid))[0]?.expiresAt).toBeNull();
    const closed = fine(await runs.clean({ event: closedPullRequest(3, { merged: false }) }));
    expect(closed.outputs).toMatchObject({ result: 'cleaned', tags: 'pr-3', 'unpinned-count': '0' });
    expect((await pinned(emulator, theirs.cid)).map((pin) => [pin.id, pin.keyvalues])).toEqual([
      [theirs.id, keyvalues],
    ]);
  });

  it('keeps ours alive too when somebody pins the same content beside it', async () => {
    const pinata = await emulatorFor({ duplicates: 'new-record' });
    const project = 'acme/beside';
    const runs = runsOf(pinata, project, ONE);
    const { cid } = fine(await runs.deploy('pinned twice')).outputs;
    await seedPins(pinata, [{ cid: cid ?? '', name: 'theirs', keyvalues }]);
    await ageMarks(pinata, cid, 60);
    const next = fine(await runs.deploy('pinned once'));
    expect(rowOf(next, cid)).toMatchObject({ verdict: 'other-project', reason: 'used outside of this project' });
    const pins = await pinned(pinata, cid);
    expect(pins).toHaveLength(2);
    expect(pins.find(({ name }) => name === 'theirs')?.keyvalues).toEqual(keyvalues);
    // With nobody else's pin left, the next sweep an hour later takes it.
    for (const pin of pins) {
      if (pin.name === 'theirs')
        await fetch(`${pinata.apiUrl}/v3/files/public/${pin.id}`, {
          method: 'DELETE',
          headers: { authorization: `Bearer ${pinata.jwt}` },
        });
      else await editPin(pinata, pin.id, { keyvalues: { [`${projectKey(project)}.released`]: String(daysAgo(1)) } });
    }
    expect(fine(await runs.clean()).outputs['unpinned-count']).toBe('1');
  });
});

describe('what the world outside still uses', () => {
  const repository = 'acme/site';

  it('stays while an active GitHub deployment names it by URL or payload, and goes when that is not active', async () => {
    const project = 'acme/site#deployments';
    const marks = { tags: { production: 60 } };
    const cids = await seedProject(emulator, project, {
      now: { tags: { production: 1 } },
      url: marks,
      text: marks,
      object: marks,
      inactive: marks,
      preview: marks,
    });
    await emulator.github({
      repository,
      deployments: [
        { environment: 'staging', state: 'ACTIVE', environmentUrl: `https://${cids.url}.ipfs.example/` },
        { environment: 'prod', state: 'ACTIVE', payload: `deployed ${cids.text}` },
        { environment: 'live', state: 'ACTIVE', payload: { cid: cids.object } },
        { environment: 'staging', state: 'INACTIVE', environmentUrl: `https://${cids.inactive}.ipfs.example/` },
        { environment: 'preview', state: 'ACTIVE', environmentUrl: `https://${cids.preview}.ipfs.example/` },
      ],
    });
    const runs = runsOf(emulator, project, ONE);
    const shown = fine(await runs.clean({ inputs: { mode: 'list' } }));
    const run = fine(await runs.clean());
    for (const report of [shown, run]) {
      expect(rowOf(report, cids.url)).toMatchObject({
        verdict: 'protected',
        reason: 'active GitHub deployment of staging',
      });
      expect(rowOf(report, cids.text)).toMatchObject({ reason: 'active GitHub deployment of prod' });
      expect(rowOf(report, cids.object)).toMatchObject({ reason: 'active GitHub deployment of live' });
    }
    expect(retentionOf(run).unpinned.toSorted()).toEqual([cids.inactive, cids.preview].toSorted());
  });

  it('protects nothing where GitHub does not tell, and the log says so', async () => {
    const project = 'acme/site#no-token';
    await seedProject(emulator, project, { now: { tags: { production: 1 } }, old: { tags: { production: 60 } } });
    const token = await emulator.addGithubToken({ pullRequests: true });
    const run = fine(await runsOf(emulator, project, { ...ONE, 'github-token': token }).clean());
    expect(run.log).toMatch(/^GitHub deployments protect nothing: .*Resource not accessible by integration/m);
    expect(run.outputs['unpinned-count']).toBe('1');
  });

  it('stays on both ends of a hot swap, and goes when the swap is over', async () => {
    const project = 'acme/swapped';
    const marks = { tags: { production: 60 } };
    const cids = await seedProject(emulator, project, {
      now: { tags: { production: 1 } },
      from: marks,
      to: marks,
      idle: marks,
    });
    const { from = '', to = '' } = cids;
    await swap(emulator, from, to);
    const runs = runsOf(emulator, project, ONE);
    const run = fine(await runs.clean());
    expect(rowOf(run, from)).toMatchObject({ verdict: 'protected', reason: 'a hot swap stands in its place' });
    expect(rowOf(run, to)).toMatchObject({ verdict: 'protected', reason: 'a hot swap points to it' });
    expect(retentionOf(run).unpinned).toEqual([cids.idle]);
    const headers = { authorization: `Bearer ${emulator.jwt}` };
    await fetch(`${emulator.apiUrl}/v3/files/public/swap/${from}`, { method: 'DELETE', headers });
    expect(retentionOf(fine(await runs.clean())).unpinned.toSorted()).toEqual([from, to].toSorted());
  });
});

it('leaves pins alone that have the project’s key with another project as its value', async () => {
  const project = 'acme/key-taken';
  const foreign = { ...pairsOf(project, { tags: { production: 500 } }), [projectKey(project)]: 'evil/twin' };
  const { now: cid = '' } = await seedProject(emulator, project, { now: { tags: { production: 300 } } });
  const [id = ''] = await seedPins(emulator, [{ cid, name: 'twin', keyvalues: foreign }]);
  const runs = runsOf(emulator, project, ONE);
  const run = fine(await runs.deploy('the newest with the key'));
  expect(rowOf(run, cid)).toMatchObject({ verdict: 'other-project', decision: 'release' });
  fine(await runs.clean({ inputs: { mode: 'cleanup', tags: 'production' } }));
  const twin = (await emulator.state()).records.find((pin) => pin.id === id);
  expect(twin?.keyvalues).toEqual(foreign);
});
