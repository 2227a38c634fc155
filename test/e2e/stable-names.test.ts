import { Resolver } from 'node:dns/promises';
import { describe, expect, it } from 'vitest';
import { pullRequest, schedule } from '../support/events.ts';
import { emulatorForFile } from '../support/file-emulator.ts';
import { fine, rowOf, runsOf } from '../support/project-runs.ts';
import { ageMarks, pinned } from '../support/seed-pins.ts';

const emulator = await emulatorForFile({ dnsTtl: 0 });
const AT_ONCE = { 'keep-last': '1', 'keep-within': '0s' };

const cloudflare = {
  'cloudflare-token': emulator.cloudflareToken,
  'cloudflare-api-url': emulator.cloudflareUrl,
  'dns-resolvers': emulator.dohUrls.join('\n'),
};

/** What any computer gets to hear. */
async function says(domain: string): Promise<string> {
  const resolver = new Resolver();
  resolver.setServers([`127.0.0.1:${emulator.dnsPort}`]);
  const records = await resolver.resolveTxt(`_dnslink.${domain}`);
  return records.map((parts) => parts.join('')).join();
}

describe('a domain', () => {
  it('follows production, and no pull request', async () => {
    await emulator.dnsZone({ zone: 'follows.example' });
    const of = runsOf(emulator, 'acme/follows', { ...cloudflare, dnslink: 'app.follows.example' });
    const first = fine(await of.deploy('follows first'));
    expect(await says('app.follows.example')).toBe(`dnslink=/ipfs/${first.outputs.cid ?? ''}`);
    await emulator.clearRequests();
    fine(await of.deploy('a preview', { event: pullRequest(31, 'opened') }));
    expect(await emulator.requests({ host: 'cloudflare' })).toEqual([]);
    const second = fine(await of.deploy('follows second'));
    expect(await says('app.follows.example')).toBe(`dnslink=/ipfs/${second.outputs.cid ?? ''}`);
    const [name] = JSON.parse(second.outputs.names ?? '[]') as readonly Record<string, unknown>[];
    expect(name).toMatchObject({ kind: 'dnslink', state: 'moved', previous: `/ipfs/${first.outputs.cid ?? ''}` });
    expect(second.summary).toContain(`dnslink=/ipfs/${first.outputs.cid ?? ''}`);
  });

  it('that cannot be moved fails the step, with everything live, and nothing old is given up now or later', async () => {
    await emulator.dnsZone({ zone: 'stuck.example' });
    const inputs = { ...cloudflare, ...AT_ONCE, dnslink: 'stuck.example' };
    const of = runsOf(emulator, 'acme/stuck', inputs);
    const old = fine(await of.deploy('stuck first')).outputs.cid ?? '';
    await ageMarks(emulator, old, 30);
    const readOnly = await emulator.addDnsToken({ permissions: ['zone:read', 'dns:read'] });
    const run = await of.deploy('stuck second', { inputs: { 'cloudflare-token': readOnly } });
    expect(run.exitCode, run.log).toBe(1);
    expect(run.errors[0]).toMatch(/^The content is live and tagged, but 1 name did not follow\. stuck\.example: /);
    expect(run.outputs).toMatchObject({ result: 'deployed', 'unpinned-count': '0' });
    expect(await pinned(emulator, run.outputs.cid)).toHaveLength(1);
    // A sweep that is told of the domain asks resolvers; it needs no token.
    const { 'cloudflare-token': _none, ...withoutToken } = inputs;
    const swept = fine(await runsOf(emulator, 'acme/stuck', withoutToken).clean({ event: schedule() }));
    expect(rowOf(swept, old)).toMatchObject({ verdict: 'protected', reason: 'DNSLink of stuck.example' });
    expect(await pinned(emulator, old)).toHaveLength(1);
    // The next good run moves it, and only a later one gives up what caches may still send people to.
    const again = fine(await of.deploy('stuck second'));
    expect(await says('stuck.example')).toBe(`dnslink=/ipfs/${again.outputs.cid ?? ''}`);
    expect(await pinned(emulator, old)).toHaveLength(1);
    fine(await of.clean({ event: schedule() }));
    expect(await pinned(emulator, old)).toEqual([]);
  });

  it('without a token for it is refused before anything is sent', async () => {
    await emulator.clearRequests();
    const of = runsOf(emulator, 'acme/tokenless', { dnslink: 'app.example' });
    const run = await of.deploy('tokenless');
    expect(run.exitCode).toBe(1);
    expect(run.errors[0]).toMatch(
      /^cloudflare-token must be a token .*since dnslink names app\.example, got nothing\./,
    );
    expect(await emulator.requests()).toEqual([]);
  });
});
