import { describe, expect, it } from 'vitest';
import { deployInputs, pinsOf } from '../support/deploy-inputs.ts';
import { startEmulator, type TestEmulator } from '../support/emulator.ts';
import { pullRequest, type RunEvent } from '../support/events.ts';
import { emulatorForFile } from '../support/file-emulator.ts';
import { oracleCid } from '../support/oracle-cid.ts';
import { fine } from '../support/project-runs.ts';
import { type DistRun, runDist } from '../support/run-dist.ts';
import { tempTree } from '../support/temp-tree.ts';

const emulator = await emulatorForFile({ plan: 'enterprise' });
const HEAD = '1234567890abcdef1234567890abcdef12345678';
const HOUR_MS = 3_600_000;

interface Given {
  readonly at?: TestEmulator;
  readonly inputs?: Readonly<Record<string, string>>;
  readonly event?: RunEvent;
  readonly files?: Readonly<Record<string, string>>;
}

const SITE = { 'index.html': '<h1>for us alone</h1>', 'css/a.css': 'h1 {}' };

/** Deploys a site to the private network. */
async function deploy(
  project: string,
  { at = emulator, inputs = {}, event, files = SITE }: Given = {},
): Promise<DistRun> {
  using site = tempTree({ ...files, 'project.txt': project });
  return await runDist({
    inputs: deployInputs(at, site.root, {
      project,
      network: 'private',
      'github-token': at.githubToken,
      ...inputs,
    }),
    env: { GITHUB_API_URL: at.githubUrl },
    ...(event === undefined ? {} : { event }),
  });
}

async function promote(project: string, inputs: Readonly<Record<string, string>>): Promise<DistRun> {
  const common = deployInputs(emulator, '', { project, network: 'private', 'github-token': emulator.githubToken });
  return await runDist({ inputs: { ...common, ...inputs }, env: { GITHUB_API_URL: emulator.githubUrl } });
}

/** The text behind a link, or the status that it answers. */
async function open(url = ''): Promise<string | number> {
  const response = await fetch(url);
  return response.ok ? await response.text() : response.status;
}

function signatureIn(url = ''): string {
  return new URL(url).searchParams.get('X-Signature') ?? '';
}

/** Everything that people or machines can read of a run but its outputs, without the masks. */
function shown(run: DistRun): string {
  return [run.log.replaceAll(/^::add-mask::.*$/gm, ''), run.summary, JSON.stringify(run.report)].join('\n');
}

let numbers = 0;

/** An open pull request of its own, in a repository that only its readers see or that everybody does. */
async function pullRequestIn(visibility: 'public' | 'private'): Promise<{ number: number; event: RunEvent }> {
  numbers += 1;
  await emulator.github({
    repository: 'acme/site',
    private: visibility === 'private',
    commits: [{ oid: HEAD, tree: 'a'.repeat(40) }],
    pullRequests: [{ number: numbers, state: 'OPEN', headRefOid: HEAD }],
  });
  const event = pullRequest(numbers, 'opened');
  const repository = { full_name: 'acme/site', default_branch: 'main', private: visibility === 'private' };
  return { number: numbers, event: { ...event, payload: { ...event.payload, repository } } };
}

async function commentsOn(number: number): Promise<readonly string[]> {
  const { github } = await emulator.state();
  return github.comments.filter((comment) => comment.number === number).map(({ body }) => body);
}

describe('the link to private content', () => {
  it('is in the output url, and opens the page until it ends', async () => {
    const own = await startEmulator({ plan: 'enterprise' });
    try {
      const run = fine(await deploy('acme/site#until', { at: own }));
      const { url, 'access-expires-at': end = '' } = run.outputs;
      expect(run.outputs).toMatchObject({ result: 'deployed', verified: 'gateway', urls: '[]' });
      expect(await open(url)).toBe(SITE['index.html']);
      expect(Math.abs(Date.parse(end) - Date.now() - HOUR_MS)).toBeLessThan(60_000);
      const asset = (url ?? '').replace('index.html', 'css/a.css');
      expect(await open(asset)).toBe(403);
      expect(run.warnings).toEqual([]);
      expect(run.log).toContain('Access link for 1h made; it is in the output url.');
      expect(run.log).toContain('It opens index.html alone');
      expect(run.log).toContain('cannot be browsed');
      expect((await pinsOf(own, run.outputs.cid)).map(({ network }) => network)).toEqual(['private']);
      await own.clock({ advanceMs: HOUR_MS + 1000 });
      expect(await open(url)).toBe(403);
    } finally {
      await own.stop();
    }
  });

  it('is masked before anything else, and is in no log, summary or report', async () => {
    const run = fine(await deploy('acme/site#masked', { inputs: { 'access-link-expires': '7d' } }));
    const { url = '' } = run.outputs;
    expect(run.log).toContain('Access link for 7d made');
    const lines = run.log.split('\n');
    for (const secret of [url, signatureIn(url)]) {
      expect(lines.find((line) => line.includes(secret))).toMatch(/^::add-mask::/);
      expect(lines).toContain(`::add-mask::${secret}`);
      expect(shown(run)).not.toContain(secret);
    }
    expect(run.summary).not.toContain('/files/');
  });

  it('to a single file opens that file', async () => {
    const project = 'acme/site#one-file';
    using site = tempTree({ 'report.txt': 'figures' });
    const common = deployInputs(emulator, `${site.root}/report.txt`, { project, network: 'private' });
    const run = fine(await runDist({ inputs: common }));
    expect(run.outputs.cid).toBe(await oracleCid(Buffer.from('figures')));
    expect(await open(run.outputs.url)).toBe('figures');
    expect(run.log).not.toContain('cannot be browsed');
  });

  it.each([
    ['with never', { 'access-link-expires': 'never' }],
    ['in a dry run', { 'dry-run': 'true' }],
  ])('is not made %s', async (name, inputs) => {
    const run = fine(await deploy(`acme/site#${name.replaceAll(' ', '-')}`, { inputs }));
    expect(run.outputs).toMatchObject({ url: '', 'access-expires-at': '' });
    expect(await emulator.requests({ path: 'download_link' })).toEqual([]);
    expect(run.warnings).toEqual([]);
  });

  it('is not made to public content', async () => {
    const run = fine(await deploy('acme/site#open', { inputs: { network: 'public' } }));
    expect(run.outputs['access-expires-at']).toBe('');
    expect(await emulator.requests({ path: 'download_link' })).toEqual([]);
  });

  it('is made where the gateway is named and the key may not ask for it, and else it is said how to name it', async () => {
    const jwt = await emulator.addKey({ scopes: ['org:files:write', 'org:groups:write'] });
    const unknown = fine(await deploy('acme/site#unknown', { inputs: { 'pinata-jwt': jwt } }));
    expect(unknown.outputs).toMatchObject({ result: 'deployed', url: '', verified: 'pin' });
    expect(unknown.warnings.join('\n')).toMatch(/No access link was made: .*Set pinata-gateway to its domain/);
    const named = fine(
      await deploy('acme/site#unknown', { inputs: { 'pinata-jwt': jwt, 'pinata-gateway-url': emulator.gatewayUrl } }),
    );
    expect(named.warnings).toEqual([]);
    expect(await open(named.outputs.url)).toBe(SITE['index.html']);
  });

  it('is no link where it answers with other bytes, and what is live stays live', async () => {
    await emulator.fault({ match: { host: 'gateway', path: '/files/' }, times: 20, action: { wrongCid: true } });
    const run = fine(await deploy('acme/site#lies', { inputs: { 'verify-timeout': '1s' } }));
    expect(run.outputs).toMatchObject({ result: 'deployed', url: '', verified: 'pin' });
    expect(run.warnings.join('\n')).toMatch(/No access link was made: .* answered with other bytes/);
  });

  it('of a page is not there where the gateway serves no pages', async () => {
    const dedicated = await startEmulator({ plan: 'enterprise', gatewayMode: 'dedicated' });
    try {
      const run = fine(await deploy('acme/site#no-pages', { at: dedicated }));
      expect(run.outputs).toMatchObject({ result: 'deployed', url: '' });
      expect(run.warnings.join('\n')).toContain('serves HTML only through a custom domain');
    } finally {
      await dedicated.stop();
    }
  });
});

describe('on a pull request the link', () => {
  it('is never shown in a public repository, whatever is asked for', async () => {
    const { number, event } = await pullRequestIn('public');
    const run = fine(await deploy('acme/site#public', { event, inputs: { comment: 'true', deployment: 'true' } }));
    const comments = await commentsOn(number);
    expect(comments).toHaveLength(1);
    expect(comments[0]).toContain('Preview is pinned');
    const { github } = await emulator.state();
    const told = `${JSON.stringify(github)}\n${comments.join('\n')}\n${shown(run)}`;
    expect(await open(run.outputs.url)).toBe(SITE['index.html']);
    for (const secret of [run.outputs.url ?? '', signatureIn(run.outputs.url), '/files/']) {
      expect(told).not.toContain(secret);
    }
  });

  it('is in the comment of a private repository that asks for it, with the time when it ends', async () => {
    const { number, event } = await pullRequestIn('private');
    const run = fine(await deploy('acme/site#private', { event, inputs: { comment: 'true' } }));
    const [comment] = await commentsOn(number);
    expect(comment).toContain(signatureIn(run.outputs.url));
    expect(comment).toMatch(/works until \d+ \w+ \d{4} \d\d:\d\d UTC/);
    expect(shown(run)).not.toContain(signatureIn(run.outputs.url));
  });

  it('is in no comment that nobody asked for', async () => {
    const { number, event } = await pullRequestIn('private');
    fine(await deploy('acme/site#quiet', { event, inputs: { comment: 'auto', deployment: 'auto' } }));
    expect(await commentsOn(number)).toEqual([]);
  });
});

describe('private content that was published before', () => {
  it('is promoted and rolled back, each with a link of its own', async () => {
    const project = 'acme/site#moves';
    const first = fine(await deploy(project));
    const second = fine(await deploy(project, { files: { ...SITE, 'index.html': '<h1>newer</h1>' } }));
    const promoted = fine(await promote(project, { mode: 'promote', from: 'production', 'to-tag': 'live' }));
    expect(promoted.outputs).toMatchObject({ result: 'promoted', cid: second.outputs.cid, verified: 'gateway' });
    expect(await open(promoted.outputs.url)).toBe('<h1>newer</h1>');
    expect(promoted.outputs['access-expires-at']).toMatch(/Z$/);
    const back = fine(await promote(project, { mode: 'rollback' }));
    expect(back.outputs).toMatchObject({ result: 'promoted', cid: first.outputs.cid });
    expect(await open(back.outputs.url)).toBe(SITE['index.html']);
    expect(shown(back)).not.toContain(signatureIn(back.outputs.url));
    const dry = fine(await promote(project, { mode: 'rollback', 'dry-run': 'true', from: second.outputs.cid ?? '' }));
    expect(dry.outputs).toMatchObject({ result: 'planned', url: '' });
  });

  it.each([
    ['small', 'figures'],
    ['of several blocks', 'figures '.repeat(100_000)],
  ])('is promoted where it is a single file, %s', async (name, text) => {
    const project = `acme/site#file-${name.replaceAll(' ', '-')}`;
    using site = tempTree({ 'report.txt': text });
    fine(await runDist({ inputs: deployInputs(emulator, `${site.root}/report.txt`, { project, network: 'private' }) }));
    const run = fine(await promote(project, { mode: 'promote', from: 'production', 'to-tag': 'live' }));
    expect(await open(run.outputs.url)).toBe(text);
    expect(run.log).not.toContain('It opens');
  });

  it('is promoted without a link where no file of it is known, which is said', async () => {
    const project = 'acme/site#no-index';
    const { cid } = fine(await deploy(project, { files: { 'a.bin': 'one', 'b.bin': 'three' } })).outputs;
    const run = fine(await promote(project, { mode: 'promote', from: 'production', 'to-tag': 'live' }));
    expect(run.outputs).toMatchObject({ result: 'promoted', cid, url: '', verified: 'pin' });
    expect(run.log).toContain('no name of a file in the private content');
    expect(run.warnings.join()).toMatch(/No access link was made: .* The content is pinned\./);
  });

  it('is verified by a link that nobody gets to see', async () => {
    const project = 'acme/site#verified';
    fine(await deploy(project));
    await emulator.clearRequests();
    const run = fine(await promote(project, { mode: 'verify' }));
    expect(run.outputs).toMatchObject({ result: 'verified', verified: 'true', url: '' });
    expect((await emulator.requests({ host: 'gateway' })).map(({ status }) => status)).toEqual([200]);
    expect(run.summary).toContain('all pinned and served');
    expect(shown(run)).not.toContain('X-Signature');
  });

  it('is not asked for where no link may be made', async () => {
    const project = 'acme/site#unasked';
    fine(await deploy(project));
    await emulator.clearRequests();
    const run = fine(await promote(project, { mode: 'verify', 'access-link-expires': 'never' }));
    expect(await emulator.requests({ host: 'gateway' })).toEqual([]);
    expect(run.summary).toContain('all pinned');
    expect(run.summary).not.toContain('and served');
  });

  it('is not rolled back to when the gateway does not serve it, and said to be unwell', async () => {
    const project = 'acme/site#unserved';
    fine(await deploy(project));
    const second = fine(await deploy(project, { files: { ...SITE, 'index.html': '<h1>newer</h1>' } }));
    await emulator.fault({ match: { host: 'gateway', path: '/files/' }, times: 40, action: { status: 503 } });
    const back = await promote(project, { mode: 'rollback', 'verify-timeout': '1s' });
    expect(back.errors.join()).toMatch(/No gateway .*has not found it yet \(503\)/);
    expect(back.outputs.result).toBe('failed');
    const verified = await promote(project, { mode: 'verify', 'verify-timeout': '1s' });
    expect([verified.exitCode, verified.outputs.verified]).toEqual([1, 'false']);
    await emulator.clearFaults();
    const production = (await pinsOf(emulator, second.outputs.cid)).map(({ keyvalues }) => JSON.stringify(keyvalues));
    expect(production.join()).toContain('production');
  });
});

describe('an account without private files', () => {
  it.each(['free', 'paid'] as const)('of plan %s is told what it needs, and nothing is published', async (plan) => {
    const other = await startEmulator({ plan });
    try {
      const run = await deploy('acme/site#plan', { at: other });
      expect(run.exitCode).toBe(1);
      expect(run.errors.join('\n')).toMatch(/no private files.*Enterprise accounts only/s);
      expect((await other.state()).records).toEqual([]);
    } finally {
      await other.stop();
    }
  });
});
