import type { OwnIssue } from '../../domain/health-issue.ts';
import { numberAt, textAt, valueAt } from '../../domain/json.ts';
import type { Issues } from '../../ports.ts';
import { isBy, readAuthor } from './author.ts';
import { callGitHub, type RepositoryOptions } from './client.ts';

const PAGE = 100;
/** A thousand issues. */
const MAX_PAGES = 10;

/** The issues of the repository, as far as our own token opened them. */
export function createIssues(options: RepositoryOptions): Issues {
  return {
    listOpen: async () => {
      const self = await readAuthor(options);
      const found: OwnIssue[] = [];
      for (let page = 1; page <= MAX_PAGES; page += 1) {
        const rows = await callGitHub(options, 'list the issues', async ({ octokit, owner, repo }) => {
          const request = { owner, repo, state: 'open', per_page: PAGE, page } as const;
          return (await octokit.rest.issues.listForRepo(request)).data;
        });
        found.push(...rows.filter((row) => isBy(row, self)).flatMap(parseIssue));
        if (rows.length < PAGE) break;
      }
      return found;
    },
    open: async (title, body) =>
      await callGitHub(options, 'open the issue', async ({ octokit, owner, repo }) => {
        const { data } = await octokit.rest.issues.create({ owner, repo, title, body });
        return { number: data.number, url: data.html_url, title, body };
      }),
    update: async (number, title, body) => {
      await callGitHub(options, 'edit the issue', async ({ octokit, owner, repo }) => {
        await octokit.rest.issues.update({ owner, repo, issue_number: number, title, body });
      });
    },
    close: async (number, farewell) => {
      await callGitHub(options, 'say why the issue is closed', async ({ octokit, owner, repo }) => {
        await octokit.rest.issues.createComment({ owner, repo, issue_number: number, body: farewell });
      });
      await callGitHub(options, 'close the issue', async ({ octokit, owner, repo }) => {
        await octokit.rest.issues.update({ owner, repo, issue_number: number, state: 'closed' });
      });
    },
  };
}

/** Pull requests are listed among the issues. */
function parseIssue(row: unknown): readonly OwnIssue[] {
  const number = numberAt(row, 'number');
  if (number === undefined || valueAt(row, 'pull_request') !== undefined) return [];
  return [
    {
      number,
      url: textAt(row, 'html_url') ?? '',
      title: textAt(row, 'title') ?? '',
      body: textAt(row, 'body') ?? '',
    },
  ];
}
