import type { Cid } from '../domain/cid.ts';
import { ActionError } from '../domain/errors.ts';
import type { Build } from '../domain/listing.ts';
import { mainLink, type Outcome, type Probe } from '../domain/outcome.ts';
import type { Pin, UploadMethod } from '../domain/pin.ts';
import type { DeployPlan } from '../domain/plan.ts';
import { type PinOrigin, planTags, type TagRequest } from '../domain/tag.ts';
import type { Upload, Uploaded } from '../ports.ts';
import {
  announce,
  type Decision,
  type DeployPorts,
  type DeployRun,
  decide,
  decideAgain,
  type Job,
  refusedUpload,
} from './decide.ts';

/**
 * Puts content on Pinata under its tags: look, decide, pin, tag, prove. Until the content is live it refuses; afterwards it
 * reports.
 */
export async function deploy(run: DeployRun, ports: DeployPorts): Promise<Outcome> {
  const job: Job = { run, ports };
  let decision = await announce(job, await decide(job));
  if (run.dryRun) return { kind: 'planned', ...decision };
  let upload = await obtain(job, decision);
  let refusedBytes = 0;
  if (upload?.kind === 'refused') {
    refusedBytes = upload.sentBytes;
    decision = await announce(job, await decideAgain(job, decision, upload.reason));
    upload = await obtain(job, decision);
  }
  if (upload?.kind === 'refused') throw refusedUpload(upload.reason);
  const id = await settle(job, decision, upload);
  ports.transferred();
  const target: Target = { id, at: decision.plan.at, origin: originOf(id, decision.plan, upload) };
  // A gateway that is slow delays no tag, unless the run must not move one to what nobody serves.
  if (!run.failOnUnreachable) await tag(job, target);
  const probes = await look(job, decision.build);
  // The last act is to read the pin again: what another run overwrote since is repaired.
  const pin = await tag(job, target);
  ports.log.line(`Tagged it ${run.tags.join(', ')} (pin ${pin.id}).`);
  return {
    kind: decision.plan.changed ? 'deployed' : 'unchanged',
    ...decision,
    pin,
    uploadedBytes: refusedBytes + (upload?.sentBytes ?? 0),
    probes,
  };
}

/** Uploads unless the account has the CID already. */
async function obtain({ run, ports }: Job, { build, plan, method }: Decision): Promise<Upload | undefined> {
  if (plan.source.kind === 'reuse') {
    ports.log.line(`Nothing to upload: the account already pins ${plan.cid}, whose name and group stay as they are.`);
    return undefined;
  }
  const began = performance.now();
  const upload = await ports.pins.upload({
    build,
    content: run.content,
    method,
    name: run.name(build.root),
    group: run.group,
    // Only whose it is. The tags follow when the CID has been seen to be right.
    keyvalues: { [run.project.key]: run.project.name },
    onProgress: (sent, total) => ports.log.progress('Uploaded', sent, total),
  });
  if (upload.kind === 'uploaded' && upload.cid !== undefined && upload.cid !== plan.cid)
    throw otherCid(plan.cid, upload.cid, method);
  if (upload.kind === 'uploaded') ports.showUpload(upload, performance.now() - began);
  return upload;
}

function otherCid(planned: Cid, answered: Cid, method: UploadMethod): ActionError {
  return new ActionError(
    'content',
    `Pinata stored the build as ${answered}, but its CID is ${planned}. No tag was moved.`,
    {
      hint:
        method === 'folder'
          ? 'Pinata builds folders itself and did so by other rules. Use a plan that imports CARs, where the CID is ours to choose.'
          : 'Run the job again. If it stays so, open an issue with both CIDs.',
    },
  );
}

/** The id of the pin, once it is there. */
async function settle({ ports }: Job, { plan, build }: Decision, upload: Uploaded | undefined): Promise<string> {
  if (plan.source.kind === 'reuse') return plan.source.pin.id;
  const pin = await ports.pins.waitUntilListed(build.root, upload?.pinId);
  ports.log.line(`Pinned it (pin ${pin.id}).`);
  return pin.id;
}

/** Whether the upload met the pin: it was listed before, or the service said so where the list knew nothing. */
function originOf(id: string, plan: DeployPlan, upload: Uploaded | undefined): PinOrigin {
  if (upload === undefined) return { kind: 'plain' };
  const known = plan.sameCid.find((pin) => pin.id === id);
  if (known !== undefined) return { kind: 'met', before: known.keyvalues };
  return upload.duplicate && plan.sameCid.length === 0 ? { kind: 'met', before: undefined } : { kind: 'plain' };
}

interface Target extends Pick<TagRequest, 'at' | 'origin'> {
  readonly id: string;
}

const TAG_ATTEMPTS = 3;

/** Writes the tags and reads them back by id, where nothing lags; what another run overwrote meanwhile is repaired. */
async function tag({ run, ports: { pins } }: Job, target: Target): Promise<Pin> {
  const request = { ...run, ...target };
  for (let attempt = 0; attempt <= TAG_ATTEMPTS; attempt += 1) {
    const pin = await pins.read(target.id);
    if (pin === undefined) {
      throw new ActionError('conflict', `The pin ${target.id} vanished before it could be tagged.`, {
        hint: 'Another run or person unpinned it. Run the job again: it uploads what is missing.',
      });
    }
    const pairs = planTags(pin.keyvalues, request);
    if (Object.keys(pairs).length === 0) return pin;
    if (attempt < TAG_ATTEMPTS) await pins.addKeyvalues(target.id, pairs);
  }
  throw new ActionError('conflict', `Pinata does not keep the tags ${run.tags.join(', ')} on the pin ${target.id}.`, {
    hint: 'Run the job again. If it stays so, look at the key-values of the pin in the Pinata app.',
  });
}

async function look({ run, ports }: Job, build: Build): Promise<readonly Probe[]> {
  // No gateway serves private content without a signed link.
  if (run.network === 'private') return [];
  const probes = await ports.gateways.probe(build);
  const link = mainLink(probes);
  if (link !== undefined) return probes;
  const tried = probes.map((probe) => `${probe.host}: ${probe.note}`).join('; ');
  const message = `${build.root} is pinned, but no gateway serves it (${tried === '' ? 'none is configured' : tried}).`;
  if (run.failOnUnreachable) {
    throw new ActionError('network', message, {
      hint: probes.every((probe) => probe.final)
        ? 'Waiting does not help: give gateways or pinata-gateway one that serves this content. No tag was moved.'
        : 'Run the job again later, or give verify-timeout more time. No tag was moved.',
    });
  }
  ports.log.warn(message);
  return probes;
}
