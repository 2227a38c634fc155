/**
 * Why a glob cannot be used on paths below a directory, or undefined when it can. The matcher itself takes an unbalanced
 * bracket as a literal and then matches nothing, which would publish or leave out files in silence.
 */
export function globProblem(pattern: string): string | undefined {
  if (pattern.startsWith('!')) return 'starts with "!"; put it into exclude without the "!"';
  if (pattern.startsWith('/') || /^[A-Za-z]:[\\/]/.test(pattern)) return 'is absolute; write it relative to path';
  if (pattern.split('/').includes('..')) return 'leaves path through ".."';
  return unbalanced(pattern) ? 'has an unclosed bracket, brace or parenthesis' : undefined;
}

const CLOSES: Readonly<Record<string, string>> = { '[': ']', '{': '}', '(': ')' };

function unbalanced(pattern: string): boolean {
  const open: string[] = [];
  for (const character of pattern.replace(/\\./g, '')) {
    const inClass = open.at(-1) === ']';
    if (character === open.at(-1)) open.pop();
    else if (!inClass && CLOSES[character] !== undefined) open.push(CLOSES[character]);
    else if (!inClass && /[\]})]/.test(character)) return true;
  }
  return open.length > 0;
}
