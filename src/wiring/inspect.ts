import { startInspector } from '../adapters/preflight/inspector.ts';
import type { FoundFiles } from '../domain/file-rules.ts';
import type { Content } from '../domain/listing.ts';
import type { Preflight } from '../domain/preflight/finding.ts';
import { isAsked } from '../domain/preflight/policy.ts';
import type { Onlooker } from '../ports.ts';
import type { Wiring } from './account.ts';
import { timed } from './record.ts';

/** What a build is made of, and who looks at it. */
export interface Material {
  readonly found: FoundFiles;
  /** Undefined where nobody does. */
  readonly inspector: OnceInspector | undefined;
}

/** Looks at a build once, the first time that it is read. */
export interface OnceInspector {
  /** Undefined from the second time on. */
  readonly look: (files: ReadonlyMap<string, number>, content: Content) => Onlooker | undefined;
  readonly finish: () => Promise<Preflight>;
}

/** Gets its thread ready; undefined where nobody is to look. */
export function createInspector({ values, credentials, recorder, inspectorScript }: Wiring): OnceInspector | undefined {
  if (!isAsked(values.preflight)) return undefined;
  const inspector = startInspector(inspectorScript);
  const asFolder = values['upload-method'] === 'folder' || values.network === 'private';
  let hasLooked = false;
  let finished: Promise<Preflight> | undefined;
  return {
    look: (files, content) => {
      if (hasLooked) return undefined;
      hasLooked = true;
      const site = { files, isSingleFile: content.kind === 'file' };
      inspector.assign({ site, policy: values.preflight, credentials, asFolder });
      return inspector;
    },
    finish: () => {
      finished ??= timed(recorder, 'Preflight, after hashing', async () => (await inspector.finish()).preflight);
      return finished;
    },
  };
}
