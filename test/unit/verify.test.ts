import { describe, expect, it } from 'vitest';
import type { ActiveDeployment } from '../../src/domain/github.ts';
import { renderPayload } from '../../src/domain/github-deployment.ts';
import type { Outcome, Probe, TagHealth } from '../../src/domain/outcome.ts';
import type { Pin } from '../../src/domain/pin.ts';
import type { RunContext } from '../../src/domain/run.ts';
import { projectOf } from '../../src/domain/tag.ts';
import { type VerifyRun, verify } from '../../src/modes/verify.ts';
import { renderOutputs } from '../../src/render/outputs.ts';
import { failureIn } from '../../src/render/summary.ts';
import { type Audience, tellingOf } from '../../src/tellings.ts';
import { waitOnce } from '../../src/wiring/presence.ts';
import { cidNumber, createAccount, pinOf, quietGitHub, unfollowed } from './account.ts';
import { PUSH } from './run-context.ts';

const project = projectOf('acme/app');
const now = new Date(1_760_000_000_000);
const live: Probe = {
  link: 'https://gateway.example/',
  host: 'gateway.example',
  state: 'live',
  note: 'bytes match',
  final: true,
  status: 200,
  firstByteMs: 1,
  bytes: 12,
};

interface Setting {
  readonly pins?: readonly Pin[];
  readonly more?: Partial<VerifyRun>;
  readonly deployments?: readonly ActiveDeployment[];
  /** Milliseconds that opening the links of one content takes. */
  readonly probeMs?: number;
}

function tagged(number: number, tag: string): Pin {
  const keyvalues = { [project.key]: project.name, [`${project.key}.${tag}`]: `${1_700_000_000 + number} 1111111` };
  return pinOf(`pin-${number}`, cidNumber(number), keyvalues);
}

function deployed(tag: string, number: number): ActiveDeployment {
  const payload = renderPayload({ project: project.name, tag, cid: cidNumber(number), commit: '1'.repeat(40) });
  return { environment: 'ipfs-production', texts: [JSON.stringify(payload)] };
}

async function verifyNow({ pins = [], more, deployments = [], probeMs = 0 }: Setting): Promise<{
  readonly outcome: Extract<Outcome, { kind: 'verified' }>;
  readonly said: readonly string[];
  readonly opened: readonly string[];
}> {
  let elapsed = 0;
  const said: string[] = [];
  const opened: string[] = [];
  const say = (text: string): void => {
    said.push(text);
  };
  const run: VerifyRun = {
    project,
    tags: [],
    network: 'public',
    verify: 'gateway',
    names: [],
    now,
    limitMs: 1_800_000,
    ...more,
  };
  const outcome = await verify(run, {
    ...unfollowed,
    pins: createAccount({ pins }),
    github: { ...quietGitHub, activeDeployments: () => Promise.resolve({ kind: 'known', value: deployments }) },
    gateways: {
      probe: (content) => {
        elapsed += probeMs;
        opened.push(String(content));
        return Promise.resolve([live]);
      },
      checkBlocks: () => Promise.resolve([]),
    },
    clock: { now: () => elapsed },
    log: { line: say, notice: say, warn: say, group: () => {}, progress: () => {} },
    showHealth: () => {},
  });
  if (outcome.kind !== 'verified') throw new Error(outcome.kind);
  return { outcome, said, opened };
}

const schedule: RunContext = { ...PUSH, event: 'schedule', commit: '4f2c9a1000000000000000000000000000000000' };

const audience: Audience = {
  project: project.name,
  token: 'token',
  comment: 'auto',
  deployment: 'auto',
  commitStatus: false,
  healthIssue: true,
  network: 'public',
  isGuest: false,
  context: schedule,
  now,
};

const problemsOf = (tags: readonly TagHealth[]): readonly (readonly string[])[] => tags.map(({ problems }) => problems);

describe('a verification', () => {
  it('finds nothing wrong with what is pinned and served', async () => {
    const { outcome } = await verifyNow({ pins: [tagged(1, 'production')], deployments: [deployed('production', 1)] });
    expect(outcome.tags).toMatchObject([{ tag: 'production', cid: cidNumber(1), pinned: true, problems: [] }]);
  });

  it('misses a tag whose every pin is gone, where GitHub has a deployment of it', async () => {
    const { outcome } = await verifyNow({ pins: [tagged(1, 'staging')], deployments: [deployed('production', 2)] });
    expect(outcome.tags.map(({ tag }) => tag)).toEqual(['staging', 'production']);
    expect(problemsOf(outcome.tags)).toEqual([
      [],
      ['nothing that is pinned has this tag', `GitHub's active deployment of it shows ${cidNumber(2)}`],
    ]);
  });

  it('misses no preview that expired, no tag of another project, and none that was not asked for', async () => {
    const other = JSON.stringify(
      renderPayload({ project: 'acme/other', tag: 'production', cid: cidNumber(3), commit: '' }),
    );
    const deployments = [deployed('pr-7', 2), { environment: 'ipfs-production', texts: [other] }];
    expect((await verifyNow({ pins: [tagged(1, 'production')], deployments })).outcome.tags).toHaveLength(1);
    const { outcome } = await verifyNow({
      pins: [tagged(1, 'staging')],
      deployments: [deployed('production', 2)],
      more: { tags: ['staging'] },
    });
    expect(outcome.tags.map(({ tag }) => tag)).toEqual(['staging']);
  });

  it('fails where nothing has a tag, as in an account that was emptied, and closes no issue about it', async () => {
    const { outcome } = await verifyNow({});
    expect(failureIn(outcome)?.message).toMatch(/^Nothing was verified: /);
    expect(renderOutputs(outcome, { carPath: '', reportPath: '', commentUrl: '', deploymentId: '' }).verified).toBe('');
    expect(tellingOf({ kind: 'outcome', outcome }, audience).health).toBeUndefined();
  });

  it('ends in time, and says which tags nobody opened; whether they are pinned is still read', async () => {
    const pins = ['a', 'b', 'c', 'd'].map((tag, nth) => tagged(nth + 1, tag));
    const { outcome, opened } = await verifyNow({ pins, probeMs: 60_000, more: { limitMs: 100_000 } });
    expect(opened).toHaveLength(2);
    expect(outcome.tags.map(({ pinned }) => pinned)).toEqual([true, true, true, true]);
    const unseen = ['no gateway was asked for it: the time for this run (timeout) was over'];
    expect(problemsOf(outcome.tags)).toEqual([[], [], unseen, unseen]);
  });
});

describe('waiting for many contents', () => {
  it('is done once: what one has waited in vain is gone for the others, but for a second attempt', () => {
    const waiting = waitOnce(120_000);
    expect(waiting.leftMs()).toBe(120_000);
    waiting.spend(30_000);
    expect(waiting.leftMs()).toBe(90_000);
    waiting.spend(300_000);
    expect(waiting.leftMs()).toBe(10_000);
    expect(waitOnce(1000).leftMs()).toBe(1000);
  });
});
