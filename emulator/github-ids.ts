import { createHash } from 'node:crypto';
import type { Backend } from './backend.ts';

const lastId = 'github-last-id';
const firstId = 2_000_001;

/** A database id that no record had before, also none that is gone. */
export function nextGithubId(backend: Backend): number {
  const { settings } = backend.store;
  const id = Number(settings.get(lastId)?.value ?? firstId - 1) + 1;
  settings.put({ id: lastId, value: String(id) });
  return id;
}

/** An id that was chosen from outside is not given again. */
export function reserveGithubId(id: number, backend: Backend): void {
  const { settings } = backend.store;
  const last = Number(settings.get(lastId)?.value ?? firstId - 1);
  if (id > last) settings.put({ id: lastId, value: String(id) });
}

const firstDeploymentId = 1_000_001;

/** Deployments are never deleted here, and count on their own. */
export function nextDeploymentId(backend: Backend): number {
  const used = backend.store.github.deployments.all().map(({ databaseId }) => databaseId);
  return Math.max(firstDeploymentId - 1, ...used) + 1;
}

/** A number that a name always has, such as the id of a repository. */
export function numberOf(name: string): number {
  return createHash('sha1').update(name).digest().readUInt32BE() >>> 1;
}

/** A commit's name out of nothing. */
export function objectIdOf(name: string): string {
  return createHash('sha1').update(name).digest('hex');
}
