import { type Inspector, startInspector } from '../adapters/preflight/inspector.ts';
import { ActionError } from '../domain/errors.ts';
import type { FoundFiles } from '../domain/file-rules.ts';
import { isFolderOnly } from '../domain/pin.ts';
import type { Assignment } from '../domain/preflight/assignment.ts';
import { credentialInNames } from '../domain/preflight/credential.ts';
import type { Preflight } from '../domain/preflight/finding.ts';
import { isAsked } from '../domain/preflight/policy.ts';
import type { Onlooker } from '../ports.ts';
import { timed } from './record.ts';
import type { Wiring } from './wiring.ts';

/** What a build is made of, and who looks at it. */
export interface Material {
  readonly found: FoundFiles;
  /** Undefined where nobody does. */
  readonly inspections: Inspections | undefined;
}

/** A look at every build that is made: between two of them the files may have changed. */
export interface Inspections {
  readonly next: (found: FoundFiles) => BuildInspection;
}

interface BuildInspection {
  /** Once the files are known. Throws an ActionError of kind `content` where a name is a secret. */
  readonly begin: (files: ReadonlyMap<string, number>) => Onlooker;
  readonly finish: () => Promise<Preflight>;
}

/** With more files, what a thread has to remember of them does not fit into what it gets otherwise. */
const MANY_FILES = 100_000;
const MIB_FOR_THOUSAND = 3;

/** Gets a thread ready while the files are listed; undefined where nobody is to look. */
export function prepareInspections(wiring: Wiring): Inspections | undefined {
  const { values, credentials, recorder, inspectorScript } = wiring;
  if (!isAsked(values.preflight)) return undefined;
  let ready: Inspector | undefined = startInspector(inspectorScript);
  const take = (files: number): Inspector => {
    const small = ready;
    ready = undefined;
    if (files <= MANY_FILES) return small ?? startInspector(inspectorScript);
    small?.stop();
    return startInspector(inspectorScript, { moreHeapMiB: Math.ceil(files / 1000) * MIB_FOR_THOUSAND });
  };
  const assignmentOf = (files: ReadonlyMap<string, number>, { content }: FoundFiles): Assignment => ({
    site: { files, isSingleFile: content.kind === 'file' },
    policy: values.preflight,
    credentials,
    asFolder: isFolderOnly(values['upload-method'], values.network),
  });
  return {
    next: (found) => {
      let inspector: Inspector | undefined;
      let finished: Promise<Preflight> | undefined;
      const finish = async (): Promise<Preflight> => {
        if (inspector === undefined) throw new Error('Nothing was read.');
        return (await inspector.finish()).preflight;
      };
      return {
        begin: (files) => {
          refuseSecretNames(wiring, files.keys());
          inspector = take(files.size);
          inspector.assign(assignmentOf(files, found));
          return inspector;
        },
        finish: () => {
          finished ??= timed(recorder, 'Preflight, after hashing', finish);
          return finished;
        },
      };
    },
  };
}

/** Names are shown in too many places to hide a secret in them. */
function refuseSecretNames({ values, credentials }: Wiring, paths: Iterable<string>): void {
  if (values.preflight.severities.secrets === 'off') return;
  const input = credentialInNames(credentials, paths);
  if (input === undefined) return;
  throw new ActionError('content', `The name of a file has the value of ${input} in it.`, {
    hint: 'Rename it, and revoke the key: whatever was built may have been cached. Nothing was sent.',
    step: 'checking the files',
  });
}
