import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { deployInputs, uploadsTo } from '../support/deploy-inputs.ts';
import { startEmulator, type TestEmulator } from '../support/emulator.ts';
import { pullRequest, pushTo, type RunEvent } from '../support/events.ts';
import { emulatorForFile } from '../support/file-emulator.ts';
import { oracleCar } from '../support/oracle-cid.ts';
import { fine } from '../support/project-runs.ts';
import { type DistRun, runDist } from '../support/run-dist.ts';
import { tempTree } from '../support/temp-tree.ts';

const emulator = await emulatorForFile();
const HEAD = '1234567890abcdef1234567890abcdef12345678';
const PAGE = '<!doctype html><title>A site</title><p>Hello</p>';
/** A page that is blank below a path: it loads its script from the root of the host. */
const ROOTED = '<!doctype html><title>A site</title><script src="/app.js"></script>';

interface Given {
  readonly inputs?: Readonly<Record<string, string>>;
  readonly event?: RunEvent;
  readonly path?: string;
}

/** Deploys files, and says what was sent. */
async function deploy(files: Readonly<Record<string, string>>, { inputs, event, path = '' }: Given = {}) {
  await emulator.clearRequests();
  using site = tempTree(files);
  const run = await runDist({
    inputs: deployInputs(emulator, join(site.root, path), {
      'pinata-gateway-url': emulator.gatewayUrl,
      'github-token': emulator.githubToken,
      ...inputs,
    }),
    event: event ?? pushTo('main'),
    env: { GITHUB_API_URL: emulator.githubUrl },
  });
  return { run, uploads: await uploadsTo(emulator) };
}

/** Everything that anybody sees of a run. */
function shownBy({ log, summary, outputs, report }: DistRun): string {
  // The runner takes masks out of the log.
  const seen = log.split('\n').filter((line) => !line.startsWith('::add-mask::'));
  return [seen.join('\n'), summary, JSON.stringify(outputs), JSON.stringify(report ?? '')].join('\n');
}

/** Until the CAR is on its way, and was read whole before: soon after the run has asked for its CID. */
async function untilCarIsSent({ requests }: TestEmulator): Promise<void> {
  while (!(await requests({ host: 'api' })).some(({ path }) => path.includes('cid='))) await sleep(50);
  await sleep(3000);
}

function refused({ run, uploads }: { readonly run: DistRun; readonly uploads: readonly unknown[] }): DistRun {
  expect(run.exitCode, run.log).toBe(1);
  expect(uploads).toEqual([]);
  expect(run.outputs.result).toBe('failed');
  expect(run.errors).toHaveLength(1);
  expect(run.errors[0]).toContain('The preflight refuses the build:');
  expect(run.errors[0]).toContain('Nothing was sent.');
  expect(run.summary).toContain('❌ Not fit to be published');
  return run;
}

describe('the key of the run in the build', () => {
  const leaks: readonly (readonly [string, (key: string) => string])[] = [
    ['as it is', (key) => `export const KEY = "${key}";`],
    ['in base64', (key) => `const h = "${Buffer.from(`Bearer ${key}`).toString('base64')}";`],
    ['in an address', (key) => `fetch("/pin?jwt=${encodeURIComponent(key)}")`],
  ];
  it.each(leaks)('%s is refused, and shown nowhere', async (_form, script) => {
    const run = refused(await deploy({ 'index.html': PAGE, 'app.js': script(emulator.jwt) }));
    expect(run.errors[0]).toMatch(/^- secrets: .*pinata-jwt.*\(app\.js, line 1\)/m);
    expect(Number(run.outputs['preflight-errors'])).toBeGreaterThan(0);
    expect(shownBy(run)).not.toContain(emulator.jwt);
    expect(shownBy(run)).not.toContain(Buffer.from(emulator.jwt).toString('base64').slice(3, 40));
  });

  it('is refused in a dry run, and where secrets are but warned about', async () => {
    const files = { 'index.html': PAGE, 'app.js': `"${emulator.jwt}"` };
    refused(await deploy(files, { inputs: { 'dry-run': 'true' } }));
    refused(await deploy(files, { inputs: { preflight: 'secrets=warn' } }));
  });

  it('is found across the pieces of a large file, and in one that is no text', async () => {
    const far = 'x'.repeat(1_048_576 - 100);
    const run = refused(await deploy({ 'index.html': PAGE, 'model.bin': `\0\x01${far}${emulator.jwt}\0` }));
    expect(run.errors[0]).toContain('model.bin');
  });

  it('is found in a CAR', async () => {
    const files = new Map(Object.entries({ 'index.html': PAGE, 'app.js': `"${emulator.jwt}"` }));
    const car = await oracleCar(new Map([...files].map(([path, text]) => [path, Buffer.from(text)])));
    using folder = tempTree({});
    writeFileSync(join(folder.root, 'site.car'), car);
    await emulator.clearRequests();
    const run = await runDist({ inputs: deployInputs(emulator, join(folder.root, 'site.car')) });
    refused({ run, uploads: await uploadsTo(emulator) });
    expect(run.errors[0]).toContain('app.js');
  });

  it('is the token of GitHub too, as a checkout leaves it', async () => {
    const header = Buffer.from(`x-access-token:${emulator.githubToken}`).toString('base64');
    const run = refused(await deploy({ 'index.html': PAGE, 'git-config.txt': `extraheader = basic ${header}` }));
    expect(run.errors[0]).toContain('github-token');
  });

  it('is refused as the name of a file, which is shown nowhere either', async () => {
    const { run, uploads } = await deploy({ 'index.html': PAGE, [`img/${emulator.githubToken}.txt`]: 'x' });
    expect(run.exitCode, run.log).toBe(1);
    expect(uploads).toEqual([]);
    expect(run.errors[0]).toContain('The name of a file has the value of github-token in it.');
    expect(shownBy(run)).not.toContain(emulator.githubToken);
  });

  it('is shown by no rule that stumbles on it', async () => {
    const token = emulator.githubToken;
    const page = `<script src="/app.js?t=${token}"></script><img src="a/${token}.png"><base href="/${token}/">`;
    const redirects = `/a/${token} /b.html?${token} 200\n/x ${token}\n`;
    const run = refused(await deploy({ 'index.html': page, _redirects: redirects, 'app.js': '1' }));
    expect(run.summary).toContain('absolute-paths');
    expect(shownBy(run)).not.toContain(token);
    expect(shownBy(run)).not.toContain(token.slice(4, 24));
    const off = await deploy({ 'index.html': page, 'app.js': '1' }, { inputs: { preflight: 'secrets=off' } });
    expect(off.run.summary).toContain('absolute-paths');
    expect(shownBy(off.run)).not.toContain(token);
  });

  it('is refused where it comes only after the files were first read', async () => {
    const free = await startEmulator({ plan: 'free' });
    try {
      using site = tempTree({ 'index.html': PAGE, 'app.js': '1' });
      // The CAR is refused only when the file has changed; then the files are read again, to go as a folder.
      await free.fault({ match: { host: 'upload' }, action: { delayMs: 9000 } });
      const running = runDist({ inputs: deployInputs(free, site.root) });
      await untilCarIsSent(free);
      writeFileSync(join(site.root, 'app.js'), `"${free.jwt}"`);
      const run = await running;
      expect(run.exitCode, run.log).toBe(1);
      expect(run.errors[0]).toContain('The files changed, and must not be published any more.');
      expect((await free.state()).records).toEqual([]);
    } finally {
      await free.stop();
    }
  });

  it('that was published already is refused with the pin that has it', async () => {
    const files = { 'index.html': PAGE, 'app.js': `"${emulator.jwt}" // before` };
    const inputs = { project: 'acme/site#before' };
    const before = fine((await deploy(files, { inputs: { ...inputs, preflight: 'off' } })).run);
    const { run } = await deploy(files, { inputs });
    expect(run.exitCode, run.log).toBe(1);
    expect(run.errors[0]).toContain(`pinned already (pin ${before.outputs['pin-id'] ?? ''}): unpin it there.`);
  });

  it('is nobody’s business with preflight: off', async () => {
    const { run } = await deploy(
      { 'index.html': PAGE, 'app.js': `"${emulator.jwt}"` },
      { inputs: { preflight: 'off', project: 'acme/site#off' } },
    );
    fine(run);
    expect(run.outputs).toMatchObject({ 'preflight-errors': '', 'preflight-warnings': '' });
  });
});

it('a token of a known service is refused, by its fingerprint alone', async () => {
  // In two pieces, so that nobody takes this file for a leak.
  const token = ['ghp', 'Rk7Yw2Vn5Tq8Zb3Xc6Mf9Hj4Ld1Ps0Ga2Ue5'].join('_');
  const run = refused(
    await deploy({ 'index.html': PAGE, 'app.js': `fetch(u,{headers:{authorization:"token ${token}"}})` }),
  );
  const fingerprint = createHash('sha256').update(token).digest('hex').slice(0, 8);
  expect(run.errors[0]).toMatch(new RegExp(`^- secrets: .*fingerprint ${fingerprint}.*\\(app\\.js, line 1\\)`, 'm'));
  expect(shownBy(run)).not.toContain(token.slice(4, 20));
});

describe('what will not work', () => {
  it('is a warning in the log, the summary, the comment, the outputs and the report', async () => {
    const number = 71;
    await emulator.github({
      repository: 'acme/site',
      commits: [{ oid: HEAD, tree: 'a'.repeat(40) }],
      pullRequests: [{ number, state: 'OPEN', headRefOid: HEAD }],
    });
    const { run } = await deploy(
      { 'index.html': ROOTED, 'app.js': 'console.log(1)' },
      { inputs: { comment: 'true', project: 'acme/site#rooted' }, event: pullRequest(number, 'opened') },
    );
    fine(run);
    expect(run.warnings).toHaveLength(1);
    expect(run.warnings[0]).toMatch(/^absolute-paths: .*\/app\.js/);
    expect(run.summary).toMatch(/#### Preflight\n\n- ⚠️ \*\*absolute-paths\*\*/);
    expect(run.outputs).toMatchObject({ result: 'deployed', 'preflight-errors': '0', 'preflight-warnings': '1' });
    expect(run.report).toMatchObject({
      preflight: { findings: [{ rule: 'absolute-paths', severity: 'warn', path: 'index.html', line: 1 }] },
    });
    const { github } = await emulator.state();
    const body = github.comments.find((comment) => comment.number === number)?.body;
    expect(body).toContain('<summary>⚠️ Preflight: 1 warning</summary>');
    expect(body).toContain('**absolute-paths**');
  });

  it('is refused where preflight says so', async () => {
    const given = { inputs: { preflight: 'absolute-paths=error' } };
    const run = refused(await deploy({ 'index.html': ROOTED, 'app.js': '1' }, given));
    expect(run.errors[0]).toContain('- absolute-paths: ');
  });

  it('is nothing on a clean site', async () => {
    const { run } = await deploy({ 'index.html': PAGE }, { inputs: { project: 'acme/site#clean' } });
    fine(run);
    expect(run.warnings).toEqual([]);
    expect(run.summary).toContain('#### Preflight\n\nNothing found');
    expect(run.outputs).toMatchObject({ 'preflight-errors': '0', 'preflight-warnings': '0' });
  });

  it('is told of a build that is only compared, without a key', async () => {
    const { run } = await deploy(
      { 'index.html': ROOTED, 'app.js': '2' },
      { inputs: { 'pinata-jwt': '', mode: 'diff' } },
    );
    expect(run.exitCode, run.log).toBe(0);
    expect(run.warnings.filter((text) => text.startsWith('absolute-paths: '))).toHaveLength(1);
  });
});
