import { expect, it } from 'vitest';
import { deployInputs, pinsOf, withoutTimes } from '../support/deploy-inputs.ts';

import {
  deletionOf,
  otherEvent,
  pullRequest,
  pullRequestTarget,
  pushTo,
  type RunEvent,
  releaseOf,
} from '../support/events.ts';
import { emulatorForFile } from '../support/file-emulator.ts';
import { projectKey } from '../support/oracle-cid.ts';
import { declaredOutputs, runDist } from '../support/run-dist.ts';
import { tempTree } from '../support/temp-tree.ts';

const KEY = projectKey('acme/site');

const emulator = await emulatorForFile();

it.each<[string, RunEvent, string | RegExp]>([
  ['a push to the default branch', pushTo('main'), 'production'],
  ['a push to another branch', pushTo('docs'), 'branch-docs'],
  ['a push to a branch that is no tag name', pushTo('feature/Login'), /^branch-feature-[a-z-]*[0-9a-f]{6}$/],
  ['a release', releaseOf('v1.2.3'), 'v1.2.3'],
  ['a run by hand', otherEvent('workflow_dispatch'), 'production'],
])('tags the content of %s', async (title, event, tag) => {
  using site = tempTree({ 'index.html': title });
  const run = await runDist({ inputs: deployInputs(emulator, site.root), event });
  expect(run.exitCode, run.log).toBe(0);
  expect(run.outputs.result).toBe('deployed');
  if (typeof tag === 'string') expect(run.outputs.tags).toBe(tag);
  else expect(run.outputs.tags).toMatch(tag);
  const [pin] = await pinsOf(emulator, run.outputs.cid);
  expect(withoutTimes(pin?.keyvalues)).toEqual({
    [KEY]: 'acme/site',
    [`${KEY}.${run.outputs.tags}`]: 'TIME 1234567',
  });
});

it('gives branches whose names look alike tags of their own', async () => {
  using site = tempTree({ 'index.html': 'look alike' });
  const tags = new Set<string | undefined>();
  for (const branch of ['feature/login', 'feature-login', 'Feature-Login']) {
    tags.add((await runDist({ inputs: deployInputs(emulator, site.root), event: pushTo(branch) })).outputs.tags);
  }
  expect(tags.size).toBe(3);
});

it.each(['opened', 'synchronize', 'reopened'])('keeps a pull request that was %s as a preview', async (action) => {
  using site = tempTree({ 'index.html': `preview ${action}` });
  const run = await runDist({ inputs: deployInputs(emulator, site.root), event: pullRequest(7, action) });
  expect(run.exitCode, run.log).toBe(0);
  expect(run.outputs).toMatchObject({ result: 'deployed', tags: 'pr-7' });
  const [pin] = await pinsOf(emulator, run.outputs.cid);
  expect(withoutTimes(pin?.keyvalues)).toEqual({ [KEY]: 'acme/site', [`${KEY}.previews`]: '7@TIME' });
  // The head of the pull request, not the merge commit that the runner checks out.
  expect(pin?.name).toBe('acme/site@1234567');
});

it('keeps several pull requests with the same content on one pin', async () => {
  using site = tempTree({ 'index.html': 'one preview for two' });
  const inputs = deployInputs(emulator, site.root);
  const first = await runDist({ inputs, event: pullRequest(8, 'opened') });
  const second = await runDist({ inputs, event: pullRequest(9, 'opened') });
  expect(second.outputs).toMatchObject({ result: 'deployed', cid: first.outputs.cid, 'uploaded-bytes': '0' });
  const [pin] = await pinsOf(emulator, first.outputs.cid);
  const numbers = pin?.keyvalues[`${KEY}.previews`]?.split(' ').map((mark) => mark.split('@')[0]);
  expect(numbers?.toSorted()).toEqual(['8', '9']);
});

it.each<[string, RunEvent]>([
  ['a labelled pull request', pullRequest(7, 'labeled')],
  ['a push that deletes its branch', deletionOf('docs')],
  ['an issue', otherEvent('issues')],
])('does nothing on %s, says so, and succeeds', async (_title, event) => {
  using site = tempTree({ 'index.html': 'never deployed' });
  const run = await runDist({ inputs: deployInputs(emulator, site.root), event });
  expect(run.exitCode, run.log).toBe(0);
  expect(run.notices).toEqual([expect.stringMatching(/^Nothing to do: .+\.$/)]);
  expect(run.annotations).toHaveLength(1);
  expect(Object.keys(run.outputs).toSorted()).toEqual([...declaredOutputs()].toSorted());
  expect(run.outputs).toMatchObject({ result: 'skipped', cid: '', url: '' });
  expect(await emulator.requests()).toEqual([]);
});

it('refuses to deploy on pull_request_target unless the workflow says that it is meant', async () => {
  using site = tempTree({ 'index.html': 'code of a fork' });
  const event = pullRequestTarget(7, 'opened');
  const refused = await runDist({ inputs: deployInputs(emulator, site.root), event });
  expect(refused.exitCode).toBe(1);
  expect(refused.outputs.result).toBe('failed');
  expect(refused.errors[0]).toMatch(/pull_request_target[\s\S]*mode: deploy/);
  expect(await emulator.requests()).toEqual([]);
  const meant = await runDist({ inputs: deployInputs(emulator, site.root, { mode: 'deploy' }), event });
  expect(meant.outputs).toMatchObject({ result: 'deployed', tags: 'pr-7' });
});

it('deploys on any event when mode is deploy', async () => {
  using site = tempTree({ 'index.html': 'nightly' });
  const run = await runDist({
    inputs: deployInputs(emulator, site.root, { mode: 'deploy', tags: 'nightly' }),
    event: otherEvent('schedule'),
  });
  expect(run.outputs).toMatchObject({ result: 'deployed', tags: 'nightly' });
});
