import { expect, it } from 'vitest';
import { deployInputs, plantPin, secondsAgo, withoutTimes } from '../support/deploy-inputs.ts';
import { closedPullRequest, pullRequest, pushTo, type RunEvent, schedule } from '../support/events.ts';
import { emulatorForFile } from '../support/file-emulator.ts';
import { type Kill, killsAt, type Walked, walkThroughGate } from '../support/killed-run.ts';
import { projectKey } from '../support/oracle-cid.ts';
import { startDist } from '../support/run-dist.ts';
import { tempTree } from '../support/temp-tree.ts';

const emulator = await emulatorForFile();

/** Trials at the same time, each with a project and contents of its own. */
const AT_ONCE = 5;
const DAY = 86_400;
const HOUR = 3600;

await emulator.github({
  repository: 'acme/site',
  pullRequests: [
    { number: 8, state: 'CLOSED' },
    { number: 9, state: 'MERGED', closedAt: new Date(Date.now() - 2 * HOUR * 1000).toISOString() },
    { number: 10, state: 'OPEN' },
  ],
});

/** The names of a project's contents → their pairs, with `KEY` for the project's key, and for each pin one. */
type Pinned = Readonly<Record<string, readonly Readonly<Record<string, string>>[]>>;

interface Scene {
  /** What is pinned at the start: the tags' pairs, without `KEY.`, by the names of the contents. */
  readonly planted: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** The name of the content that is deployed. */
  readonly deployed?: string;
  readonly event: RunEvent;
  readonly inputs?: Readonly<Record<string, string>>;
  /** What is live: on one of these contents the tag must stand at every moment. */
  readonly live: Readonly<Record<string, readonly string[]>>;
  /** The contents that an undisturbed run leaves. */
  readonly left: readonly string[];
}

const mark = (days: number): string => `${secondsAgo(days * DAY)} abcdef0`;
const strict = { 'keep-last': '1', 'keep-within': '0s' };

const scenes: Readonly<Record<string, Scene>> = {
  'a deploy that uploads, moves a tag and unpins': {
    planted: {
      old: { production: mark(3) },
      older: { production: mark(5) },
      docs: { 'branch-docs': mark(4) },
    },
    deployed: 'new',
    event: pushTo('main'),
    inputs: strict,
    live: { production: ['old', 'new'], 'branch-docs': ['docs'] },
    left: ['docs', 'new'],
  },
  'a deploy of a pull request': {
    planted: {
      before: { previews: `7@${secondsAgo(HOUR)}` },
      shared: { production: mark(2), previews: `7@${secondsAgo(2 * HOUR)} 8@${secondsAgo(HOUR)}` },
    },
    deployed: 'shared',
    event: pullRequest(7, 'synchronize'),
    inputs: strict,
    live: { production: ['shared'], 'pr-7': ['before', 'shared'], 'pr-8': ['shared'] },
    left: ['shared'],
  },
  'the cleanup of a pull request that was closed': {
    planted: {
      only: { previews: `7@${secondsAgo(DAY)}` },
      shared: { production: mark(2), previews: `10@${secondsAgo(HOUR)} 7@${secondsAgo(2 * HOUR)}` },
    },
    event: closedPullRequest(7, { merged: false }),
    live: { production: ['shared'], 'pr-10': ['shared'] },
    left: ['shared'],
  },
  'a sweep': {
    planted: {
      live: { production: mark(1) },
      old: { production: mark(2) },
      shared: { production: mark(3), previews: `10@${secondsAgo(HOUR)} 8@${secondsAgo(DAY)}` },
      closed: { previews: `8@${secondsAgo(2 * DAY)}` },
      merged: { previews: `9@${secondsAgo(2 * DAY)}` },
      released: { released: String(secondsAgo(2 * HOUR)) },
      fresh: { released: String(secondsAgo(60)) },
    },
    event: schedule(),
    inputs: { ...strict, 'github-token': emulator.githubToken },
    live: { production: ['live'], 'pr-10': ['shared'] },
    left: ['fresh', 'live', 'shared'],
  },
};

interface Trial extends Disposable {
  readonly scene: Scene;
  readonly project: string;
  readonly key: string;
  readonly path: string;
  /** CID → name. */
  readonly names: Map<string, string>;
}

/** Pins what the scene starts with. Contents are told apart by the trial's name in them. */
async function prepare(scene: Scene, name: string): Promise<Trial> {
  const project = `acme/site#${name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}`;
  const key = projectKey(project);
  const names = new Map<string, string>();
  for (const [content, pairs] of Object.entries(scene.planted)) {
    const keyvalues = Object.fromEntries(Object.entries(pairs).map(([tag, value]) => [`${key}.${tag}`, value]));
    const files = { 'index.html': `${content} of ${name}` };
    const { cid } = await plantPin(emulator, { files, keyvalues: { [key]: project, ...keyvalues } });
    names.set(cid, content);
  }
  const site = tempTree({ 'index.html': `${scene.deployed} of ${name}` });
  return { scene, project, key, path: site.root, names, [Symbol.dispose]: site[Symbol.dispose] };
}

/** What the project has pinned now. A content that is not known is the one that was deployed. */
async function look({ project, key, names, scene }: Trial): Promise<Pinned> {
  const { records } = await emulator.state();
  const own = records.filter(({ keyvalues }) => keyvalues[key] === project);
  const pinned: Record<string, Readonly<Record<string, string>>[]> = {};
  for (const { root, keyvalues } of own.toSorted((a, b) => (a.root < b.root ? -1 : 1))) {
    const name = names.get(root) ?? scene.deployed ?? root;
    const pairs = Object.entries(keyvalues).map(([pair, value]) => [pair.replace(key, 'KEY'), value] as const);
    pinned[name] = [...(pinned[name] ?? []), Object.fromEntries(pairs)];
  }
  return pinned;
}

/** The tags that stand on a content, previews among them. */
function tagsOn(pinned: Pinned, name: string): readonly string[] {
  return (pinned[name] ?? []).flatMap((pairs) => {
    const previews = pairs['KEY.previews']?.split(' ').map((preview) => `pr-${preview.split('@')[0]}`) ?? [];
    return [...Object.keys(pairs).map((pair) => pair.replace(/^KEY\./, '')), ...previews];
  });
}

/** Live tags that stand on nothing that is pinned, and after which request. */
function lossesIn({ scene }: Trial, pinned: Pinned, requests: readonly string[]): readonly unknown[] {
  const lost = Object.entries(scene.live).filter(([tag, names]) =>
    names.every((name) => !tagsOn(pinned, name).includes(tag)),
  );
  return lost.map(([tag]) => ({ tag, pinned, after: requests.join('\n') }));
}

/** What differs from run to run is left out: times, and nothing else. */
function timeless(pinned: Pinned): Pinned {
  return Object.fromEntries(
    Object.entries(pinned)
      .map(([name, pins]) => [name, pins.map(withoutProject)] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

function withoutProject(pairs: Readonly<Record<string, string>>): Record<string, string> {
  const released = pairs['KEY.released'] === undefined ? {} : { 'KEY.released': 'TIME' };
  return { ...withoutTimes(pairs), KEY: 'project', ...released };
}

/** One run of the scene, looked at after each write, and killed at one of its requests. */
async function walk(trial: Trial, kill?: Kill): Promise<Walked> {
  const { scene, project, path } = trial;
  const losses: unknown[] = [];
  const walked = await walkThroughGate(emulator, {
    kill,
    lookAfter: async (request, requests) => {
      if (request.method !== 'GET') losses.push(...lossesIn(trial, await look(trial), requests));
    },
    start: (gate) => {
      const inputs = deployInputs(emulator, scene.deployed === undefined ? '' : path, {
        ...gate.inputs,
        ...scene.inputs,
        project,
      });
      return startDist({ inputs, event: scene.event, env: gate.env });
    },
  });
  expect(losses).toEqual([]);
  return walked;
}

it.each(Object.entries(scenes))(
  '%s, killed before or after any of its requests, comes to the same end when it is run again',
  { timeout: 300_000 },
  async (title, scene) => {
    using calm = await prepare(scene, `${title} calm`);
    const undisturbed = await walk(calm);
    expect(undisturbed.run.exitCode, undisturbed.run.log).toBe(0);
    const wanted = timeless(await look(calm));
    expect(Object.keys(wanted)).toEqual(scene.left);

    const left = killsAt(undisturbed.requests);
    expect(left.length).toBeGreaterThan(20);
    const lane = async (): Promise<void> => {
      for (let kill = left.shift(); kill !== undefined; kill = left.shift()) {
        using trial = await prepare(scene, `${title} ${kill.when} ${kill.at}`);
        const killed = await walk(trial, kill);
        const story = `killed ${kill.when} ${killed.requests.at(kill.at - 1)}`;
        expect(killed.run.exitCode, `${story}\n${killed.run.log}`).toBeNull();
        expect(killed.requests.length, story).toBeGreaterThanOrEqual(kill.at);
        const again = await walk(trial);
        expect(again.run.exitCode, `${story}\n${again.run.log}`).toBe(0);
        expect(again.run.warnings, story).toEqual([]);
        expect(timeless(await look(trial)), `${story}\n${again.run.log}`).toEqual(wanted);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, lane));
  },
);
