import { kindOf } from '../adapters/gateway/opening.ts';
import { openSigned } from '../adapters/gateway/signed-opening.ts';
import { type CreateAccessLink, createAccessLink } from '../adapters/pinata/access-link.ts';
import { mask } from '../adapters/runner/runner.ts';
import { type Cid, codecOf, RAW_CODEC } from '../domain/cid.ts';
import { ActionError } from '../domain/errors.ts';
import { chooseSample, type Sample } from '../domain/link.ts';
import type { Build } from '../domain/listing.ts';
import type { AccessLink } from '../domain/outcome.ts';
import { renderSpan } from '../render/units.ts';
import type { AccountPorts } from './account.ts';
import { ownGatewayBase } from './gateways.ts';
import { clock, type Wiring } from './wiring.ts';

/** A file that a link may be made to. */
interface Target {
  readonly path: string;
  /** Undefined where nobody knows which bytes are right. */
  readonly sample: Sample | undefined;
}

type Port = (content: Build | Cid) => Promise<AccessLink | undefined>;

const HOW_TO_STOP = 'Or set access-link-expires: never.';

/** Links to private content; undefined for public content, and where none can be made. Trouble is a warning: what is live stays live. */
export function accessLinkPort(wiring: Wiring, account: Pick<AccountPorts, 'pins' | 'plain'>): Port {
  const { values, log } = wiring;
  const expiresMs = values['access-link-expires'];
  if (values.network !== 'private' || expiresMs === undefined) return () => Promise.resolve(undefined);
  return async (content) => {
    try {
      const gatewayUrl = await ownGatewayBase(values, account.pins);
      const create = createAccessLink(account.plain, { gatewayUrl, date: clock.date });
      return await makeLink(content, { wiring, expiresMs, create, host: new URL(gatewayUrl).host });
    } catch (error) {
      if (!(error instanceof ActionError)) throw error;
      log.warn(`No access link was made: ${error.message} ${error.hint ?? ''} ${HOW_TO_STOP}`);
      return undefined;
    }
  };
}

interface Making {
  readonly wiring: Wiring;
  readonly expiresMs: number;
  readonly create: CreateAccessLink;
  readonly host: string;
}

async function makeLink(content: Build | Cid, making: Making): Promise<AccessLink | undefined> {
  const { values, log } = making.wiring;
  const root = typeof content === 'string' ? content : content.root;
  const targets = typeof content === 'string' ? targetsOf(content) : targetOf(content);
  const looks = values.verify === 'gateway' || targets.length > 1;
  let note = 'no file of the content has bytes';
  for (const { path, sample } of targets) {
    const { signature, ...link } = await making.create({ root, path }, making.expiresMs);
    // Before anything can print them.
    mask(link.url);
    mask(signature);
    // Which file there is in content of an earlier run can only be seen now, and it had its time to get there.
    const timeoutMs = targets.length > 1 ? 0 : values['verify-timeout'];
    const seen = looks ? await openSigned({ url: link.url, root, sample }, timeoutMs) : undefined;
    if (seen === undefined || seen.state === 'live') {
      tell(path, making);
      return { ...link, opened: seen !== undefined };
    }
    note = `${making.host} ${seen.note}`;
  }
  log.warn(`No access link was made: ${note}. The content is pinned. ${HOW_TO_STOP}`);
  return undefined;
}

function tell(path: string, { wiring, expiresMs }: Making): void {
  wiring.log.line(`Access link for ${renderSpan(expiresMs)} made; it is in the output url.`);
  if (path === '') return;
  wiring.log.line(
    `It opens ${path} alone: Pinata signs one address, so a private directory cannot be browsed by a link, and what the page loads from it is not signed.`,
  );
}

/** The file of a build that a visitor gets first. */
function targetOf(build: Build): readonly Target[] {
  const sample = chooseSample(build.root, build.listing);
  if (sample === undefined) return [];
  const isIndex = kindOf(build) === 'directory' && sample.path === '';
  return [{ path: isIndex ? 'index.html' : sample.path, sample }];
}

/** No gateway tells what is in private content that was published before: a page of a directory, or one file. */
function targetsOf(root: Cid): readonly Target[] {
  const whole: Target = { path: '', sample: undefined };
  if (codecOf(root) === RAW_CODEC) return [{ path: '', sample: { path: '', cid: root, bytes: 0 } }];
  return [{ path: 'index.html', sample: undefined }, whole];
}
