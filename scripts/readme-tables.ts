/**
 * Writes the tables of inputs and outputs in README.md from action.yml, between their markers. With `--check` it
 * changes nothing and fails when a table is not what action.yml says.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

interface Field {
  readonly description: string;
  readonly default?: string;
  readonly deprecationMessage?: string;
}

interface ActionYml {
  readonly inputs: Readonly<Record<string, Field>>;
  readonly outputs: Readonly<Record<string, Field>>;
}

const root = join(import.meta.dirname, '..');
const readme = join(root, 'README.md');
const action = parse(readFileSync(join(root, 'action.yml'), 'utf8')) as ActionYml;

/** Code spans hold `<` as it is; outside of them it would start a tag. */
function prose(text: string): string {
  return text
    .trim()
    .replaceAll('|', '\\|')
    .split(/(`[^`]*`)/)
    .map((part) => (part.startsWith('`') ? part : part.replaceAll('<', '&lt;')))
    .join('');
}

function codeLines(text: string): string {
  return text
    .trim()
    .split('\n')
    .map((line) => `\`${line}\``)
    .join('<br>');
}

function inputsTable(): string {
  const current = Object.entries(action.inputs).filter(([, field]) => field.deprecationMessage === undefined);
  const rows = current.map(
    ([name, field]) =>
      `| \`${name}\` | ${field.default === undefined ? '' : codeLines(field.default)} | ${prose(field.description)} |`,
  );
  return ['| input | default | meaning |', '| --- | --- | --- |', ...rows].join('\n');
}

function outputsTable(): string {
  const rows = Object.entries(action.outputs).map(([name, field]) => `| \`${name}\` | ${prose(field.description)} |`);
  return ['| output | meaning |', '| --- | --- |', ...rows].join('\n');
}

function withTable(text: string, name: string, content: string): string {
  const [begin, end] = [`<!-- ${name}:begin -->`, `<!-- ${name}:end -->`];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`README.md has no ${begin} … ${end}`);
  return `${text.slice(0, from + begin.length)}\n${content}\n${text.slice(to)}`;
}

const before = readFileSync(readme, 'utf8');
const after = withTable(withTable(before, 'inputs', inputsTable()), 'outputs', outputsTable());
if (after === before) console.log('README tables are up to date.');
else if (process.argv.includes('--check')) {
  console.error('README tables are not what action.yml says. Run "npm run fix".');
  process.exitCode = 1;
} else {
  writeFileSync(readme, after);
  console.log('README tables written.');
}
