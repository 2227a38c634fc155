import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { uploadsTo, writesTo } from '../test/support/deploy-inputs.ts';
import { pullRequest } from '../test/support/events.ts';
import { keepComment, openPullRequest } from './demo-pull-request.ts';
import { play, root, type Stage, shown, site, table, title } from './demo-stage.ts';

export const SCENARIO_NAMES = ['leaky', 'absolute-paths'] as const;
type Scenario = (typeof SCENARIO_NAMES)[number];

export function isScenario(name: string): name is Scenario {
  return SCENARIO_NAMES.some((known) => known === name);
}

/** Plays one build that should not be published as it is. Throws when the action did not see why. Answers a link. */
export async function playScenario(scenario: Scenario, stage: Stage): Promise<string> {
  rmSync(shown, { recursive: true, force: true });
  mkdirSync(shown);
  await openPullRequest(stage, 31);
  return scenario === 'leaky' ? await playLeaky(stage) : await playAbsolutePaths(stage);
}

/** A bundler has put the key of the deployment into the page. */
async function playLeaky(stage: Stage): Promise<string> {
  const { emulator } = stage;
  const folder = mkdtempSync(join(tmpdir(), 'pinata-deploy-leaky-'));
  try {
    cpSync(site, folder, { recursive: true });
    const config = { api: 'https://api.example.com', pinata: emulator.jwt };
    writeFileSync(join(folder, 'assets', 'config-4f2c9a1b.js'), `export const env=${JSON.stringify(config)};\n`);
    title('A build with the key of its own deployment in it');
    const run = await play(stage, { path: folder, event: pullRequest(31, 'opened'), end: 'failed' });
    const sent = [...(await uploadsTo(emulator)), ...(await writesTo(emulator)).filter(({ host }) => host === 'api')];
    if (run.outputs['preflight-errors'] !== '1') throw new Error('The key in the build was not found.');
    if (sent.length > 0) throw new Error(`${sent.length} requests that write were sent to Pinata.`);
    console.log(
      '\n  Refused. No request that writes was sent to Pinata, and the key is in no log, summary or comment.\n',
    );
    await lookAt(stage, run.summary);
    return '';
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What a generator writes unless it is told otherwise: the page is blank on every path gateway. */
async function playAbsolutePaths(stage: Stage): Promise<string> {
  title('A site as Vite builds it by default');
  const path = join(root, 'test', 'fixtures', 'generators', 'vite', 'default');
  const run = await play(stage, { path, event: pullRequest(31, 'opened') });
  const { body } = await lookAt(stage, run.summary);
  for (const setting of ['absolute-paths', 'vite.config']) {
    if (!body.includes(setting)) throw new Error(`The comment does not say ${setting}.`);
  }
  console.log('\n  Deployed, with a warning: the comment says what to change in the configuration of Vite.');
  return run.outputs.url ?? '';
}

async function lookAt(stage: Stage, summary: string): Promise<{ readonly body: string }> {
  const comment = await keepComment(stage, 31, 'preflight');
  writeFileSync(join(shown, 'summary.md'), summary);
  table({
    'first line of the comment': comment.title,
    comment: pathToFileURL(join(shown, 'comment-preflight.html')).href,
    'as Markdown': join('.demo', 'comment-preflight.md'),
  });
  return comment;
}
