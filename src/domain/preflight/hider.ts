/** As much of a secret as must not be seen; a message may hold a part of one that was cut. */
const PIECE = 12;
/** Secrets longer than this are hidden at their start and end, where they may have been cut. */
const LONGEST = 2048;
const HIDDEN = '[secret]';

/** Takes every piece of `secrets` out of a text. */
export function createHider(secrets: Iterable<string>): (text: string) => string {
  const pieces = new Set<string>();
  for (const secret of secrets) {
    const shown = secret.length > LONGEST ? secret.slice(0, LONGEST / 2) + secret.slice(-LONGEST / 2) : secret;
    const size = Math.min(PIECE, shown.length);
    for (let at = 0; size > 0 && at + size <= shown.length; at += 1) pieces.add(shown.slice(at, at + size));
  }
  const sizes = [...new Set([...pieces].map(({ length }) => length))];
  return (text) => {
    const isHidden = new Uint8Array(text.length);
    for (const size of sizes) {
      for (let at = 0; at + size <= text.length; at += 1) {
        if (pieces.has(text.slice(at, at + size))) isHidden.fill(1, at, at + size);
      }
    }
    return withoutHidden(text, isHidden);
  };
}

function withoutHidden(text: string, isHidden: Uint8Array): string {
  let shown = '';
  for (let at = 0; at < text.length; at += 1) {
    if (isHidden[at] === 0) shown += text[at];
    else if (isHidden[at - 1] !== 1) shown += HIDDEN;
  }
  return shown;
}
