import { describe, expect, it } from 'vitest';
import { deployInputs } from '../support/deploy-inputs.ts';
import { pullRequest, pushTo, type RunEvent } from '../support/events.ts';
import { emulatorForFile } from '../support/file-emulator.ts';
import { fine, groupIn } from '../support/project-runs.ts';
import { type DistRun, runDist } from '../support/run-dist.ts';
import { pinataWrites } from '../support/seed-pins.ts';
import { type Planted, tempTree } from '../support/temp-tree.ts';

const emulator = await emulatorForFile();

type Tree = Readonly<Record<string, Planted>>;

interface Given {
  readonly inputs?: Readonly<Record<string, string>>;
  readonly event?: RunEvent;
  readonly cache?: 'offered';
  /** Default: the key of the account. */
  readonly jwt?: string;
  readonly env?: Readonly<Record<string, string>>;
}

let commits = 0;

/** A push of a commit of its own. */
function nextPush(): RunEvent {
  commits += 1;
  return { ...pushTo('main'), sha: String(commits).padStart(7, '0').padEnd(40, 'a') };
}

/** Deploys a tree; the account's own gateway serves blocks below the roots that are pinned. */
async function deploy(
  project: string,
  tree: Tree,
  { inputs = {}, event, cache, jwt, env = {} }: Given = {},
): Promise<DistRun> {
  // Content of its own: a pin has no room for the tags of all projects here.
  using site = tempTree({ ...tree, 'project.txt': project });
  return await runDist({
    inputs: deployInputs(emulator, site.root, {
      project,
      'pinata-gateway-url': emulator.gatewayUrl,
      'github-token': emulator.githubToken,
      ...(jwt === undefined ? {} : { 'pinata-jwt': jwt }),
      ...inputs,
    }),
    event: event ?? nextPush(),
    env: { GITHUB_API_URL: emulator.githubUrl, ...env },
    ...(cache === undefined ? {} : { cache: emulator }),
  });
}

/** The requests for blocks of the base. */
async function blockRequests(): Promise<readonly string[]> {
  const requests = await emulator.requests({ host: 'gateway' });
  return requests.map(({ path }) => path).filter((path) => /[?&]format=/.test(path));
}

interface ReportedDiff {
  readonly kind: string;
  readonly changes?: readonly { readonly kind: string; readonly path: string; readonly from?: string }[];
}

function diffIn({ report }: DistRun): ReportedDiff {
  return (report as { readonly diff: ReportedDiff }).diff;
}

const SITE: Tree = {
  'index.html': '<script src="assets/index-Ck3d.js">',
  'assets/index-Ck3d.js': 'console.log("old");',
  'assets/logo.svg': '<svg/>',
  'about/team/index.html': 'team',
  'gone.txt': 'gone',
};
const CHANGED: Tree = {
  'index.html': '<script src="assets/index-B1x9.js">',
  'assets/index-B1x9.js': 'console.log("new and longer");',
  'assets/logo.svg': '<svg/>',
  'about/team/index.html': 'team',
  'images/logo.svg': '<svg></svg>',
};

describe('a deploy says what changed', () => {
  it('against what its tag pointed to, reading only directories on changed paths', async () => {
    const project = 'acme/site#changed';
    const first = fine(await deploy(project, SITE));
    expect(first.log).toContain('No diff: this is the first deploy.');
    expect(first.outputs).toMatchObject({ 'files-added': '', 'files-moved': '', 'size-delta': '' });
    await emulator.clearRequests();
    const second = fine(await deploy(project, CHANGED));
    expect(second.outputs).toMatchObject({
      changed: 'true',
      'files-added': '1',
      'files-changed': '1',
      'files-removed': '1',
      'files-moved': '1',
      'size-delta': String('console.log("new and longer");'.length - 'console.log("old");'.length + 11 - 4),
    });
    expect(diffIn(second).changes).toContainEqual(
      expect.objectContaining({ kind: 'moved', from: 'assets/index-Ck3d.js', path: 'assets/index-B1x9.js' }),
    );
    expect(groupIn(second.log, 'Compare').join('\n')).toMatch(/assets\/index-\*\.js/);
    expect(second.summary).toContain('#### What changed');
    expect(await blockRequests()).toEqual([
      `/ipfs/${first.outputs.cid}?format=raw`,
      `/ipfs/${first.outputs.cid}/assets?format=raw`,
    ]);
  });

  it('from the listing that an earlier run kept, without asking any gateway for blocks', async () => {
    const project = 'acme/site#cached';
    const first = fine(await deploy(project, SITE, { cache: 'offered' }));
    expect(first.log).toContain('Kept its directories for the next diff');
    await emulator.clearRequests();
    const second = fine(await deploy(project, CHANGED, { cache: 'offered' }));
    expect(second.outputs).toMatchObject({ 'files-added': '1', 'files-changed': '1' });
    expect(await blockRequests()).toEqual([]);
  });

  it('asks nobody when nothing changed', async () => {
    const project = 'acme/site#same';
    fine(await deploy(project, SITE));
    await emulator.clearRequests();
    const again = fine(await deploy(project, SITE));
    expect(again.outputs).toMatchObject({ result: 'unchanged', 'files-changed': '0', 'size-delta': '0' });
    expect(await blockRequests()).toEqual([]);
  });

  it('against production for the first preview of a pull request', async () => {
    const project = 'acme/site#preview';
    fine(await deploy(project, SITE));
    const preview = fine(await deploy(project, CHANGED, { event: pullRequest(4, 'opened') }));
    expect(preview.log).toMatch(/Compared with production \(bafy/);
    expect(preview.outputs['files-added']).toBe('1');
  });

  it('through a sharded directory of a gateway that refuses every CID inside', async () => {
    const project = 'acme/site#sharded';
    const tokens = (content: string): Tree =>
      Object.fromEntries(
        Array.from({ length: 1500 }, (_, index) => [
          `tokens/${'n'.repeat(200)}-${index}.json`,
          index === 700 ? content : 'same',
        ]),
      );
    const first = fine(await deploy(project, tokens('old')));
    await emulator.clearRequests();
    const second = fine(await deploy(project, tokens('new!')));
    expect(second.outputs).toMatchObject({ 'files-changed': '1', 'files-added': '0', 'size-delta': '1' });
    expect(await blockRequests()).toEqual([
      `/ipfs/${first.outputs.cid}?format=raw`,
      `/ipfs/${first.outputs.cid}/tokens?format=raw`,
      `/ipfs/${first.outputs.cid}/tokens?format=car&dag-scope=entity`,
    ]);
  });

  it('of contents, when the base was made by another profile', async () => {
    const project = 'acme/site#profiles';
    fine(await deploy(project, SITE, { inputs: { 'cid-profile': 'unixfs-v0-2015' } }));
    const same = fine(await deploy(project, SITE));
    expect(same.outputs).toMatchObject({ result: 'deployed', changed: 'true', 'files-changed': '0' });
    expect(same.log).toContain('Only the encoding differs: production is encoded by cid-profile unixfs-v0-2015');
    const other = fine(await deploy(project, CHANGED, { inputs: { 'cid-profile': 'unixfs-v0-2015' } }));
    expect(other.outputs).toMatchObject({ 'files-added': '1', 'files-changed': '1', 'files-moved': '1' });
  });
});

describe('a deploy goes on without a diff', () => {
  it.for([
    ['answers 504', { status: 504, body: 'gateway timeout' }, /answered 504/],
    ['answers a page', { status: 200, body: '<html>ERR_ID:00006</html>' }, /refused it \(ERR_ID:00006\)/],
    ['answers other bytes', { status: 200, body: 'something else' }, /answered with other bytes/],
    ['refuses the content', { status: 403, body: 'ERR_ID:00024' }, /answered 403 \(ERR_ID:00024\)/],
  ] as const)('when its gateway %s', async ([name, action, reason]) => {
    const project = `acme/site#${name.replaceAll(' ', '-')}`;
    const first = fine(await deploy(project, SITE));
    await emulator.fault({ match: { host: 'gateway', path: 'format=raw' }, times: 9, action });
    const second = fine(await deploy(project, CHANGED));
    expect(second.outputs).toMatchObject({ result: 'deployed', 'files-added': '', 'previous-cid': first.outputs.cid });
    expect(diffIn(second).kind).toBe('unavailable');
    expect(second.log).toMatch(/No diff with production/);
    expect(second.log).toMatch(reason);
    expect(second.annotations).toEqual([]);
  });

  it('and compares once, though the pin vanishes and it deploys again', async () => {
    const project = 'acme/site#again';
    fine(await deploy(project, SITE));
    await emulator.fault({
      match: { host: 'api', method: 'PUT' },
      action: { status: 404, body: '{"error":{"code":404,"message":"File not found"}}' },
    });
    const run = fine(await deploy(project, CHANGED));
    expect(run.log.match(/^Compared with /gm)).toHaveLength(1);
    expect(run.log).toContain('deploying again');
    expect(run.outputs['files-added']).toBe('1');
  });

  it('when what it names is not there', async () => {
    const missing = fine(await deploy('acme/site#missing', SITE, { inputs: { 'diff-base': 'tag:beta' } }));
    expect(missing.log).toContain('No diff: nothing has the tag beta.');
    const none = fine(await deploy('acme/site#missing', CHANGED, { inputs: { 'diff-base': 'none' } }));
    expect(none.log).toContain('No diff: diff-base is none.');
  });
});

describe('a build over its budget', () => {
  it('fails before anything is sent, with its diff', async () => {
    const project = 'acme/site#budget';
    fine(await deploy(project, SITE));
    await emulator.clearRequests();
    const run = await deploy(project, CHANGED, { inputs: { 'size-budget': 'total=5MB\n**/*.js=+5B' } });
    expect(run.exitCode).toBe(1);
    expect(run.errors.join('\n')).toContain('**/*.js=+5B: grew by +11 B, 6 B too much');
    expect(run.outputs).toMatchObject({ result: 'failed', 'files-added': '1', url: '', 'pin-id': '' });
    expect(run.summary).toContain('❌ Size budget exceeded');
    expect(run.summary).toContain('#### What changed');
    expect(await pinataWrites(emulator)).toEqual([]);
  });

  it('is not judged by growth on a first deploy', async () => {
    fine(await deploy('acme/site#new-budget', SITE, { inputs: { 'size-budget': 'total=+1B' } }));
  });
});

describe('a run that gets no secrets', () => {
  const fork = (number: number): RunEvent => {
    const event = pullRequest(number, 'opened');
    const head = { sha: 'a'.repeat(40), ref: 'topic', repo: { full_name: 'stranger/site' } };
    return { ...event, payload: { ...event.payload, pull_request: { number, merged: false, head } } };
  };

  it('compares with what GitHub says is deployed, asks Pinata nothing, and is green', async () => {
    const { cid } = fine(await deploy('acme/site#fork', SITE)).outputs;
    await emulator.github({
      repository: 'acme/site',
      deployments: [
        { environment: 'ipfs-production', state: 'ACTIVE', environmentUrl: `https://${cid}.ipfs.dweb.link/` },
      ],
    });
    await emulator.clearRequests();
    const run = fine(await deploy('acme/site#fork', CHANGED, { jwt: '', event: fork(9) }));
    expect(run.outputs).toMatchObject({ result: 'skipped', changed: 'true', 'files-added': '1', tags: '' });
    expect(run.outputs.cid).toMatch(/^bafy/);
    expect(run.notices.join('\n')).toMatch(/Not published: there is no pinata-jwt/);
    expect(run.summary).toContain('⏸ Not published');
    expect(await emulator.requests({ host: 'api' })).toEqual([]);
  });

  it('fails where require-credentials asks for them', async () => {
    const run = await deploy('acme/site#fork', CHANGED, {
      jwt: '',
      event: fork(10),
      inputs: { 'require-credentials': 'true' },
    });
    expect(run.exitCode).toBe(1);
    expect(run.errors.join('\n')).toContain('pinata-jwt must be');
  });

  it.for(['', 'dependabot[bot]'])('fails on a push of "%s": nothing would be live', async (actor) => {
    const run = await deploy('acme/site#forgotten', SITE, { jwt: '', env: { GITHUB_ACTOR: actor } });
    expect(run.exitCode).toBe(1);
    expect(run.errors.join('\n')).toContain('pinata-jwt must be');
  });

  it('compares for Dependabot too, and says when a growth limit cannot be judged', async () => {
    const run = await deploy('acme/site#dependabot', SITE, {
      jwt: '',
      event: pullRequest(11, 'opened'),
      env: { GITHUB_ACTOR: 'dependabot[bot]' },
      inputs: { 'size-budget': 'total=+1B', 'diff-base': 'tag:production' },
    });
    expect(run.outputs.result, run.log).toBe('skipped');
    expect(run.warnings).toEqual([expect.stringMatching(/^size-budget was not checked for total=\+1B/)]);
  });

  it('holds the build to expected-cid', async () => {
    const { cid = '' } = fine(await deploy('acme/site#expected', SITE)).outputs;
    const run = await deploy('acme/site#expected', CHANGED, {
      jwt: '',
      event: fork(12),
      inputs: { 'expected-cid': cid },
    });
    expect(run.exitCode).toBe(1);
    expect(run.errors.join('\n')).toContain(`expected-cid is ${cid}`);
  });
});

describe('mode: diff', () => {
  it('with a key shows the whole plan and writes nothing', async () => {
    const project = 'acme/site#mode';
    fine(await deploy(project, SITE));
    await emulator.clearRequests();
    const run = fine(await deploy(project, CHANGED, { inputs: { mode: 'diff' } }));
    expect(run.outputs).toMatchObject({ result: 'planned', changed: 'true', 'files-added': '1', tags: 'production' });
    expect(await pinataWrites(emulator)).toEqual([]);
  });

  it('without a key compares with a CID', async () => {
    const { cid = '' } = fine(await deploy('acme/site#by-cid', SITE)).outputs;
    const inputs = { mode: 'diff', 'diff-base': cid };
    const run = fine(await deploy('acme/site#by-cid', CHANGED, { jwt: '', inputs }));
    expect(run.outputs).toMatchObject({ result: 'planned', changed: 'true', 'files-added': '1' });
  });
});

describe('the same sources with another CID', () => {
  const stamped = (time: string): Tree => ({ ...SITE, 'build.json': `{"name":"app","built":"${time}"}` });

  it('are said so loudly, with the files and the likely cause', async () => {
    const project = 'acme/site#rebuilt';
    const event = nextPush();
    fine(await deploy(project, stamped('2026-07-13T08:00:00Z'), { event }));
    const again = fine(await deploy(project, stamped('2026-07-14T09:31:02Z'), { event }));
    expect(again.summary).toContain('The sources are the same, but the CID changed.');
    expect(again.summary).toMatch(/build\.json.*time stamp/);
    expect(again.warnings).toEqual([
      expect.stringMatching(/^The sources are the same, but the CID changed: .*build\.json \(time stamp/),
    ]);
  });

  it('also when another commit has the same tree', async () => {
    const project = 'acme/site#reverted';
    const [one, other] = [nextPush(), nextPush()];
    await emulator.github({
      repository: 'acme/site',
      commits: [one, other].map(({ sha }) => ({ oid: sha, tree: 'd'.repeat(40) })),
    });
    fine(await deploy(project, stamped('2026-07-13T08:00:00Z'), { event: one }));
    const again = fine(await deploy(project, stamped('2026-07-14T09:31:02Z'), { event: other }));
    expect(again.summary).toContain('The sources are the same, but the CID changed.');
  });

  it('are not spoken of when the commit is another', async () => {
    const project = 'acme/site#edited';
    fine(await deploy(project, stamped('2026-07-13T08:00:00Z')));
    const again = fine(await deploy(project, stamped('2026-07-14T09:31:02Z')));
    expect(again.summary).not.toContain('The sources are the same');
  });
});
