import type { OwnComment } from '../../domain/comment.ts';
import { numberAt, textAt } from '../../domain/json.ts';
import type { Comments } from '../../ports.ts';
import { type Author, isBy, readAuthor } from './author.ts';
import { callGitHub, isStatus, type RepositoryOptions } from './client.ts';

const PAGE = 100;
/** Ten thousand comments. */
const MAX_PAGES = 100;

/** The comments of pull requests, as far as our own token wrote them. */
export function createComments(options: RepositoryOptions): Comments {
  let author: Promise<Author> | undefined;
  return {
    listOwn: async (pullRequest) => {
      author ??= readAuthor(options);
      const self = await author;
      const found: OwnComment[] = [];
      for (let page = 1; page <= MAX_PAGES; page += 1) {
        const rows = await callGitHub(options, 'list the comments', async ({ octokit, owner, repo }) => {
          const request = { owner, repo, issue_number: pullRequest, per_page: PAGE, page };
          return (await octokit.rest.issues.listComments(request)).data;
        });
        found.push(...rows.filter((row) => isBy(row, self)).flatMap(parseComment));
        if (rows.length < PAGE) break;
      }
      return found;
    },
    create: async (pullRequest, body) =>
      await callGitHub(options, 'write the comment', async ({ octokit, owner, repo }) => {
        const { data } = await octokit.rest.issues.createComment({ owner, repo, issue_number: pullRequest, body });
        return { id: data.id, url: data.html_url, body };
      }),
    update: async (id, body) => {
      try {
        return await callGitHub(options, 'edit the comment', async ({ octokit, owner, repo }) => {
          const { data } = await octokit.rest.issues.updateComment({ owner, repo, comment_id: id, body });
          return { id: data.id, url: data.html_url, body };
        });
      } catch (error) {
        if (isStatus(error, 404)) return undefined;
        throw error;
      }
    },
    remove: async (id) => {
      await callGitHub(options, 'remove a comment that is there twice', async ({ octokit, owner, repo }) => {
        await octokit.rest.issues.deleteComment({ owner, repo, comment_id: id });
      }).catch((error: unknown) => {
        // The other run was quicker.
        if (!isStatus(error, 404)) throw error;
      });
    },
  };
}

function parseComment(row: unknown): readonly OwnComment[] {
  const [id, url, body] = [numberAt(row, 'id'), textAt(row, 'html_url'), textAt(row, 'body')];
  return id === undefined || body === undefined ? [] : [{ id, url: url ?? '', body }];
}
