import { appendFileSync, cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { closedPullRequest, pullRequest, pushTo, schedule } from '../test/support/events.ts';
import { play, type Stage, shown, site, table, title } from './demo-stage.ts';
import { renderPage } from './render-page.ts';

/** The site with one more line in its page: other bytes, another CID. */
function changedSite(folder: string, name: string): string {
  const path = join(folder, name);
  cpSync(site, path, { recursive: true });
  appendFileSync(join(path, 'index.html'), `<!-- ${name} -->\n`);
  return path;
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

/**
 * Versions come and go: a second deploy, two previews, a closing, and a sweep. Every table is the action's own.
 * Answers the link to what is live in the end.
 */
export async function playVersions(stage: Stage, firstUrl: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'pinata-deploy-demo-'));
  try {
    await stage.emulator.github({
      repository: 'acme/dapp',
      pullRequests: [7, 8].map((number) => ({ number, state: 'OPEN' })),
    });
    title('6. A change goes to production: the version before becomes history');
    const second = await play(stage, { path: changedSite(folder, 'second'), event: pushTo('main') });

    title('7. Pull requests 7 and 8 get a preview each; a preview expires by itself');
    const seven = await play(stage, { path: changedSite(folder, 'pr-7'), event: pullRequest(7, 'opened') });
    const eight = await play(stage, { path: changedSite(folder, 'pr-8'), event: pullRequest(8, 'opened') });
    console.log();
    table({
      'preview 7 expires': seven.outputs['expires-at'] ?? '',
      'preview 8 expires': eight.outputs['expires-at'] ?? '',
    });

    title('8. Pull request 7 is closed: its preview is given up, and nothing else');
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
      { what: 'production~1', url: urls.first, served: true },
      { what: 'preview 7', url: urls.seven, served: false },
      { what: 'preview 8', url: urls.eight, served: true },
    ]);

    title('9. Pull request 8 was closed while nobody listened; a nightly sweep with keep-last: 1 finds it');
    await stage.emulator.github({
      repository: 'acme/dapp',
      pullRequests: [{ number: 8, state: 'CLOSED' }],
    });
    const sweep = await play(stage, { event: schedule(), inputs: { 'keep-last': '1', 'keep-within': '0s' } });
    await lookAt([
      { what: 'production', url: urls.second, served: true },
      { what: 'production~1', url: urls.first, served: false },
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
