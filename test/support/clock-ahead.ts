const HOOK = new URL('clock-hook.mjs', import.meta.url).href;

/** The environment of a run whose clock on the wall is so far ahead. The emulator's is moved by its own control. */
export function clockAhead(aheadMs: number): Readonly<Record<string, string>> {
  return { NODE_OPTIONS: `--import=${HOOK}`, CLOCK_AHEAD_MS: String(aheadMs) };
}
