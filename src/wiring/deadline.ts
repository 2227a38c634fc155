import type { ActionError } from '../domain/errors.ts';

/** Aborts with an error that says what took too long. It keeps no process alive. */
export function within(ms: number, error: ActionError): AbortSignal {
  const controller = new AbortController();
  setTimeout(() => controller.abort(error), ms).unref();
  return controller.signal;
}
