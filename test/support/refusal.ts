/** What an attempt was refused with, as `kind: message`; another error's own text; or that nothing was refused. */
export async function refusal(attempt: Promise<unknown>): Promise<string> {
  try {
    await attempt;
    return 'nothing was refused';
  } catch (thrown) {
    return thrown instanceof Error && 'kind' in thrown ? `${String(thrown.kind)}: ${thrown.message}` : String(thrown);
  }
}
