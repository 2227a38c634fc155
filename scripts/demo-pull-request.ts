import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { closedPullRequest, pullRequest, type RunEvent } from '../test/support/events.ts';
import { changedSite, play, type Scene, type Stage, shown, site, table } from './demo-stage.ts';
import { renderPage } from './render-page.ts';

/** The head of a pull request, as the event tells it. */
function headOf({ payload }: RunEvent): string {
  const { head } = payload.pull_request as { readonly head: { readonly sha: string } };
  return head.sha;
}

interface Chapter extends Scene {
  readonly name: string;
  readonly what: string;
}

interface KeptComment {
  /** Its first visible line. */
  readonly title: string;
  readonly body: string;
}

/** The comment as it is now, kept where a person can look at it. Throws when there is not exactly one. */
export async function keepComment({ emulator }: Stage, number: number, name: string): Promise<KeptComment> {
  const { github } = await emulator.state();
  const [comment, ...others] = github.comments.filter((candidate) => candidate.number === number);
  if (comment === undefined || others.length > 0) {
    throw new Error(`Pull request ${number} has ${comment === undefined ? 'no comment' : 'several comments'}.`);
  }
  writeFileSync(join(shown, `comment-${name}.md`), comment.body);
  writeFileSync(join(shown, `comment-${name}.html`), renderPage(`Comment: ${name}`, comment.body));
  return { title: comment.body.split('\n').find((line) => line.startsWith('#')) ?? '', body: comment.body };
}

export async function openPullRequest({ emulator }: Stage, number: number): Promise<void> {
  const sha = headOf(pullRequest(number, 'opened'));
  await emulator.github({
    repository: 'acme/dapp',
    commits: [{ oid: sha, tree: 'a'.repeat(40) }],
    pullRequests: [{ number, state: 'OPEN', headRefOid: sha }],
  });
}

/** A pull request from its opening to its end, and the comment of every state. */
export async function playPullRequest(stage: Stage, folder: string): Promise<void> {
  const { emulator } = stage;
  const open = (number: number): Promise<void> => openPullRequest(stage, number);
  const rows: Record<string, string> = {};
  const tell = async (number: number, { name, what, ...scene }: Chapter): Promise<void> => {
    console.log(`\n  ${what}\n`);
    await play(stage, scene);
    rows[name] = (await keepComment(stage, number, name)).title;
  };
  const one = changedSite(folder, 'pull-request');
  const two = changedSite(folder, 'pull-request, second push');
  const pushed = pullRequest(21, 'synchronize');

  await open(21);
  await tell(21, { name: 'deployed', what: 'It is opened', path: one, event: pullRequest(21, 'opened') });
  await tell(21, { name: 'unchanged', what: 'A push that changes no file of the build', path: one, event: pushed });
  const dry = { 'dry-run': 'true' };
  await tell(21, { name: 'dry-run', what: 'A dry run', path: two, event: pushed, inputs: dry });
  const budget = { 'size-budget': '**/*.js=+50B' };
  const over = { name: 'over-budget', what: 'A build over its budget', inputs: budget, end: 'failed' } as const;
  await tell(21, { ...over, path: two, event: pushed });
  const expected = { 'expected-cid': 'bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354' };
  const failed = {
    name: 'failed',
    what: 'A build that is not the expected one',
    inputs: expected,
    end: 'failed',
  } as const;
  await tell(21, { ...failed, path: two, event: pushed });
  await tell(21, { name: 'deployed-again', what: 'A good push', path: two, event: pushed });
  await emulator.github({ repository: 'acme/dapp', pullRequests: [{ number: 21, state: 'CLOSED' }] });
  await tell(21, { name: 'removed', what: 'It is closed', event: closedPullRequest(21, { merged: false }) });

  await open(22);
  const same = { name: 'protected-before', what: 'Another one shows what production shows', path: site } as const;
  await tell(22, { ...same, event: pullRequest(22, 'opened') });
  await emulator.github({ repository: 'acme/dapp', pullRequests: [{ number: 22, state: 'CLOSED' }] });
  await tell(22, { name: 'protected', what: 'It is closed too', event: closedPullRequest(22, { merged: false }) });

  await open(23);
  await tell(23, {
    name: 'fork',
    what: 'One of a fork, where there is no key',
    path: one,
    event: forkOf(23),
    inputs: { 'pinata-jwt': '', comment: 'true' },
  });
  console.log('\n  The comment of each state, in .demo/comment-*.html:\n');
  table(rows);
}

/** A pull request from somebody else's repository. */
function forkOf(number: number): RunEvent {
  const event = pullRequest(number, 'opened');
  const head = { sha: headOf(event), ref: 'topic', repo: { full_name: 'stranger/dapp' } };
  return { ...event, payload: { ...event.payload, pull_request: { number, merged: false, head } } };
}
