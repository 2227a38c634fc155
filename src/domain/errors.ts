/** What kind of trouble it is; each kind has a heading under "Troubleshooting" in README. */
export type ErrorKind = 'input' | 'credentials' | 'quota' | 'network' | 'conflict' | 'content' | 'bug';

/**
 * The only error that is thrown on purpose. `message` says in one sentence what could not be done, with the value;
 * `hint` what to do about it, imperative.
 */
export class ActionError extends Error {
  readonly kind: ErrorKind;
  readonly hint: string | undefined;

  constructor(kind: ErrorKind, message: string, more: { readonly hint?: string; readonly cause?: unknown } = {}) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.name = 'ActionError';
    this.kind = kind;
    this.hint = more.hint;
  }
}

/** Any thrown value as an ActionError; what nobody foresaw is a bug and says so. */
export function asActionError(thrown: unknown): ActionError {
  if (thrown instanceof ActionError) return thrown;
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  return new ActionError('bug', `Something failed that pinata-deploy did not expect: ${text}`, {
    hint: 'Please open an issue with the log of this run.',
    cause: thrown,
  });
}
