/** What kind of trouble it is; each kind has a heading under "Troubleshooting" in README. */
export type ErrorKind = 'input' | 'credentials' | 'quota' | 'network' | 'conflict' | 'content' | 'bug';

/** What a run was doing, in words that follow "failed while". */
export type Step =
  | 'reading the inputs'
  | 'finding the files'
  | 'reading the account'
  | 'hashing'
  | 'planning'
  | 'writing the CAR'
  | 'checking the files'
  | 'comparing'
  | 'uploading'
  | 'tagging'
  | 'opening the links'
  | 'moving the names'
  | 'unpinning';

interface ErrorDetails {
  readonly hint?: string | undefined;
  readonly cause?: unknown;
  readonly step?: Step | undefined;
}

/**
 * The only error that is thrown on purpose. `message` says in one sentence what could not be done, with the value;
 * `hint` what to do about it, imperative.
 */
export class ActionError extends Error {
  readonly kind: ErrorKind;
  readonly hint: string | undefined;
  /** Undefined until `inStep` has seen it. */
  readonly step: Step | undefined;

  constructor(kind: ErrorKind, message: string, more: ErrorDetails = {}) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.name = 'ActionError';
    this.kind = kind;
    this.hint = more.hint;
    this.step = more.step;
  }
}

/** What `work` answers. What it throws says at which step; the innermost has the last word. */
export async function inStep<T>(step: Step, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    const error = asActionError(thrown);
    if (error.step !== undefined) throw error;
    const { kind, message, hint, cause = error } = error;
    throw new ActionError(kind, message, { hint, cause, step });
  }
}

/** `failed while uploading`, or only `failed` where the step is not known. */
export function failedWhile({ step }: Pick<ActionError, 'step'>): string {
  return step === undefined ? 'failed' : `failed while ${step}`;
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
