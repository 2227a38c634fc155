import { type Cid, cidV0 } from './cid.ts';

/** An answer, or why there is none. */
export type Known<T> =
  | { readonly kind: 'known'; readonly value: T }
  | { readonly kind: 'unknown'; readonly reason: string };

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

/** The environment of an active deployment whose texts name the CID; undefined when none does. */
export function deployedIn(deployments: readonly ActiveDeployment[], cid: Cid): string | undefined {
  const names = [cid.toLowerCase(), cidV0(cid)].filter((name) => name !== undefined);
  const isNamed = (text: string): boolean =>
    names.some((name) => text.includes(name) || text.toLowerCase().includes(name));
  return deployments.find(({ texts }) => texts.some(isNamed))?.environment;
}
