import { refuseCarInside } from './adapters/unixfs/car-file.ts';
import { listFiles } from './adapters/unixfs/walk.ts';
import { ActionError, inStep } from './domain/errors.ts';
import type { FoundFiles } from './domain/file-rules.ts';
import type { Inputs } from './inputs.ts';
import type { Log } from './ports.ts';
import { renderCount, shortPath } from './render/units.ts';

type Values = Inputs['values'];

export function fileCount(found: FoundFiles): number {
  return found.content.kind === 'directory' ? found.content.entries.filter((entry) => entry.kind === 'file').length : 1;
}

/** What is at `path` by the rules of the inputs; undefined where there is nothing and that may be. */
export async function findFiles(values: Values, occasion: Occasion): Promise<FoundFiles | undefined> {
  return await inStep('finding the files', () => find(values, occasion));
}

interface Occasion {
  readonly log: Log;
  readonly event: string;
}

async function find(values: Values, { log, event }: Occasion): Promise<FoundFiles | undefined> {
  if (values['car-file'] !== undefined) refuseCarInside(values.path, values['car-file']);
  const hidden = { auto: 'auto', true: 'include', false: 'exclude' } as const;
  const found = await listFiles(values.path, {
    include: values.include,
    exclude: values.exclude,
    ignoreFile: values['ignore-file'],
    hiddenFiles: hidden[values['include-hidden-files']],
    // What another workflow left there may be of a stranger's making.
    symlinks: event === 'workflow_run' ? 'error' : values.symlinks,
  });
  for (const warning of found.warnings) log.warn(warning);
  if (found.leftOut.length > 0) {
    log.group(`Left out ${renderCount(found.leftOut.length, 'path')}`, leftOutLines(found));
  }
  if (fileCount(found) > 0) return found;
  const message = `No files found at ${values.path}${found.leftOut.length > 0 ? `; the rules left out ${renderCount(found.leftOut.length, 'path')}` : ''}.`;
  if (values['if-no-files-found'] === 'error') {
    throw new ActionError('input', message, {
      hint: 'Check path, include and exclude, and that the build ran before this step. Nothing was sent.',
    });
  }
  if (values['if-no-files-found'] === 'warn') log.warn(message);
  return undefined;
}

const SHOWN_LEFT_OUT = 50;

function leftOutLines({ leftOut }: FoundFiles): readonly string[] {
  const shown = leftOut.slice(0, SHOWN_LEFT_OUT).map(({ path, reason }) => `${shortPath(path)} (${reason})`);
  return leftOut.length > SHOWN_LEFT_OUT ? [...shown, `and ${leftOut.length - SHOWN_LEFT_OUT} more`] : shown;
}
