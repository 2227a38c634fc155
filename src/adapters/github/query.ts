import { ActionError } from '../../domain/errors.ts';
import { listAt, textAt, valueAt } from '../../domain/json.ts';
import { callGitHub, type RepositoryOptions } from './client.ts';

/** Asks for fields of the repository in GraphQL: one request tells what REST needs dozens for. Throws ActionError with what GitHub said. */
export async function askRepository(options: RepositoryOptions, doing: string, fields: string): Promise<unknown> {
  const query = `query($owner: String!, $name: String!) { repository(owner: $owner, name: $name) { ${fields} } }`;
  const { data, errors } = await callGitHub(options, doing, ({ octokit, owner, repo: name }) =>
    partial(octokit.graphql(query, { owner, name })),
  );
  const found = valueAt(data, 'repository');
  // A pull request that does not exist is null in the answer, and nothing follows from it.
  const refused = errors.find((error) => textAt(error, 'type') !== 'NOT_FOUND');
  if (refused !== undefined || typeof found !== 'object' || found === null) {
    const isDenied = refused === undefined || textAt(refused, 'type') === 'FORBIDDEN';
    throw new ActionError(
      isDenied ? 'credentials' : 'network',
      `GitHub did not ${doing} (${textAt(refused, 'message') ?? 'no such repository'})`,
    );
  }
  return found;
}

interface PartialAnswer {
  readonly data: unknown;
  readonly errors: readonly unknown[];
}

/** The client throws an answer that has errors, though the rest of it is good. */
async function partial(query: Promise<unknown>): Promise<PartialAnswer> {
  try {
    return { data: await query, errors: [] };
  } catch (error) {
    const errors = listAt(error, 'errors');
    if (errors === undefined) throw error;
    return { data: valueAt(error, 'data'), errors };
  }
}
