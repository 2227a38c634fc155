import { expect, it } from 'vitest';
import { deployInputs, plantPin, secondsAgo } from '../support/deploy-inputs.ts';
import { otherEvent } from '../support/events.ts';
import { emulatorForFile } from '../support/file-emulator.ts';
import { type Kill, killsAt, type Walked, walkThroughGate } from '../support/killed-run.ts';
import { projectKey } from '../support/oracle-cid.ts';
import { startDist } from '../support/run-dist.ts';

const emulator = await emulatorForFile();

/** Trials at the same time, each with a project, a repository, a domain and contents of its own. */
const AT_ONCE = 4;
const COMMIT = 'abcdef0'.padEnd(40, '1');

interface Scene {
  /** The pairs of each content, without `KEY.`; one more is the address that is swapped. */
  readonly planted: Readonly<Record<'before' | 'wanted', Readonly<Record<string, string>>>>;
  readonly inputs: Readonly<Record<string, string>>;
}

const production = (ago: number): string => `${secondsAgo(ago)} abcdef0`;

const scenes: Readonly<Record<string, Scene>> = {
  'a promotion of a preview': {
    planted: { before: { production: production(9000) }, wanted: { previews: `7@${secondsAgo(600)}` } },
    inputs: { mode: 'promote', from: 'pr-7' },
  },
  'a rollback': {
    planted: { before: { production: production(600) }, wanted: { production: production(9000) } },
    inputs: { mode: 'rollback' },
  },
};

interface Trial {
  readonly scene: Scene;
  readonly project: string;
  readonly repository: string;
  readonly domain: string;
  readonly cids: Readonly<Record<'before' | 'wanted' | 'address', string>>;
}

async function prepare(scene: Scene, name: string): Promise<Trial> {
  const slug = name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
  const [project, repository, domain] = [`acme/${slug}`, `acme/${slug}`, `${slug}.example`];
  const key = projectKey(project);
  const plant = async (content: string, pairs: Readonly<Record<string, string>>): Promise<string> => {
    const keyvalues = Object.fromEntries(Object.entries(pairs).map(([tag, value]) => [`${key}.${tag}`, value]));
    const files = { 'index.html': `${content} of ${name}` };
    return (await plantPin(emulator, { files, keyvalues: { [key]: project, ...keyvalues } })).cid;
  };
  const cids = {
    before: await plant('before', scene.planted.before),
    wanted: await plant('wanted', scene.planted.wanted),
    address: await plant('address', { 'v1.0.0': production(90_000) }),
  };
  await emulator.github({ repository, commits: [{ oid: COMMIT, tree: 'a'.repeat(40) }] });
  await emulator.dnsZone({
    zone: domain,
    records: [{ name: '_dnslink', content: `dnslink=/ipfs/${cids.before}`, ttl: 60 }],
  });
  return { scene, project, repository, domain, cids };
}

/** Where everything stands that people can see: contents by their names. */
async function look({ project, repository, domain, cids }: Trial): Promise<Readonly<Record<string, unknown>>> {
  const { records, swaps, dns } = await emulator.state();
  const key = projectKey(project);
  const nameOf = (cid = ''): string => Object.entries(cids).find(([, own]) => own === cid)?.[0] ?? cid;
  const own = records.filter(({ keyvalues }) => keyvalues[key] === project);
  const marks = own
    .flatMap(({ root, keyvalues }) => {
      const value = keyvalues[`${key}.production`];
      return value === undefined ? [] : [{ root, at: Number(value.split(' ')[0]) }];
    })
    .toSorted((a, b) => b.at - a.at);
  const { deployments } = await emulator.github({ repository });
  const swapped = swaps.find(({ id }) => id === `public/${cids.address}`)?.swaps.at(-1)?.mappedCid ?? undefined;
  return {
    pinned: own.map(({ root }) => nameOf(root)).toSorted(),
    production: marks.map(({ root }) => nameOf(root)),
    commits: own.flatMap(({ keyvalues }) => (keyvalues[`${key}.production`] ?? '').split(' ')[1] ?? []).toSorted(),
    domain: dns.records
      .filter(({ name }) => name === `_dnslink.${domain}`)
      .map(({ content }) => nameOf(/\/ipfs\/(\w+)/.exec(content)?.[1])),
    swapped: swapped === undefined ? undefined : nameOf(swapped),
    deployments: deployments
      .filter(({ statuses }) => statuses.at(-1)?.state === 'success')
      .map(({ sha, payload }) => [sha, JSON.stringify(payload).includes(cids.wanted)]),
  };
}

/** One run of the scene, always of the same workflow run, looked at after each write, and killed at one of its requests. */
async function walk(trial: Trial, kill?: Kill): Promise<Walked> {
  const losses: unknown[] = [];
  const walked = await walkThroughGate(emulator, {
    kill,
    lookAfter: async (request, requests) => {
      if (request.host === 'api' && request.method !== 'GET') losses.push(...(await lossesIn(trial, requests)));
    },
    start: (gate) => {
      const inputs = deployInputs(emulator, '', {
        ...gate.inputs,
        // Without a gateway for blocks nobody knows which bytes are right, and nothing is moved.
        'block-gateways': gate.inputs.gateways ?? '',
        ...trial.scene.inputs,
        project: trial.project,
        deployment: 'true',
        'github-token': emulator.githubToken,
        'cloudflare-token': emulator.cloudflareToken,
        dnslink: trial.domain,
        'hot-swap-cid': trial.cids.address,
        'requests-per-minute': '6000',
      });
      const env = { ...gate.env, GITHUB_REPOSITORY: trial.repository };
      return startDist({ inputs, event: otherEvent('workflow_dispatch'), env });
    },
  });
  expect(losses).toEqual([]);
  return walked;
}

/** At no moment is anything unpinned, or production nowhere. */
async function lossesIn(trial: Trial, requests: readonly string[]): Promise<readonly unknown[]> {
  const { pinned, production: stands } = (await look(trial)) as Record<string, readonly string[]>;
  const isFine = pinned?.length === 3 && ['before', 'wanted'].includes(stands?.[0] ?? '');
  return isFine ? [] : [{ pinned, stands, after: requests.join('\n') }];
}

it.each(Object.entries(scenes))(
  '%s with all that follows it, killed before or after any of its requests, comes to the same end when it is run again',
  { timeout: 600_000 },
  async (title, scene) => {
    const calm = await prepare(scene, `${title} calm`);
    const undisturbed = await walk(calm);
    expect(undisturbed.run.exitCode, undisturbed.run.log).toBe(0);
    const wanted = await look(calm);
    expect(wanted).toEqual({
      pinned: ['address', 'before', 'wanted'],
      production: ['wanted', 'before'],
      commits: expect.anything() as unknown,
      domain: ['wanted'],
      swapped: 'wanted',
      deployments: expect.anything() as unknown,
    });

    const left = killsAt(undisturbed.requests);
    expect(left.length).toBeGreaterThan(20);
    const lane = async (): Promise<void> => {
      for (let kill = left.shift(); kill !== undefined; kill = left.shift()) {
        const trial = await prepare(scene, `${title} ${kill.when} ${kill.at}`);
        const killed = await walk(trial, kill);
        const story = `killed ${kill.when} ${killed.requests.at(kill.at - 1)}`;
        expect(killed.run.exitCode, `${story}\n${killed.run.log}`).toBeNull();
        const again = await walk(trial);
        expect(again.run.exitCode, `${story}\n${again.run.log}`).toBe(0);
        expect(again.run.warnings, story).toEqual([]);
        expect(again.run.outputs.cid, story).toBe(trial.cids.wanted);
        expect(await look(trial), `${story}\n${again.run.log}`).toEqual(wanted);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, lane));
  },
);
