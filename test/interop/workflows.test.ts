import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { describeWith, findPeer, runPeer } from './peers.ts';

const PROJECT = join(import.meta.dirname, '../..');
const ACTIONLINT = findPeer({ name: 'actionlint', variable: 'ACTIONLINT_BIN', ask: ['-version'] });

function workflowsIn(folder: string): string[] {
  const place = join(PROJECT, folder);
  if (!existsSync(place)) return [];
  return readdirSync(place)
    .filter((name) => /\.ya?ml$/.test(name))
    .map((name) => join(folder, name));
}

describeWith(ACTIONLINT, 'actionlint has nothing against a workflow', (binary) => {
  test.for([...workflowsIn('.github/workflows'), ...workflowsIn('examples/workflows')])('%s', (workflow) => {
    // What else is installed must not change the verdict.
    const printed = runPeer(binary, ['-no-color', '-shellcheck=', '-pyflakes=', workflow], { cwd: PROJECT });
    expect(printed.toString()).toBe('');
  });
});
