import { getOctokit } from '@actions/github';

export type Octokit = ReturnType<typeof getOctokit>;

/** How GitHub refused, as octokit throws it. */
export interface Failure {
  readonly status: number;
  readonly message: string;
  readonly response: {
    readonly headers: Readonly<Record<string, string>>;
    readonly data: Readonly<Record<string, unknown>>;
  };
}

/** GitHub's own client, for the emulator. */
export function octokitOf(token: string, baseUrl: string): Octokit {
  return getOctokit(token, { baseUrl });
}

/** How GitHub refused; fails when it did not. */
export async function failureOf(call: Promise<unknown>): Promise<Failure> {
  const outcome = await call.then(
    () => undefined,
    (error: unknown) => error as Failure,
  );
  if (outcome === undefined) throw new Error('The call was not refused');
  return outcome;
}
