import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type OwnComment, renderLastGood, renderMarker } from '../../src/domain/comment.ts';
import { ActionError } from '../../src/domain/errors.ts';
import type { Known, PullRequest } from '../../src/domain/github.ts';
import type { DeploymentOrder, DeploymentStatus, GithubDeployment } from '../../src/domain/github-deployment.ts';
import type { OwnIssue } from '../../src/domain/health-issue.ts';
import { projectOf } from '../../src/domain/tag.ts';
import { type CommentOrder, type DeploymentNews, type Telling, type TellPorts, tell } from '../../src/modes/tell.ts';
import { cidNumber } from './account.ts';

const PROJECT = projectOf('acme/site');
const KEY = { project: PROJECT, pullRequest: 7 };
const MARKER = renderMarker(KEY);
const COMMIT = '4f2c9a1000000000000000000000000000000000';
const NOTHING: Telling = {
  comment: undefined,
  deployment: undefined,
  status: undefined,
  release: undefined,
  health: undefined,
};

/** What GitHub holds, and everything that was asked of it. */
interface Hub {
  comments: OwnComment[];
  deployments: (GithubDeployment & { environment: string; state: string })[];
  notes: string | undefined;
  issues: (OwnIssue & { open: boolean; said: string })[];
  /** Whole commits, by what they begin with. */
  readonly commits: ReadonlyMap<string, string>;
  readonly calls: string[];
  readonly warnings: string[];
  readonly lines: string[];
  nextId: number;
  pausedMs: number;
}

interface Given {
  readonly comments?: readonly string[];
  readonly notes?: string;
  readonly pullRequest?: PullRequest['state'] | 'unknown';
  /** Waits before each request; what it throws is the answer. */
  readonly before?: (call: string, hub: Hub) => Promise<void> | void;
}

function hubOf({ comments = [], notes }: Given = {}): Hub {
  return {
    comments: comments.map((body, index) => commentOf(index + 1, body)),
    deployments: [],
    notes,
    issues: [],
    commits: new Map([[COMMIT.slice(0, 7), COMMIT]]),
    calls: [],
    warnings: [],
    lines: [],
    nextId: 100,
    pausedMs: 0,
  };
}

function commentOf(id: number, body: string): OwnComment {
  return { id, url: `https://github.example/#issuecomment-${id}`, body };
}

function portsOf(hub: Hub, { before = () => {}, pullRequest = 'open' }: Given = {}): TellPorts {
  const call = async <T>(name: string, effect: () => T): Promise<T> => {
    await before(name, hub);
    hub.calls.push(name);
    return effect();
  };
  const newId = (): number => {
    hub.nextId += 1;
    return hub.nextId;
  };
  return {
    log: {
      line: (text) => void hub.lines.push(text),
      warn: (text) => void hub.warnings.push(text),
      notice: () => {},
      group: () => {},
      progress: () => {},
    },
    clock: {
      pause: (ms) => {
        hub.pausedMs += ms;
        return Promise.resolve();
      },
    },
    comments: {
      listOwn: () => call('comments.list', () => [...hub.comments]),
      create: (_number, body) =>
        call('comments.create', () => {
          const created = commentOf(newId(), body);
          hub.comments.push(created);
          return created;
        }),
      update: (id, body) =>
        call('comments.update', () => {
          if (!hub.comments.some((comment) => comment.id === id)) return undefined;
          hub.comments = hub.comments.map((comment) => (comment.id === id ? commentOf(id, body) : comment));
          return commentOf(id, body);
        }),
      remove: (id) =>
        call('comments.remove', () => {
          hub.comments = hub.comments.filter((comment) => comment.id !== id);
        }),
    },
    deployments: {
      list: (environment) =>
        call('deployments.list', () =>
          hub.deployments.filter((row) => row.environment === environment && row.state !== 'inactive').toReversed(),
        ),
      create: ({ environment, payload }) =>
        call('deployments.create', () => {
          const id = newId();
          hub.deployments.push({ id, active: false, url: '', payload, environment, state: 'pending' });
          return id;
        }),
      setStatus: (id, { state, environmentUrl: url }) =>
        call(`deployments.${state}`, () => {
          hub.deployments = hub.deployments.map((row) =>
            row.id === id ? { ...row, state, url, active: state === 'success' } : row,
          );
        }),
      setCommitStatus: () => call('status', () => {}),
    },
    releases: {
      read: () => call('release.read', () => (hub.notes === undefined ? undefined : { id: 1, notes: hub.notes })),
      write: (_id, notes) =>
        call('release.write', () => {
          hub.notes = notes;
        }),
    },
    issues: {
      listOpen: () => call('issues.list', () => hub.issues.filter(({ open }) => open)),
      open: (title, body) =>
        call('issues.open', () => {
          const number = newId();
          const issue = { number, url: `https://github.example/issues/${number}`, title, body };
          hub.issues.push({ ...issue, open: true, said: '' });
          return issue;
        }),
      update: (number, title, body) =>
        call('issues.update', () => {
          hub.issues = hub.issues.map((row) => (row.number === number ? { ...row, title, body } : row));
        }),
      close: (number, said) =>
        call('issues.close', () => {
          hub.issues = hub.issues.map((row) => (row.number === number ? { ...row, open: false, said } : row));
        }),
    },
    github: {
      pullRequests: () => call('pullRequests', () => knownPull(pullRequest)),
      commitIds: () => call('commitIds', () => ({ kind: 'known', value: hub.commits })),
    },
  };
}

function knownPull(state: PullRequest['state'] | 'unknown'): Known<ReadonlyMap<number, PullRequest>> {
  if (state === 'unknown') return { kind: 'denied', reason: 'nobody may ask' };
  return { kind: 'known', value: new Map([[7, { number: 7, state, closedAt: undefined }]]) };
}

function says(text: string, occasion: CommentOrder['occasion'] = 'news'): Telling {
  return { ...NOTHING, comment: { key: KEY, occasion, render: () => `${MARKER}\n${text}\n` } };
}

function live(
  more: Partial<DeploymentOrder['payload']> = {},
  shown: Partial<Pick<DeploymentStatus, 'state' | 'environmentUrl'>> = {},
): Telling {
  const payload = { project: PROJECT.name, tag: 'pr-7', cid: cidNumber(1), commit: COMMIT, ...more };
  const environment = { environment: 'ipfs-preview', transient: true, production: false };
  const status = {
    state: 'success',
    environmentUrl: 'https://a.example/',
    description: 'a site',
    logUrl: '',
    ...shown,
  } as const;
  return {
    ...NOTHING,
    deployment: { kind: 'live', order: { ...environment, description: 'a site', payload }, status },
  };
}

const GONE: DeploymentNews = {
  kind: 'gone',
  of: [
    { project: PROJECT.name, tag: 'pr-7' },
    { project: PROJECT.name, tag: 'branch-next' },
  ],
  description: 'Its tag was given up',
};

const EVERYTHING: Telling = {
  comment: says('one').comment,
  deployment: live().deployment,
  status: { sha: COMMIT, status: { state: 'success', description: 'a site', url: '', context: 'pinata-deploy' } },
  release: { gitTag: 'v1', project: PROJECT, block: 'CID' },
  health: undefined,
};

describe('a comment', () => {
  it('is created, and its link is told', async () => {
    const hub = hubOf();
    const told = await tell(says('one'), portsOf(hub));
    expect(hub.comments.map(({ body }) => body)).toEqual([`${MARKER}\none\n`]);
    expect(told.commentUrl).toBe(hub.comments[0]?.url);
    expect(hub.lines).toEqual([`Commented: ${told.commentUrl}`]);
  });

  it('is edited where it is, and not written when it says the same', async () => {
    const hub = hubOf({ comments: [`${MARKER}\nold`] });
    const first = await tell(says('new'), portsOf(hub));
    expect([hub.comments.length, hub.comments[0]?.id, hub.comments[0]?.body]).toEqual([1, 1, `${MARKER}\nnew\n`]);
    hub.calls.length = 0;
    expect(await tell(says('new'), portsOf(hub))).toEqual(first);
    expect(hub.calls).toEqual(['comments.list', 'pullRequests']);
  });

  it('tells a failure which preview worked last', async () => {
    const good = { cid: cidNumber(3), url: 'https://a.example/', commit: 'abcdef1' };
    const hub = hubOf({ comments: [`${MARKER}\n${renderLastGood(good)}\nfine`] });
    const seen: unknown[] = [];
    const render = (lastGood: unknown): string => {
      seen.push(lastGood);
      return MARKER;
    };
    await tell({ ...NOTHING, comment: { key: KEY, occasion: 'news', render } }, portsOf(hub));
    expect(seen).toEqual([good]);
  });

  it.each(['closed', 'merged'] as const)(
    'is not touched when the pull request is %s meanwhile',
    async (pullRequest) => {
      for (const comments of [[], [`${MARKER}\nold`]]) {
        const hub = hubOf({ comments });
        const told = await tell(says('new'), portsOf(hub, { pullRequest }));
        expect([hub.comments.map(({ body }) => body), told.commentUrl, hub.warnings]).toEqual([comments, '', []]);
      }
    },
  );

  it('is written when GitHub does not say how the pull request is', async () => {
    const hub = hubOf();
    await tell(says('new'), portsOf(hub, { pullRequest: 'unknown' }));
    expect(hub.comments).toHaveLength(1);
  });

  it('says that the preview is gone where there is one, and begins nothing', async () => {
    const hub = hubOf({ comments: [`${MARKER}\nold`] });
    await tell(says('removed', 'gone'), portsOf(hub, { pullRequest: 'closed' }));
    expect(hub.comments.map(({ body }) => body)).toEqual([`${MARKER}\nremoved\n`]);
    const quiet = hubOf();
    await tell(says('removed', 'gone'), portsOf(quiet, { pullRequest: 'closed' }));
    expect(quiet.calls).toEqual(['comments.list']);
  });

  const removedBeforeEdit: Given['before'] = (call, hub) => {
    if (call === 'comments.update') hub.comments = [];
  };

  it('is created again when somebody removes it before it is edited', async () => {
    const hub = hubOf({ comments: [`${MARKER}\nold`] });
    const told = await tell(says('new'), portsOf(hub, { before: removedBeforeEdit }));
    expect(hub.comments.map(({ url }) => url)).toEqual([told.commentUrl]);
  });

  it('is not created again when that happens on a closed pull request', async () => {
    const hub = hubOf({ comments: [`${MARKER}\nold`] });
    const told = await tell(says('removed', 'gone'), portsOf(hub, { before: removedBeforeEdit }));
    expect([hub.comments, told.commentUrl, hub.warnings, hub.lines]).toEqual([[], '', [], []]);
  });

  it('becomes one again where there are several', async () => {
    const hub = hubOf({ comments: [`${MARKER}\na`, `${MARKER}\nb`, `${MARKER}\nc`] });
    await tell(says('b'), portsOf(hub));
    expect(hub.comments).toEqual([commentOf(1, `${MARKER}\nb\n`)]);
  });

  it('is edited even when those that are too many stay', async () => {
    const hub = hubOf({ comments: [`${MARKER}\na`, `${MARKER}\nb`] });
    await tell(
      says('new'),
      portsOf(hub, {
        before: (call) => {
          if (call === 'comments.remove') throw new ActionError('credentials', 'GitHub did not remove a comment (403)');
        },
      }),
    );
    expect(hub.comments[0]?.body).toBe(`${MARKER}\nnew\n`);
    expect(hub.warnings).toHaveLength(1);
  });
});

describe('two runs that tell at once', () => {
  /** Lets the requests of both through one by one, in an order that is drawn. */
  async function race(start: readonly string[], picks: readonly boolean[], removedAt: number): Promise<Hub> {
    const hub = hubOf({ comments: start });
    const waiting: [(() => void)[], (() => void)[]] = [[], []];
    const gate = (side: 0 | 1) => () => new Promise<void>((resolve) => void waiting[side].push(resolve));
    let running = 2;
    const both = ([0, 1] as const).map((side) =>
      tell(says(`text ${side}`), portsOf(hub, { before: gate(side) })).finally(() => {
        running -= 1;
      }),
    );
    for (let step = 0; running > 0; step += 1) {
      if (step === removedAt) hub.comments = hub.comments.slice(1);
      const first = picks[step % Math.max(1, picks.length)] === true ? 0 : 1;
      const next = waiting[first].shift() ?? waiting[first === 0 ? 1 : 0].shift();
      next?.();
      await new Promise<void>((resolve) => void setImmediate(resolve));
    }
    await Promise.all(both);
    return hub;
  }

  const starts = fc.constantFrom<readonly string[]>([], [`${MARKER}\nold`], [`${MARKER}\nold`, `${MARKER}\ntext 0`]);

  it('leave one comment, with the text of one of them, in every order of their requests', async () => {
    await fc.assert(
      fc.asyncProperty(starts, fc.array(fc.boolean(), { maxLength: 14 }), async (start, picks) => {
        const hub = await race(start, picks, -1);
        expect(hub.comments).toHaveLength(1);
        expect(hub.comments[0]?.body).toMatch(new RegExp(`^${MARKER}\ntext [01]\n$`));
        expect(hub.warnings).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it('leave no second comment when somebody removes one of them meanwhile', async () => {
    await fc.assert(
      fc.asyncProperty(
        starts,
        fc.array(fc.boolean(), { maxLength: 14 }),
        fc.nat(8),
        async (start, picks, removedAt) => {
          const hub = await race(start, picks, removedAt);
          expect(hub.comments.length).toBeLessThanOrEqual(1);
          expect(hub.warnings).toEqual([]);
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('a deployment', () => {
  it('is made once for a commit and a content, and ends the one before', async () => {
    const hub = hubOf();
    const first = await tell(live(), portsOf(hub));
    expect(await tell(live(), portsOf(hub))).toEqual(first);
    const second = await tell(live({ cid: cidNumber(2) }), portsOf(hub));
    expect(hub.deployments.map(({ id, state }) => [String(id), state])).toEqual([
      [first.deploymentId, 'inactive'],
      [second.deploymentId, 'success'],
    ]);
  });

  it('of a pin that remembers seven digits is made of the whole commit', async () => {
    const hub = hubOf();
    await tell(live({ commit: COMMIT.slice(0, 7) }), portsOf(hub));
    expect(hub.deployments.map(({ payload, state }) => [payload.commit, state])).toEqual([[COMMIT, 'success']]);
  });

  it('cannot be made of an unknown commit, and what it replaces is over all the same', async () => {
    const hub = hubOf();
    await tell(live(), portsOf(hub));
    for (const commit of ['0000000', '7777777']) {
      const same = await tell(live({ commit }), portsOf(hub));
      expect([same.deploymentId, hub.deployments[0]?.state]).toEqual(['', 'success']);
    }
    const other = await tell(live({ commit: '0000000', cid: cidNumber(2) }), portsOf(hub));
    expect([other.deploymentId, hub.deployments.map(({ state }) => state), hub.warnings]).toEqual([
      '',
      ['inactive'],
      [],
    ]);
  });

  it('that another run only began is brought to its end', async () => {
    const hub = hubOf();
    const failing = portsOf(hub, {
      before: (call) => {
        if (call === 'deployments.success') throw new ActionError('network', 'GitHub did not answer');
      },
    });
    expect((await tell(live(), failing)).deploymentId).toBe('');
    await tell(live(), portsOf(hub));
    expect(hub.deployments.map(({ state }) => state)).toEqual(['success']);
    await tell(live({ cid: cidNumber(2) }), failing);
    await tell(live({ cid: cidNumber(3) }), portsOf(hub));
    expect(hub.deployments.map(({ state }) => state)).toEqual(['inactive', 'inactive', 'success']);
  });

  it('is made for no pull request that is closed', async () => {
    const hub = hubOf();
    const told = await tell(live(), portsOf(hub, { pullRequest: 'merged' }));
    expect([told.deploymentId, hub.deployments, hub.warnings]).toEqual(['', [], []]);
  });

  it('waits for somebody to serve it, and is said to be there then', async () => {
    const hub = hubOf();
    const first = await tell(live({}, { state: 'in_progress', environmentUrl: '' }), portsOf(hub));
    expect(hub.deployments.map(({ state }) => state)).toEqual(['in_progress']);
    expect(await tell(live(), portsOf(hub))).toEqual(first);
    expect(hub.deployments.map(({ state, url }) => [state, url])).toEqual([['success', 'https://a.example/']]);
    hub.calls.length = 0;
    await tell(live(), portsOf(hub));
    expect(hub.calls.filter((call) => call !== 'pullRequests')).toEqual(['deployments.list']);
  });

  it('that was served stays so when a gateway is slow later', async () => {
    const hub = hubOf();
    await tell(live(), portsOf(hub));
    await tell(live({}, { state: 'in_progress', environmentUrl: '' }), portsOf(hub));
    expect(hub.deployments).toMatchObject([{ state: 'success', url: 'https://a.example/' }]);
  });

  it('shows a new link', async () => {
    const hub = hubOf();
    await tell(live(), portsOf(hub));
    await tell(live({}, { environmentUrl: 'https://b.example/' }), portsOf(hub));
    expect(hub.deployments.map(({ url }) => url)).toEqual(['https://b.example/']);
  });

  it('ends with its pull request, and others do not', async () => {
    const hub = hubOf();
    await tell(live(), portsOf(hub));
    await tell(live({ tag: 'pr-77' }), portsOf(hub));
    await tell(live({ project: 'acme/site#docs' }), portsOf(hub));
    expect((await tell({ ...NOTHING, deployment: GONE }, portsOf(hub))).deploymentId).toBe('');
    expect(hub.deployments.map(({ state }) => state)).toEqual(['inactive', 'success', 'success']);
  });
});

describe('release notes', () => {
  it('get the block once', async () => {
    const hub = hubOf({ notes: '# Fixes' });
    await tell({ ...NOTHING, release: EVERYTHING.release }, portsOf(hub));
    const after = hub.notes;
    expect(after).toMatch(/^# Fixes\n\n<!-- [^\n]+\nCID\n<!-- /);
    await tell({ ...NOTHING, release: EVERYTHING.release }, portsOf(hub));
    expect([hub.notes, hub.calls.filter((call) => call === 'release.write')]).toEqual([after, ['release.write']]);
  });

  it('that another run writes over are written again, and no more than three times', async () => {
    const overwrites = async (times: number): Promise<Hub> => {
      const hub = hubOf({ notes: '# Fixes' });
      let left = times;
      const before: Given['before'] = (call) => {
        if (call === 'release.read' && hub.notes !== '# Fixes' && left > 0) {
          left -= 1;
          hub.notes = '# Fixes';
        }
      };
      await tell({ ...NOTHING, release: EVERYTHING.release }, portsOf(hub, { before }));
      return hub;
    };
    expect((await overwrites(1)).notes).toContain('CID');
    const stubborn = await overwrites(99);
    expect(stubborn.calls.filter((call) => call === 'release.write')).toHaveLength(3);
    expect([stubborn.pausedMs <= 6000, stubborn.warnings]).toEqual([true, []]);
  });

  it('of a release that is not there are nobody’s trouble', async () => {
    const hub = hubOf();
    await tell({ ...NOTHING, release: EVERYTHING.release }, portsOf(hub));
    expect([hub.calls, hub.warnings]).toEqual([['release.read'], []]);
  });
});

describe('telling', () => {
  it('asks nothing where nothing is to be told', async () => {
    const hub = hubOf();
    expect(await tell(NOTHING, portsOf(hub))).toEqual({ commentUrl: '', deploymentId: '' });
    expect(hub.calls).toEqual([]);
  });

  it('begins with what people look at first', async () => {
    const hub = hubOf({ notes: '' });
    await tell(EVERYTHING, portsOf(hub));
    expect(hub.calls).toEqual([
      ...['comments.list', 'pullRequests', 'comments.create', 'comments.list'],
      ...['pullRequests', 'deployments.list', 'deployments.create', 'deployments.success'],
      ...['status', 'release.read', 'release.write', 'release.read'],
    ]);
  });

  const PERMISSIONS = ['pull-requests: write', 'deployments: write', 'statuses: write', 'contents: write'];
  const CALLS = ['comments.list', 'comments.create', 'deployments.list', 'deployments.create', 'deployments.success'];

  it('warns once, with every permission that is missing', async () => {
    const hub = hubOf({ notes: '' });
    const before = (): void => {
      throw new ActionError('credentials', 'GitHub did not take it (403).');
    };
    expect(await tell(EVERYTHING, portsOf(hub, { before }))).toEqual({ commentUrl: '', deploymentId: '' });
    expect(hub.warnings).toHaveLength(1);
    for (const permission of PERMISSIONS) expect(hub.warnings[0]).toContain(permission);
    expect(hub.warnings[0]).not.toContain('..');
  });

  it('names no permission where none is missing', async () => {
    const hub = hubOf({ notes: '' });
    const before = (): void => {
      throw new ActionError('network', 'GitHub could not be reached');
    };
    await tell(EVERYTHING, portsOf(hub, { before }));
    expect(hub.warnings).toHaveLength(1);
    expect(hub.warnings[0]).not.toContain('permission');
  });

  it.each([...CALLS, 'status', 'release.read', 'release.write'])(
    'goes on with the rest, whatever %s fails with',
    async (failing) => {
      for (const error of [new ActionError('network', 'no'), new TypeError('nobody foresaw it')]) {
        const hub = hubOf({ notes: '' });
        const before = (call: string): void => {
          if (call === failing) throw error;
        };
        await tell(EVERYTHING, portsOf(hub, { before }));
        expect(hub.warnings).toHaveLength(1);
        expect(hub.warnings[0]).toContain(error.message);
        const [topic = ''] = failing.split('.');
        const others = ['comments', 'deployments', 'status', 'release'].filter((name) => name !== topic);
        for (const name of others) expect(hub.calls.some((call) => call.startsWith(name))).toBe(true);
      }
    },
  );

  it('does not fail when a comment cannot be rendered', async () => {
    const hub = hubOf();
    const render = (): string => {
      throw new RangeError('nobody foresaw it');
    };
    await tell({ ...EVERYTHING, comment: { key: KEY, occasion: 'news', render } }, portsOf(hub));
    expect(hub.warnings[0]).toContain('the comment: ');
    expect(hub.deployments).toHaveLength(1);
  });
});
