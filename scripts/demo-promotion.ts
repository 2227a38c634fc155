import { Resolver } from 'node:dns/promises';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { otherEvent, schedule } from '../test/support/events.ts';
import type { DistRun } from '../test/support/run-dist.ts';
import { play, type Scene, type Stage, shown, table, title } from './demo-stage.ts';
import { renderPage } from './render-page.ts';

const DOMAIN = 'app.example.com';

/** Production and a preview, as the deploys before left them. */
export interface Versions {
  /** CIDs. */
  readonly first: string;
  readonly production: string;
  readonly preview: string;
  readonly pullRequest: number;
  /** Inputs that name a second home. */
  readonly mirror: Readonly<Record<string, string>>;
}

/** What the domain says, asked as any computer would: DNS over UDP. */
async function askDns({ emulator }: Stage): Promise<string> {
  const resolver = new Resolver();
  resolver.setServers([`127.0.0.1:${emulator.dnsPort}`]);
  const records = await resolver.resolveTxt(`_dnslink.${DOMAIN}`);
  return records.map((parts) => parts.join('')).join(', ');
}

/** What the gateway answers for the address that was given away once. */
async function askSwapped({ emulator }: Stage, cid: string): Promise<string> {
  const response = await fetch(`${emulator.gatewayUrl}/ipfs/${cid}/`);
  await response.arrayBuffer();
  return response.headers.get('etag') ?? '';
}

/** Throws where a name shows something else than it should. */
async function expectNames(stage: Stage, versions: Versions, wanted: string): Promise<void> {
  const [domain, swapped] = [await askDns(stage), await askSwapped(stage, versions.first)];
  console.log();
  table({ [`_dnslink.${DOMAIN}`]: domain, 'the first CID answers': swapped });
  if (domain !== `dnslink=/ipfs/${wanted}`) throw new Error(`The domain shows ${domain}.`);
  if (!swapped.includes(wanted)) throw new Error(`The first CID answers ${swapped}.`);
}

function keepSummary(name: string, heading: string, { summary }: DistRun): void {
  writeFileSync(join(shown, `${name}.html`), renderPage(heading, summary));
}

/** What a rollback costs: requests to Pinata and its gateway, and the time. Throws where the tag itself takes ten. */
async function measured({ emulator }: Stage, { first }: Versions, work: () => Promise<DistRun>): Promise<DistRun> {
  await emulator.clearRequests();
  const run = await work();
  const requests = (await emulator.requests()).filter(({ host }) => ['api', 'upload', 'gateway'].includes(host));
  const swaps = requests.filter(({ path }) => path.includes('/swap/') || path.startsWith(`/ipfs/${first}`));
  // Where names follow, the tag is looked at once more before.
  const lists = requests.filter(({ path }) => path.includes('keyvalues')).slice(1);
  const forNames = swaps.length + lists.length;
  const rest = requests.length - forNames;
  console.log(
    `\n  ${rest} requests to Pinata and its gateway, and ${forNames} for the names; ${(run.ms / 1000).toFixed(1)} s.`,
  );
  if (rest >= 10) throw new Error(`A rollback took ${rest} requests.`);
  return run;
}

/** A preview goes to production as it is, comes back, and everything is looked at. */
export async function playPromotion(stage: Stage, versions: Versions): Promise<void> {
  const { emulator } = stage;
  await emulator.dnsZone({
    zone: 'example.com',
    records: [{ name: '_dnslink.app', content: `dnslink=/ipfs/${versions.production}`, ttl: 120 }],
  });
  const names: Record<string, string> = {
    'block-gateways': `${emulator.gatewayUrl}/ipfs/{cid}`,
    dnslink: DOMAIN,
    'cloudflare-token': emulator.cloudflareToken,
    'cloudflare-api-url': emulator.cloudflareUrl,
    'dns-resolvers': emulator.dohUrls.join('\n'),
    'hot-swap-cid': versions.first,
  };
  const scene = (inputs: Record<string, string>): Scene => ({
    event: otherEvent('workflow_dispatch'),
    path: '',
    inputs: { ...names, ...inputs },
  });

  title(`11. What reviewers saw in pull request ${versions.pullRequest} goes to production: no build, no upload`);
  const from = `pr-${versions.pullRequest}`;
  const promoted = await play(stage, scene({ mode: 'promote', from, ...versions.mirror }));
  keepSummary('promoted', 'Job summary of the promotion', promoted);
  if (promoted.outputs.cid !== versions.preview) throw new Error('Something else went to production.');
  await expectNames(stage, versions, versions.preview);

  title('12. It was a mistake: back to what was there before, which is proven to answer first');
  const back = await measured(stage, versions, () => play(stage, scene({ mode: 'rollback' })));
  keepSummary('rolled-back', 'Job summary of the rollback', back);
  if (back.outputs.cid !== versions.production) throw new Error('The rollback went somewhere else.');
  await expectNames(stage, versions, versions.production);

  title('13. Is everything there? Every tag, every block, the domain');
  const verified = await play(stage, { ...scene({ mode: 'verify', 'health-issue': 'true' }), event: schedule() });
  keepSummary('verified', 'Job summary of the verification', verified);
  if (verified.outputs.verified !== 'true') throw new Error('Not everything is there.');
}
