import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { diagnose } from '../support/workflow-check.ts';
import { parseWorkflowFile } from '../support/workflow-file.ts';

const EXAMPLES = join(import.meta.dirname, '../../examples/workflows');
const names = readdirSync(EXAMPLES);

function read(name: string): string {
  return readFileSync(join(EXAMPLES, name), 'utf8');
}

/** The example with one text replaced; a text that is not there would prove nothing. */
function changed(name: string, from: string, to: string): string {
  const content = read(name);
  if (!content.includes(from)) throw new Error(`${name} has no ${from}`);
  return content.replace(from, to);
}

describe('an example workflow', () => {
  it.each(names)('%s has nothing that GitHub would mark', async (name) => {
    expect(await diagnose(read(name))).toEqual([]);
    await parseWorkflowFile(name, read(name));
  });

  it.each(names)('%s grants each job only what it names, with a reason', (name) => {
    const content = read(name);
    const workflow = parse(content) as {
      readonly permissions: unknown;
      readonly jobs: Readonly<Record<string, { readonly permissions: Readonly<Record<string, string>> }>>;
    };
    expect(workflow.permissions).toEqual({});
    for (const { permissions } of Object.values(workflow.jobs)) {
      for (const [permission, level] of Object.entries(permissions)) {
        expect(content).toMatch(new RegExp(`^ {6}${permission}: ${level} # .`, 'm'));
      }
    }
  });

  it.each(names)('%s pins the actions of others by their full commit', (name) => {
    for (const [, action] of read(name).matchAll(/^ *(?:- )?uses: (.+)$/gm)) {
      expect(action).toMatch(/^(OWNER\/pinata-deploy@COMMIT|actions\/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+)$/);
    }
  });

  const trusting = names.filter((name) => /^ {2}(pull_request_target|workflow_run):/m.test(read(name)));

  it('that GitHub starts with secrets for a fork has neither a checkout nor a script', () => {
    expect(trusting).toEqual(['fork-deploy.yml']);
    for (const name of trusting) expect(read(name)).not.toMatch(/actions\/checkout|^ *(- )?run:/m);
  });

  it('that builds what a fork wrote knows no secret, and no token that writes', () => {
    expect(read('fork-build.yml')).not.toMatch(/secrets\.|github\.token|: write/);
  });
});

describe('the check of the examples', () => {
  it.each<[string, string, RegExp]>([
    [
      'an input that action.yml does not have',
      changed('deploy.yml', 'path: dist', 'directory: dist'),
      /^line \d+: Invalid action input 'directory'$/,
    ],
    [
      'an input that is deprecated',
      changed('deploy.yml', 'path: dist', 'path-to-deploy: dist'),
      /^line \d+: Use path\.$/,
    ],
    [
      'a required input that is missing',
      changed('fork-build.yml', 'path: dist', '# none'),
      /^line \d+: Missing required input `path`$/,
    ],
    [
      'an action that nobody knows',
      changed('deploy.yml', 'OWNER/pinata-deploy@COMMIT', 'OWNER/pinata@COMMIT'),
      /^line \d+: Unable to resolve action/,
    ],
    [
      'a context that GitHub does not have',
      changed('sweep.yml', 'secrets.PINATA_JWT', 'secret.PINATA_JWT'),
      /^line \d+: Unrecognized named-value: 'secret'/,
    ],
    [
      'a permission that does not exist',
      changed('sweep.yml', 'deployments: read', 'deployment: read'),
      /^line \d+: Unexpected value 'deployment'$/,
    ],
    [
      'an output of a step that is not there',
      changed('deploy.yml', 'steps.deploy.outputs.cid', 'steps.ship.outputs.cid'),
      /^line \d+: Context access might be invalid: ship$/,
    ],
  ])('finds %s', async (_title, content, problem) => {
    expect(await diagnose(content)).toEqual([expect.stringMatching(problem)]);
  });
});
