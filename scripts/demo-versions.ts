import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { closedPullRequest, pullRequest, pushTo, type RunEvent, schedule } from '../test/support/events.ts';
import { startMirrorServices } from '../test/support/mirror-services.ts';
import { playPromotion } from './demo-promotion.ts';
import { playPullRequest } from './demo-pull-request.ts';
import { changedSite, play, type Stage, shown, stamp, table, title } from './demo-stage.ts';
import { renderPage } from './render-page.ts';

/** A push of a commit of its own. */
function pushOf(sha: string): RunEvent {
  return { ...pushTo('main'), sha };
}

/** What the gateway answers for a page. */
async function statusOf(url: string): Promise<number> {
  const response = await fetch(url);
  await response.arrayBuffer();
  return response.status;
}

interface Expected {
  readonly what: string;
  readonly url: string;
  readonly served: boolean;
}

/** Opens every page, says which are there, and throws when that is not what was promised. */
async function lookAt(pages: readonly Expected[]): Promise<void> {
  const rows: Record<string, string> = {};
  for (const { what, url, served } of pages) {
    const status = await statusOf(url);
    if ((status === 200) !== served) throw new Error(`${what} answered ${status}.`);
    rows[what] = served ? 'is served' : `is gone (${status})`;
  }
  console.log();
  table(rows);
}

async function playOverBudget(stage: Stage, path: string): Promise<void> {
  await stage.emulator.clearRequests();
  const event = pushOf('3'.repeat(40));
  const run = await play(stage, { path, event, inputs: { 'size-budget': '**/*.js=+50B' }, end: 'failed' });
  const uploads = await stage.emulator.requests({ host: 'upload' });
  if (run.outputs.result !== 'failed' || uploads.length > 0) throw new Error('A build over its budget was sent.');
}

/** What the first deploy brought. */
export interface Version {
  readonly url: string;
  readonly cid: string;
}

/**
 * Versions come and go: a second deploy, two previews, a promotion and a rollback, a closing, and a sweep. Every table is the action's own.
 * Answers the link to what is live in the end.
 */
export async function playVersions(stage: Stage, { url: firstUrl, cid: first }: Version): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'pinata-deploy-demo-'));
  await using mirrors = await startMirrorServices();
  try {
    await stage.emulator.github({
      repository: 'acme/dapp',
      pullRequests: [7, 8].map((number) => ({ number, state: 'OPEN' })),
    });
    title('6. A change goes to production, and to three mirrors: what changed, and the version before becomes history');
    const second = await play(stage, {
      path: changedSite(folder, 'second'),
      event: pushOf('2'.repeat(40)),
      inputs: { mirrors: mirrors.mirrors, 'mirror-tokens': mirrors.tokens },
    });
    if (second.outputs['files-changed'] !== '1' || second.outputs['files-added'] !== '2') {
      throw new Error('The diff of the second deploy is not what was changed.');
    }
    writeFileSync(join(shown, 'second.html'), renderPage('Job summary of the second deploy', second.summary));

    title('7. Pull requests 7 and 8 get a preview each; a preview expires by itself');
    const seven = await play(stage, { path: changedSite(folder, 'pr-7'), event: pullRequest(7, 'opened') });
    const eight = await play(stage, { path: changedSite(folder, 'pr-8'), event: pullRequest(8, 'opened') });
    console.log();
    table({
      'preview 7 expires': seven.outputs['expires-at'] ?? '',
      'preview 8 expires': eight.outputs['expires-at'] ?? '',
    });

    title('8. The same commit is built again, with a time stamp in it: another CID, and why');
    const stamped = changedSite(folder, 'second');
    stamp(stamped, new Date().toISOString());
    await play(stage, { path: stamped, event: pushOf('2'.repeat(40)), inputs: { mode: 'diff' } });

    title('9. A build that is over its size-budget fails before anything is sent');
    await playOverBudget(stage, changedSite(folder, 'too-large'));

    title('10. A pull request from open to close, as its comment tells it');
    await playPullRequest(stage, folder);

    await playPromotion(stage, {
      first,
      production: second.outputs.cid ?? '',
      preview: eight.outputs.cid ?? '',
      pullRequest: 8,
      mirror: {
        mirrors: `backup=${mirrors.psa.url}`,
        'mirror-tokens': `backup=${mirrors.psa.knobs.token}`,
      },
    });

    title('14. Pull request 7 is closed: its preview is given up, and nothing else');
    await stage.emulator.github({ repository: 'acme/dapp', pullRequests: [{ number: 7, state: 'CLOSED' }] });
    await play(stage, { event: closedPullRequest(7, { merged: false }) });
    const urls = {
      first: firstUrl,
      second: second.outputs.url ?? '',
      seven: seven.outputs.url ?? '',
      eight: eight.outputs.url ?? '',
    };
    await lookAt([
      { what: 'production', url: urls.second, served: true },
      { what: 'production~2', url: urls.first, served: true },
      { what: 'preview 7', url: urls.seven, served: false },
      { what: 'preview 8', url: urls.eight, served: true },
    ]);

    title('15. Pull request 8 was closed while nobody listened; a nightly sweep with keep-last: 1 finds it');
    await stage.emulator.github({
      repository: 'acme/dapp',
      pullRequests: [{ number: 8, state: 'CLOSED' }],
    });
    const sweep = await play(stage, { event: schedule(), inputs: { 'keep-last': '1', 'keep-within': '0s' } });
    await lookAt([
      { what: 'production', url: urls.second, served: true },
      { what: 'the first version, whose address has a hot swap', url: urls.first, served: true },
      { what: 'preview 8', url: urls.eight, served: false },
    ]);
    writeFileSync(join(shown, 'sweep.html'), renderPage('Job summary of the sweep', sweep.summary));
    console.log(
      `\n  Unpinned ${sweep.outputs['unpinned-count'] ?? ''} versions, ${sweep.outputs['bytes-freed'] ?? ''} bytes.`,
    );
    return urls.second;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
