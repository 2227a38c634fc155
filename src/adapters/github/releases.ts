import type { Releases } from '../../ports.ts';
import { callGitHub, isStatus, type RepositoryOptions } from './client.ts';

/** The notes of releases. */
export function createReleases(options: RepositoryOptions): Releases {
  return {
    read: async (tag) => {
      try {
        return await callGitHub(options, 'read the release', async ({ octokit, owner, repo }) => {
          const { data } = await octokit.rest.repos.getReleaseByTag({ owner, repo, tag });
          return { id: data.id, notes: data.body ?? '' };
        });
      } catch (error) {
        if (isStatus(error, 404)) return undefined;
        throw error;
      }
    },
    write: async (id, notes) => {
      await callGitHub(options, 'write the notes of the release', async ({ octokit, owner, repo }) => {
        await octokit.rest.repos.updateRelease({ owner, repo, release_id: id, body: notes });
      });
    },
  };
}
