import type { Backend } from './backend.ts';
import type { GithubRepository } from './github-records.ts';

/** True for a commit that was named before: as one, as the head of something, or by a record that is about it. */
export function hasCommit({ id, refs }: GithubRepository, sha: string, { store }: Backend): boolean {
  const { commits, pullRequests, deployments, commitStatuses } = store.github;
  const isOwn = (row: { readonly repository: string }): boolean => row.repository === id;
  return (
    commits.get(`${id}@${sha}`) !== undefined ||
    Object.values(refs).includes(sha) ||
    pullRequests.all().some((row) => isOwn(row) && row.headRefOid === sha) ||
    deployments.all().some((row) => isOwn(row) && row.sha === sha) ||
    commitStatuses.all().some((row) => isOwn(row) && row.sha === sha)
  );
}

/** The commit that a branch, a tag or a full SHA names. */
export function resolveRef(repository: GithubRepository, ref: string, backend: Backend): string | undefined {
  if (/^[0-9a-f]{40}$/.test(ref)) return hasCommit(repository, ref, backend) ? ref : undefined;
  const name = ref.replace(/^refs\//, '').replace(/^(heads|tags)\//, '');
  const known = repository.refs[name];
  if (known !== undefined) return known;
  return backend.store.github.pullRequests.all().find(({ repository: base, headRef, headRepository, state }) => {
    const isHere = base === repository.id && headRepository?.toLowerCase() === repository.id;
    return isHere && headRef === name && state === 'OPEN';
  })?.headRefOid;
}
