import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parse } from 'yaml';

function example(name: string): { readonly text: string; readonly group: string; readonly cancels: unknown } {
  const text = readFileSync(new URL(`../../examples/workflows/${name}`, import.meta.url), 'utf8');
  const { concurrency } = parse(text) as { concurrency: Record<string, unknown> };
  return { text, group: String(concurrency.group), cancels: concurrency['cancel-in-progress'] };
}

it.each(['deploy.yml', 'promote.yml', 'rollback.yml'])('%s waits for whatever else moves production', (name) => {
  const { group, cancels } = example(name);
  expect(group).toMatch(/^(production|\$\{\{ github\.ref == 'refs\/heads\/main' && 'production' \|\| .+\}\})$/);
  expect(cancels).toBe(false);
});

it('sweep.yml says that it wants the same names, which show content to people', () => {
  expect(example('sweep.yml').text).toMatch(/# dnslink: [\s\S]*# hot-swap-cid: /);
});
