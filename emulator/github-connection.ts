/** An error inside a GraphQL answer; the type is GitHub's word, where it has one. */
export class GithubError extends Error {
  readonly type: string | undefined;

  constructor(type: string | undefined, message: string) {
    super(message);
    this.type = type;
  }
}

export interface ConnectionArguments {
  readonly first?: number | null;
  readonly last?: number | null;
  readonly after?: string | null;
  readonly before?: string | null;
}

interface Ordered {
  readonly databaseId: number;
  /** Milliseconds. */
  readonly createdAt: number;
}

/** Rows in any order, and how the connection shows them. */
interface Connected<T extends Ordered> {
  readonly name: string;
  readonly rows: readonly T[];
  readonly direction: 'ASC' | 'DESC';
  render(row: T): object;
}

/** One page of a connection, by creation. Throws where GitHub does: without a size, over 100, for a strange cursor. */
export function paginate<T extends Ordered>(connected: Connected<T>, wanted: ConnectionArguments): object {
  checkSize(connected.name, wanted);
  const compare =
    connected.direction === 'ASC' ? compareAge : (left: Ordered, right: Ordered) => compareAge(right, left);
  const rows = connected.rows.toSorted(compare);
  const after = parseCursor(wanted.after);
  const before = parseCursor(wanted.before);
  // By comparison: the row that a cursor names may have left the selection by now.
  const between = rows.filter(
    (row) => (after === undefined || compare(row, after) > 0) && (before === undefined || compare(row, before) < 0),
  );
  const { first, last } = wanted;
  const page =
    typeof first === 'number' ? between.slice(0, first) : between.slice(Math.max(0, between.length - (last ?? 0)));
  const edges = page.map((row) => ({ cursor: renderCursor(row), node: connected.render(row) }));
  const isBeyond = (sign: 1 | -1, end: T | undefined): boolean =>
    end !== undefined && rows.some((row) => compare(row, end) * sign > 0);
  return {
    edges,
    nodes: edges.map(({ node }) => node),
    totalCount: rows.length,
    pageInfo: {
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
      hasNextPage: isBeyond(1, page.at(-1)),
      hasPreviousPage: isBeyond(-1, page[0]),
    },
  };
}

function compareAge(left: Ordered, right: Ordered): number {
  return left.createdAt - right.createdAt || left.databaseId - right.databaseId;
}

const mostRows = 100;

function checkSize(name: string, wanted: ConnectionArguments): void {
  const given = (['first', 'last'] as const).filter((size) => typeof wanted[size] === 'number');
  const [size, other] = given;
  if (size === undefined) {
    const message = `You must provide a \`first\` or \`last\` value to properly paginate the \`${name}\` connection.`;
    throw new GithubError('MISSING_PAGINATION_BOUNDARIES', message);
  }
  if (other !== undefined) {
    const message = `Passing both \`first\` and \`last\` to paginate the \`${name}\` connection is not supported.`;
    throw new GithubError(undefined, message);
  }
  const rows = wanted[size] ?? 0;
  if (rows < 0) {
    throw new GithubError(undefined, `\`${size}\` on the \`${name}\` connection cannot be less than zero.`);
  }
  if (rows > mostRows) {
    const limit = `exceeds the \`${size}\` limit of ${mostRows} records.`;
    throw new GithubError('EXCESSIVE_PAGINATION', `Requesting ${rows} records on the \`${name}\` connection ${limit}`);
  }
}

function renderCursor({ createdAt, databaseId }: Ordered): string {
  return Buffer.from(`cursor:v2:${createdAt}:${databaseId}`).toString('base64');
}

function parseCursor(cursor: string | null | undefined): Ordered | undefined {
  if (cursor === undefined || cursor === null) return undefined;
  const parts = /^cursor:v2:(\d+):(\d+)$/.exec(Buffer.from(cursor, 'base64').toString('utf8'));
  if (parts === null) {
    throw new GithubError('INVALID_CURSOR_ARGUMENTS', `\`${cursor}\` does not appear to be a valid cursor.`);
  }
  return { createdAt: Number(parts[1]), databaseId: Number(parts[2]) };
}
