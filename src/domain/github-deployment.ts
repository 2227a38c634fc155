import { type Cid, parseCid } from './cid.ts';
import { parseJson, textAt } from './json.ts';
import { pullRequestOf } from './tag.ts';

/** What our GitHub deployments carry: machines read it, and people in the API. */
export interface DeploymentPayload {
  readonly project: string;
  readonly tag: string;
  readonly cid: Cid;
  /** 40 hex digits. */
  readonly commit: string;
}

/** A deployment of ours that is not over. */
export interface GithubDeployment {
  readonly id: number;
  /** False where it was only begun: the run that made it could not say more. */
  readonly active: boolean;
  /** The link that it shows; '' for none. */
  readonly url: string;
  readonly payload: DeploymentPayload;
}

/** What a new deployment is made from. */
export interface DeploymentOrder {
  readonly environment: string;
  readonly description: string;
  readonly payload: DeploymentPayload;
  /** Gone some day: a preview. */
  readonly transient: boolean;
  readonly production: boolean;
}

/** At most 140 characters in `description`; the URLs are '' where there are none. */
export interface DeploymentStatus {
  /** `in_progress`: pinned, and nobody serves it yet. */
  readonly state: 'success' | 'in_progress' | 'inactive';
  readonly description: string;
  readonly environmentUrl: string;
  readonly logUrl: string;
}

const MARK = 'pinata-deploy';

export function renderPayload(payload: DeploymentPayload): Readonly<Record<string, string>> {
  return { tool: MARK, ...payload };
}

/** Reads a payload as REST hands it out (an object or a text) and as GraphQL does (JSON text, now and then twice). */
export function parsePayload(value: unknown): DeploymentPayload | undefined {
  if (typeof value === 'string') {
    const parsed = parseJson(value);
    return parsed === undefined ? undefined : parsePayload(parsed);
  }
  const [project, tag] = [textAt(value, 'project'), textAt(value, 'tag')];
  const cid = parseCid(textAt(value, 'cid') ?? '');
  const isOurs = textAt(value, 'tool') === MARK && project !== undefined && tag !== undefined && cid !== undefined;
  return isOurs ? { project, tag, cid, commit: textAt(value, 'commit') ?? '' } : undefined;
}

type Environment = Pick<DeploymentOrder, 'environment' | 'transient' | 'production'>;

/**
 * Environments that pile up help nobody: one for production, and one that all previews of pull requests share. Undefined
 * for other tags: nothing would ever end their deployments.
 */
export function environmentOf(tag: string): Environment | undefined {
  if (tag === 'production') return { environment: 'ipfs-production', transient: false, production: true };
  const isPreview = pullRequestOf(tag) !== undefined;
  return isPreview ? { environment: 'ipfs-preview', transient: true, production: false } : undefined;
}

/** What follows for an environment's deployments when a tag has moved: which one there is already, and which are over. */
export interface DeploymentChange {
  /** The newest of the tag, where it is of the same commit and content; it may only be begun. */
  readonly present: GithubDeployment | undefined;
  readonly over: readonly GithubDeployment[];
}

/** @param deployments of the environment, newest first. */
export function planDeployment(deployments: readonly GithubDeployment[], payload: DeploymentPayload): DeploymentChange {
  const own = ofTag(deployments, payload);
  const [newest] = own;
  const isSame = newest?.payload.commit === payload.commit && newest.payload.cid === payload.cid;
  const present = isSame ? newest : undefined;
  return { present, over: own.filter((deployment) => deployment !== present) };
}

/** Deployments of one tag of one project. */
export function ofTag(
  deployments: readonly GithubDeployment[],
  { project, tag }: Pick<DeploymentPayload, 'project' | 'tag'>,
): readonly GithubDeployment[] {
  return deployments.filter(({ payload }) => payload.project === project && payload.tag === tag);
}
