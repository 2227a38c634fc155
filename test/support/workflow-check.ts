import './json-imports.ts';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ActionMetadata } from '@actions/languageservice/action';
import { parse } from 'yaml';

const { registerLogger, validate } = await import('@actions/languageservice');
const { TextDocument } = await import('vscode-languageserver-textdocument');

/** What it cannot check it only logs, and then finds nothing. */
const failures: string[] = [];
registerLogger({
  error: (message) => failures.push(message),
  warn: () => undefined,
  info: () => undefined,
  log: () => undefined,
});

/** The part of action.yml that a workflow is held against, for the actions of others that the examples use. */
const OTHERS: Readonly<Record<string, NonNullable<ActionMetadata['inputs']>>> = {
  'actions/checkout': inputsNamed(['persist-credentials', 'ref', 'repository', 'path', 'fetch-depth']),
  'actions/upload-artifact': {
    ...inputsNamed(['name', 'if-no-files-found', 'retention-days', 'include-hidden-files']),
    path: { description: '', required: true },
  },
  'actions/download-artifact': inputsNamed(['name', 'path', 'run-id', 'github-token']),
};

function inputsNamed(names: readonly string[]): Record<string, { readonly description: string }> {
  return Object.fromEntries(names.map((name) => [name, { description: '' }]));
}

let documents = 0;

/** All that GitHub's language service has against a workflow, with our action.yml for `OWNER/pinata-deploy`. */
export async function diagnose(content: string): Promise<readonly string[]> {
  documents += 1;
  failures.length = 0;
  // It keeps what it has read by the name.
  const document = TextDocument.create(`file:///.github/workflows/checked-${documents}.yml`, 'yaml', 1, content);
  const found = await validate(document, {
    actionsMetadataProvider: { fetchActionMetadata: ({ owner, name }) => Promise.resolve(metadataOf(owner, name)) },
  });
  return [...failures, ...found.map(({ message, range }) => `line ${range.start.line + 1}: ${message}`)];
}

function metadataOf(owner: string, name: string): ActionMetadata | undefined {
  if (owner === 'OWNER' && name === 'pinata-deploy') {
    return parse(readFileSync(join(import.meta.dirname, '../../action.yml'), 'utf8')) as ActionMetadata;
  }
  const inputs = OTHERS[`${owner}/${name}`];
  return inputs && { name, description: '', inputs };
}
