/** The start of a body, up to about `maxBytes`; the rest is not fetched. `onFirst` is called when its first bytes are there. */
export async function readStart(
  response: Response,
  maxBytes: number,
  onFirst: () => void = () => {},
): Promise<{ readonly bytes: Buffer; readonly whole: boolean }> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  let whole = true;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    if (length === 0) onFirst();
    chunks.push(chunk);
    length += chunk.length;
    if (length > maxBytes) {
      whole = false;
      break;
    }
  }
  return { bytes: Buffer.concat(chunks), whole };
}

/** What fetch says of redirects that it does not follow. */
const REDIRECTS = new Map([
  ['redirect count exceeded', 'too many redirects'],
  ['unexpected redirect', 'it redirects, and a key must not follow'],
]);

/** What went wrong on the way to a gateway, in words that follow its name. */
export function reasonOf(error: unknown): string {
  if (isTimeout(error)) return 'did not answer in time';
  const cause = error instanceof Error ? error.cause : undefined;
  const code = cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : undefined;
  const why = code ?? (cause instanceof Error ? REDIRECTS.get(cause.message) : undefined);
  return `could not be reached${why === undefined ? '' : ` (${why})`}`;
}

export function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.name === 'TimeoutError';
}

/** The id of Pinata's refusal in a body; undefined when there is none. */
export function refusalIn(body: Buffer): string | undefined {
  return /ERR_ID:(\d{5})/.exec(body.subarray(0, 4096).toString('latin1'))?.[1];
}
