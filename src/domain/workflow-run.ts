/** The workflow run that a `workflow_run` event is about. Texts are empty when unknown; a fork may have chosen the branch. */
export interface WorkflowRun {
  /** What started it. */
  readonly event: string;
  readonly conclusion: string;
  /** 40 hex digits. */
  readonly headSha: string;
  readonly headBranch: string;
  /** `owner/name`. */
  readonly headRepository: string;
}

/** A pull request of the repository, as its API tells. */
export interface PullHead {
  readonly number: number;
  readonly open: boolean;
  readonly headSha: string;
  readonly headRepository: string;
}

/** What such a run built. Reasons are sentences without their full stop. */
export type Provenance =
  | { readonly kind: 'pull-request'; readonly number: number }
  | { readonly kind: 'branch'; readonly branch: string }
  /** Nothing is to be done any more. */
  | { readonly kind: 'over'; readonly reason: string }
  | { readonly kind: 'unclear'; readonly reason: string };

const OWN_EVENTS = new Set(['push', 'schedule', 'workflow_dispatch']);

/**
 * A pull request is found by its head commit, never by the name of a branch alone: anybody may call a branch `main`. A
 * branch is believed only of runs that the repository itself started.
 * @param pulls that GitHub names for the head; those with another head are left out here.
 */
export function provenanceOf(run: WorkflowRun, repository: string, pulls: readonly PullHead[]): Provenance {
  const { event, headSha, headBranch, headRepository, conclusion } = run;
  if (conclusion !== 'success') {
    return { kind: 'over', reason: `the workflow that was waited for ended with "${conclusion}"` };
  }
  if (event === 'pull_request' || event === 'pull_request_target') {
    return pullRequestOf(
      pulls.filter((pull) => isSame(pull.headRepository, headRepository)),
      headSha,
    );
  }
  if (!isSame(headRepository, repository)) {
    return { kind: 'unclear', reason: `the workflow ran on ${event} in ${headRepository || 'an unknown repository'}` };
  }
  return OWN_EVENTS.has(event) && headBranch !== ''
    ? { kind: 'branch', branch: headBranch }
    : { kind: 'unclear', reason: `the workflow ran on ${event || 'an unknown event'}` };
}

/** @param candidates of the run's head repository. */
function pullRequestOf(candidates: readonly PullHead[], headSha: string): Provenance {
  const pulls = candidates.filter((pull) => pull.headSha === headSha);
  const [first, ...others] = pulls.filter(({ open }) => open);
  if (first !== undefined && others.length === 0) return { kind: 'pull-request', number: first.number };
  if (others.length > 0) return { kind: 'unclear', reason: 'several open pull requests have its head commit' };
  if (pulls.length > 0) return { kind: 'over', reason: 'its pull request is closed' };
  return candidates.some(({ open }) => open)
    ? { kind: 'over', reason: 'its pull request has a newer commit, and so a newer run' }
    : { kind: 'unclear', reason: 'no pull request has its head commit' };
}

function isSame(one: string, other: string): boolean {
  return one !== '' && one.toLowerCase() === other.toLowerCase();
}
