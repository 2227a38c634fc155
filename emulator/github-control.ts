import { type Answer, json } from './answer.ts';
import type { Backend } from './backend.ts';
import {
  changeDeployment,
  changeIssue,
  changePullRequest,
  changeRelease,
  changeRepository,
  makeComment,
} from './github-changes.ts';
import { changeSchema, tokenSchema } from './github-control-schema.ts';
import { readJson } from './json-body.ts';
import type { Call } from './route.ts';

/** Makes the repository and what is in it, or changes them; answers all that it has now. */
export async function setGithub(call: Call, backend: Backend): Promise<Answer> {
  const change = await readJson(changeSchema, call.body);
  const { github } = backend.store;
  const id = change.repository.toLowerCase();
  github.repositories.put(changeRepository(id, change, backend));
  for (const given of change.pullRequests) github.pullRequests.put(changePullRequest(id, given, backend));
  for (const given of change.issues) github.issues.put(changeIssue(id, given, backend));
  for (const given of change.comments) github.comments.put(makeComment(id, given, backend));
  for (const given of change.deployments) github.deployments.put(changeDeployment(id, given, backend));
  for (const given of change.releases) github.releases.put(changeRelease(id, given, backend));
  for (const { oid, tree } of change.commits) github.commits.put({ id: `${id}@${oid}`, repository: id, oid, tree });
  return json(200, { repository: change.repository, ...githubState(backend, id) });
}

/** All records of GitHub, or those of one repository. */
export function githubState(backend: Backend, repository?: string): object {
  const { github } = backend.store;
  const own = <T extends { readonly repository: string }>(rows: readonly T[]): readonly T[] =>
    repository === undefined ? rows : rows.filter((row) => row.repository === repository);
  return {
    pullRequests: own(github.pullRequests.all()),
    issues: own(github.issues.all()),
    comments: own(github.comments.all()),
    deployments: own(github.deployments.all()),
    commits: own(github.commits.all()),
    commitStatuses: own(github.commitStatuses.all()),
    releases: own(github.releases.all()),
    violations: github.violations.all(),
  };
}

export async function addGithubToken(call: Call, backend: Backend): Promise<Answer> {
  const { repositories = null, ...grants } = await readJson(tokenSchema, call.body);
  return json(200, { token: backend.githubTokens.add({ ...grants, repositories }).id });
}
