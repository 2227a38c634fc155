import { type Cid, cidV0, parseCid } from './cid.ts';
import { parsePayload } from './github-deployment.ts';

/** An answer, or why there is none: `denied` where nobody may ask, `failed` where asking again may help. */
export type Known<T> =
  | { readonly kind: 'known'; readonly value: T }
  | { readonly kind: 'denied' | 'failed'; readonly reason: string };

export interface PullRequest {
  readonly number: number;
  readonly state: 'open' | 'closed' | 'merged';
  /** Undefined while it is open. */
  readonly closedAt: Date | undefined;
}

/** A deployment of the repository that is in use. */
export interface ActiveDeployment {
  readonly environment: string;
  /** Its URL and payload as GitHub keeps them: where the deployed CID stands. */
  readonly texts: readonly string[];
}

/** `preview`, `ipfs-preview`, `pr-7`: what such an environment shows is kept by its pull request's tag, and goes with it. */
const PREVIEW_ENVIRONMENT = /(^|[^a-z])(previews?|review|pr)([^a-z]|$)/i;

/**
 * The environment of an active deployment whose texts name the CID; undefined when none does. Previews do not count, and
 * neither do those that the project made itself: they follow its tags, which say what is needed.
 */
export function deployedIn(deployments: readonly ActiveDeployment[], cid: Cid, project: string): string | undefined {
  const names = [cid, cidV0(cid)].filter((name) => name !== undefined);
  const isNamed = (text: string): boolean => names.some((name) => text.includes(name));
  return deployments.find(
    ({ environment, texts }) =>
      !PREVIEW_ENVIRONMENT.test(environment) && projectIn(texts) !== project && texts.some(isNamed),
  )?.environment;
}

/** Whose deployment it is, where it is one of ours. */
function projectIn(texts: readonly string[]): string | undefined {
  return texts.map((text) => parsePayload(text)?.project).find((project) => project !== undefined);
}

/** `production`, `ipfs-production`, and no `pre-production`. */
const PRODUCTION_ENVIRONMENT = /^(ipfs-)?production$/i;
const CID_TEXT = /\b(Qm[1-9A-HJ-NP-Za-km-z]{44}|b[a-z2-7]{58,110})\b/g;

/** The CID that the project's newest active deployment of production shows; undefined where none shows one. */
export function deployedCid(
  deployments: readonly ActiveDeployment[],
  project: string,
): { readonly environment: string; readonly cid: Cid } | undefined {
  for (const { environment, texts } of deployments) {
    if (!PRODUCTION_ENVIRONMENT.test(environment) || (projectIn(texts) ?? project) !== project) continue;
    const found = texts.flatMap((text) => text.match(CID_TEXT) ?? []).map(parseCid);
    const cid = found.find((candidate) => candidate !== undefined);
    if (cid !== undefined) return { environment, cid };
  }
  return undefined;
}
