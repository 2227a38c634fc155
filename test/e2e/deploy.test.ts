import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { deployInputs, pinFromOutside, pinsOf, uploadsTo, withoutTimes, writesTo } from '../support/deploy-inputs.ts';

import { emulatorForFile } from '../support/file-emulator.ts';
import { oracleCar, oracleCid, projectKey, readTree } from '../support/oracle-cid.ts';
import { type DistRun, declaredOutputs, runDist } from '../support/run-dist.ts';
import { tempTree } from '../support/temp-tree.ts';

const DAPP = fileURLToPath(new URL('../../examples/dapp', import.meta.url));
const KEY = projectKey('acme/site');

const emulator = await emulatorForFile();

async function deploy(path: string, more: Record<string, string> = {}): Promise<DistRun> {
  const run = await runDist({ inputs: deployInputs(emulator, path, more) });
  expect(run.exitCode, run.log).toBe(0);
  return run;
}

describe('the first deploy of the example', () => {
  let run: DistRun;
  let expectedCid: string;
  const began = Math.floor(Date.now() / 1000);
  beforeAll(async () => {
    expectedCid = await oracleCid(readTree(DAPP));
    run = await deploy(DAPP);
  });

  it('sets every output that action.yml declares, and no other', () => {
    expect(Object.keys(run.outputs).toSorted()).toEqual([...declaredOutputs()].toSorted());
  });

  it('deploys the CID that another implementation gives these files', () => {
    expect(run.outputs).toMatchObject({ result: 'deployed', cid: expectedCid, hash: expectedCid, ipfs: expectedCid });
    expect(run.outputs.uri).toBe(`ipfs://${expectedCid}`);
    expect(run.outputs.contenthash).toMatch(/^0xe30101701220[0-9a-f]{64}$/);
    expect(run.outputs['cid-v0']).toMatch(/^Qm[1-9A-HJ-NP-Za-km-z]{44}$/);
  });

  it('tells sizes, tags and links', async () => {
    const files = readTree(DAPP);
    const bytes = [...files.values()].reduce((sum, file) => sum + file.length, 0);
    const [pin] = await pinsOf(emulator, expectedCid);
    const url = `${emulator.gatewayUrl}/ipfs/${expectedCid}/`;
    expect(run.outputs).toMatchObject({
      'file-count': String(files.size),
      size: String(bytes),
      tags: 'production',
      changed: 'true',
      'previous-cid': '',
      'pin-id': pin?.id,
      verified: 'gateway',
      url,
      'car-path': '',
    });
    expect(JSON.parse(run.outputs.urls ?? '')).toMatchObject([
      { url, state: 'live', note: 'bytes match; does not follow _redirects', status: 200 },
    ]);
    expect(Number(run.outputs['uploaded-bytes'])).toBeGreaterThan(bytes);
  });

  it('stores the marker and the tag on the pin, and nothing else', async () => {
    const pins = await pinsOf(emulator, expectedCid);
    expect(pins).toHaveLength(1);
    const { [`${KEY}.production`]: mark = '', ...rest } = pins[0]?.keyvalues ?? {};
    expect(rest).toEqual({ [KEY]: 'acme/site' });
    expect(mark).toMatch(/^[0-9]+ 1234567$/);
    expect(Number(mark.split(' ')[0])).toBeGreaterThanOrEqual(began);
    expect(Number(mark.split(' ')[0])).toBeLessThanOrEqual(Date.now() / 1000);
    expect(pins[0]?.name).toBe('acme/site@1234567');
  });

  it('serves every file byte for byte through the gateway', async () => {
    for (const [path, bytes] of readTree(DAPP)) {
      const response = await fetch(`${run.outputs.url}${path.split('/').map(encodeURIComponent).join('/')}`);
      expect(Buffer.from(await response.arrayBuffer()).equals(bytes), path).toBe(true);
    }
    const page = await fetch(run.outputs.url ?? '');
    expect(Buffer.from(await page.arrayBuffer()).equals(readFileSync(join(DAPP, 'index.html')))).toBe(true);
  });

  it('writes a report with every file, and a summary with the CID and the link', () => {
    const report = run.report as { schema: number; result: string; cid: string; files: Record<string, unknown> };
    expect(report).toMatchObject({ schema: 1, result: 'deployed', cid: expectedCid, tags: ['production'] });
    expect(Object.keys(report.files).toSorted()).toEqual([...readTree(DAPP).keys()].toSorted());
    expect(run.summary).toContain(expectedCid);
    expect(run.summary).toContain(`](<${run.outputs.url}>)`);
  });

  it('says it in about ten lines, without a warning', () => {
    const outside = run.log.replace(/^::group::.*?^::endgroup::$/gms, '').split('\n');
    const lines = outside.filter((line) => line !== '' && !line.startsWith('::add-mask::'));
    expect(lines.length, run.log).toBeLessThanOrEqual(12);
    expect(run.annotations).toEqual([]);
  });

  it('sends nothing again when the same directory is deployed again', async () => {
    const again = await deploy(DAPP);
    expect(again.outputs).toMatchObject({
      result: 'unchanged',
      cid: expectedCid,
      changed: 'false',
      'previous-cid': expectedCid,
      'uploaded-bytes': '0',
      'pin-id': run.outputs['pin-id'],
    });
    expect(await uploadsTo(emulator)).toEqual([]);
    expect(await pinsOf(emulator, expectedCid)).toHaveLength(1);
  });
});

it('moves the tag to changed content and leaves the old pin as it was', async () => {
  using site = tempTree({ 'index.html': '<h1>one</h1>', 'about.txt': 'one' });
  const inputs = { project: 'acme/changing' };
  const first = await deploy(site.root, inputs);
  const before = await pinsOf(emulator, first.outputs.cid);
  using changed = tempTree({ 'index.html': '<h1>two</h1>', 'about.txt': 'one' });
  const second = await deploy(changed.root, inputs);
  expect(second.outputs).toMatchObject({ result: 'deployed', changed: 'true', 'previous-cid': first.outputs.cid });
  expect(second.outputs.cid).toBe(await oracleCid(readTree(changed.root)));
  expect(await pinsOf(emulator, first.outputs.cid)).toEqual(before);
  expect((await pinsOf(emulator, second.outputs.cid))[0]?.keyvalues).toHaveProperty([
    `${projectKey('acme/changing')}.production`,
  ]);
});

it('moves a tag even when the deploy before it came from a machine whose clock is ahead', async () => {
  using site = tempTree({ 'index.html': 'from the future' });
  const key = projectKey('acme/clock');
  const ahead = Math.floor(Date.now() / 1000) + 3600;
  const keyvalues = { [key]: 'acme/clock', [`${key}.production`]: `${ahead} abcdef0` };
  const future = await pinFromOutside(emulator, { car: await oracleCar(readTree(site.root)), keyvalues });
  using next = tempTree({ 'index.html': 'from now' });
  const moved = await deploy(next.root, { project: 'acme/clock' });
  expect(moved.outputs).toMatchObject({ result: 'deployed', 'previous-cid': future.cid });
  const again = await deploy(next.root, { project: 'acme/clock' });
  expect(again.outputs).toMatchObject({ result: 'unchanged', 'previous-cid': moved.outputs.cid });
});

it('puts several tags on one pin, now and later', async () => {
  using site = tempTree({ 'index.html': 'many names' });
  const key = projectKey('acme/many');
  const first = await deploy(site.root, { project: 'acme/many', tags: 'staging\nnext' });
  expect(first.outputs.tags).toBe('staging\nnext');
  const second = await deploy(site.root, { project: 'acme/many', tags: 'v1.2.3' });
  expect(second.outputs).toMatchObject({ result: 'deployed', changed: 'true', 'uploaded-bytes': '0', tags: 'v1.2.3' });
  const pins = await pinsOf(emulator, first.outputs.cid);
  expect(pins).toHaveLength(1);
  expect(Object.keys(pins[0]?.keyvalues ?? {}).toSorted()).toEqual(
    [key, `${key}.next`, `${key}.staging`, `${key}.v1.2.3`].toSorted(),
  );
});

it("uses another project's pin without touching that project's keys or adopting it", async () => {
  using site = tempTree({ 'index.html': 'shared by two' });
  const first = await deploy(site.root, { project: 'acme/one' });
  const before = (await pinsOf(emulator, first.outputs.cid))[0]?.keyvalues ?? {};
  await emulator.clearRequests();
  const second = await deploy(site.root, { project: 'acme/two' });
  expect(second.outputs).toMatchObject({ result: 'deployed', 'uploaded-bytes': '0', 'previous-cid': '' });
  expect(await uploadsTo(emulator)).toEqual([]);
  const pins = await pinsOf(emulator, first.outputs.cid);
  expect(pins).toHaveLength(1);
  const key = projectKey('acme/two');
  expect(withoutTimes(pins[0]?.keyvalues)).toEqual({
    ...withoutTimes(before),
    [key]: 'acme/two',
    [`${key}.production`]: 'TIME 1234567',
  });
});

it('adopts a pin that somebody made without us', async () => {
  using site = tempTree({ 'index.html': 'was here before' });
  const outside = await pinFromOutside(emulator, {
    car: await oracleCar(readTree(site.root)),
    keyvalues: { owner: 'somebody' },
  });
  await emulator.clearRequests();
  const run = await deploy(site.root, { project: 'acme/adopting' });
  expect(run.outputs).toMatchObject({ result: 'deployed', 'pin-id': outside.id, 'uploaded-bytes': '0' });
  expect(await uploadsTo(emulator)).toEqual([]);
  const key = projectKey('acme/adopting');
  expect(withoutTimes((await pinsOf(emulator, run.outputs.cid))[0]?.keyvalues)).toEqual({
    owner: 'somebody',
    [key]: 'acme/adopting',
    [`${key}.production`]: 'TIME 1234567',
    'pd1.adopted': '1',
  });
});

it('uploads content that is pinned already when reuse-pinned is false', async () => {
  using site = tempTree({ 'index.html': 'send me again' });
  await deploy(site.root, { project: 'acme/again' });
  const again = await deploy(site.root, { project: 'acme/again', 'reuse-pinned': 'false' });
  expect(Number(again.outputs['uploaded-bytes'])).toBeGreaterThan(0);
  expect(await uploadsTo(emulator)).toHaveLength(2);
  expect(await pinsOf(emulator, again.outputs.cid)).toHaveLength(1);
});

describe('a dry run', () => {
  it('plans and writes nothing', async () => {
    using site = tempTree({ 'index.html': 'only planned' });
    const carFile = join(site.root, '..', 'never-written.car');
    const run = await deploy(site.root, { 'dry-run': 'true', 'car-file': carFile });
    const cid = await oracleCid(readTree(site.root));
    expect(run.outputs).toMatchObject({ result: 'planned', cid, changed: 'true', 'pin-id': '', 'car-path': '' });
    expect(await writesTo(emulator)).toEqual([]);
    expect((await emulator.requests()).length).toBeGreaterThan(0);
    expect(await pinsOf(emulator, cid)).toEqual([]);
    expect(() => readFileSync(carFile)).toThrow('ENOENT');
    expect(run.summary).toContain('Dry run');
  });
});

describe('the expected CID', () => {
  it('lets the same build through', async () => {
    using site = tempTree({ 'index.html': 'as expected' });
    const run = await deploy(site.root, { 'expected-cid': await oracleCid(readTree(site.root)) });
    expect(run.outputs.result).toBe('deployed');
  });

  it('stops another build before anything is sent, and names both', async () => {
    using site = tempTree({ 'index.html': 'not as expected' });
    const expected = await oracleCid(readTree(DAPP));
    const run = await runDist({ inputs: deployInputs(emulator, site.root, { 'expected-cid': expected }) });
    expect(run.exitCode).toBe(1);
    expect(run.outputs.result).toBe('failed');
    expect(run.errors).toHaveLength(1);
    expect(run.errors[0]).toContain(await oracleCid(readTree(site.root)));
    expect(run.errors[0]).toContain(expected);
    expect(await writesTo(emulator)).toEqual([]);
  });
});

it('stores two lines of metadata and puts the pin into a group, which it makes once and takes by name or id', async () => {
  using one = tempTree({ 'index.html': 'grouped one' });
  using two = tempTree({ 'index.html': 'grouped two' });
  const inputs = {
    project: 'acme/grouped',
    group: 'sites of acme',
    metadata: 'team=web\nstage=ci run',
    name: '{tag} {sha7}',
  };
  const runs = [await deploy(one.root, inputs), await deploy(two.root, inputs)];
  const made = (await emulator.state()).groups.filter((group) => group.name === 'sites of acme');
  expect(made).toHaveLength(1);
  using three = tempTree({ 'index.html': 'grouped three' });
  runs.push(await deploy(three.root, { ...inputs, group: made[0]?.id ?? '' }));
  expect((await emulator.state()).groups).toHaveLength(1);
  for (const run of runs) {
    const [pin] = await pinsOf(emulator, run.outputs.cid);
    expect(pin).toMatchObject({ groupId: made[0]?.id, name: 'production 1234567' });
    expect(pin?.keyvalues).toMatchObject({ team: 'web', stage: 'ci run' });
  }
});

describe('inputs of older actions', () => {
  it('work, with one warning each', async () => {
    using site = tempTree({ 'index.html': 'old names' });
    const { path: _path, 'pinata-jwt': _jwt, ...others } = deployInputs(emulator, site.root);
    const run = await runDist({
      inputs: { ...others, 'path-to-deploy': site.root, 'pinata-jwt-token': emulator.jwt, 'pin-name': 'old-style' },
    });
    expect(run.exitCode, run.log).toBe(0);
    expect(run.warnings.toSorted()).toEqual([
      'The input path-to-deploy is deprecated; use path.',
      'The input pin-name is deprecated; use name.',
      'The input pinata-jwt-token is deprecated; use pinata-jwt.',
    ]);
    expect((await pinsOf(emulator, run.outputs.cid))[0]?.name).toBe('old-style');
  });

  it.each(['pinata-api-key', 'pinata-secret-api-key', 'pinataKey', 'pinataSecret'])(
    'that hold a key or a secret fail with what to do: %s',
    async (input) => {
      using site = tempTree({ 'index.html': 'key and secret' });
      const run = await runDist({ inputs: { ...deployInputs(emulator, site.root), [input]: 'f00dfeedf00dfeed' } });
      expect(run.exitCode).toBe(1);
      expect(run.outputs.result).toBe('failed');
      expect(run.errors[0]).toMatch(
        new RegExp(`^${input} is not supported\\. Make a JWT with .* pass it as pinata-jwt`),
      );
      expect(await emulator.requests()).toEqual([]);
    },
  );
});

it('reads the JWT from the environment variable PINATA_JWT', async () => {
  using site = tempTree({ 'index.html': 'from the environment' });
  const { 'pinata-jwt': _jwt, ...inputs } = deployInputs(emulator, site.root);
  const run = await runDist({ inputs, env: { PINATA_JWT: emulator.jwt } });
  expect(run.exitCode, run.log).toBe(0);
  expect(run.outputs.result).toBe('deployed');
});
