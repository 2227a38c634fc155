import { expect, it } from 'vitest';
import type { Cid } from '../../src/domain/cid.ts';
import { mirrorContent, readMirrors, unmirror } from '../../src/modes/mirror.ts';
import type { Mirror } from '../../src/ports.ts';
import { type MirrorServices, startMirrorServices } from '../support/mirror-services.ts';
import { mirrorAt, orderOf, withSite } from './mirror-at.ts';

// All three kinds at once, by the lines that a workflow has for them.

function mirrorsOf({ mirrors, tokens }: MirrorServices): readonly Mirror[] {
  const tokenOf = new Map(tokens.split('\n').map((line) => [line.split('=')[0], line.slice(line.indexOf('=') + 1)]));
  return mirrors.split('\n').map((line) => {
    const token = tokenOf.get(line.split('=')[0]);
    return mirrorAt(line, token === undefined ? {} : { token });
  });
}

function noted(): { readonly warnings: string[]; warn(text: string): void } {
  const warnings: string[] = [];
  return { warnings, warn: (text) => warnings.push(text) };
}

/** CIDs that each service keeps. */
function keptBy({ psa, kubo, cluster }: MirrorServices): readonly (readonly string[])[] {
  return [psa.rows().map(({ pin }) => pin.cid), [...kubo.pins.keys()], [...cluster.pins.keys()]];
}

it('a build gets to a pinning service, a Kubo node and a cluster, is seen there, and leaves them when it is given up', async () => {
  await using services = await startMirrorServices();
  const mirrors = mirrorsOf(services);
  const log = noted();
  await withSite(async (build) => {
    const pinned = ['backup', 'node', 'cluster'].map((mirror) => {
      return { mirror, cid: build.root, state: 'pinned', note: '' };
    });
    expect(await mirrorContent(orderOf(build), mirrors, log)).toEqual(pinned);
    expect(await readMirrors(build.root, mirrors)).toEqual(pinned);
    expect(keptBy(services)).toEqual([[build.root], [build.root], [build.root]]);
    const gone = await unmirror([build.root], mirrors, log);
    expect(gone.map(({ state }) => state)).toEqual(['unpinned', 'unpinned', 'unpinned']);
  });
  expect(keptBy(services)).toEqual([[], [], []]);
  expect(log.warnings).toEqual([]);
});

it('a mirror that is down is trouble, and the others have the build', async () => {
  await using services = await startMirrorServices();
  const mirrors = mirrorsOf(services);
  const log = noted();
  await services.kubo[Symbol.asyncDispose]();
  await withSite(async (build) => {
    const states = await mirrorContent(orderOf(build), mirrors, log);
    expect(states.map(({ state }) => state)).toEqual(['pinned', 'trouble', 'pinned']);
  });
  expect(log.warnings).toEqual([
    expect.stringMatching(/^1 of 3 mirrors did not take bafy\S+: Mirror node could not be reached/),
  ]);
});

it('repeated after it was cut off anywhere, it ends with one pin at each', async () => {
  await using services = await startMirrorServices((cid) => cid.startsWith('bafy'));
  const mirrors = mirrorsOf(services);
  await withSite(async (build) => {
    const root: Cid = build.root;
    // As if a run had ended after each service took the order, before its answer was read.
    services.psa.plant({ cid: root, meta: { 'pinata-deploy': 'acme/site' } }, 'queued');
    await mirrors[1]?.pin(orderOf(build));
    services.kubo.pins.clear();
    services.cluster.pins.set(root, { name: 'pinata-deploy acme/site', looks: 0 });
    services.cluster.knobs.network = services.kubo.blocks;
    const states = await mirrorContent(orderOf(build), mirrors, noted());
    expect(states.map(({ state }) => state)).toEqual(['pinned', 'pinned', 'pinned']);
    expect(keptBy(services)).toEqual([[root], [root], [root]]);
  });
});
