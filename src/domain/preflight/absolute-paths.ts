import { createCssScan } from './css-urls.ts';
import { UNKNOWN } from './generator.ts';
import { createHtmlScan, createTagMemory, type PageReader, type ReadTag } from './html-references.ts';
import { isManifestName, MOST_MANIFEST, readManifest } from './manifest-urls.ts';
import { quoted } from './reference.ts';
import { createJudge, type Judge, type Source } from './reference-judge.ts';
import { createTally, type Tally } from './reference-tally.ts';
import { createTargets, type Targets } from './reference-target.ts';
import { readInWindows } from './reference-window.ts';
import type { InspectedFile, Reader, Report, Rule, Site } from './rule.ts';
import { createScriptScan, type ScriptPath } from './script-paths.ts';

interface Look {
  readonly targets: Targets;
  readonly tally: Tally;
  readonly judge: Judge;
  readonly strings: Strings;
  readonly readTag: ReadTag;
}

/** References by absolute paths, to what is not there, and to other hosts. */
export function createAbsolutePathsRule(site: Site): (report: Report) => Rule {
  return (report) => {
    const targets = createTargets(site);
    const tally = createTally(site, report);
    const judge = createJudge(site, targets, tally);
    const look: Look = { targets, tally, judge, strings: createStrings(tally), readTag: createTagMemory() };
    return {
      name: 'absolute-paths',
      open: (file) => openFile(file, look),
      finish: () => {
        look.strings.finish();
        look.judge.finish();
        tally.finish();
      },
    };
  };
}

function openFile({ path, bytes }: InspectedFile, look: Look): Reader | undefined {
  if (isManifestName(path)) return openManifest(path, bytes, look);
  const source = look.judge.source(path);
  const extension = /\.([a-z]+)$/i.exec(path.slice(-10))?.[1]?.toLowerCase();
  switch (extension) {
    case 'html':
    case 'htm':
    case 'xhtml':
    case 'svg':
      return openPage(source, look);
    case 'css':
      return readInWindows(createCssScan((reference) => look.judge.reference(reference, source)));
    case 'js':
    case 'mjs':
      return readInWindows(createScriptScan((found) => seeScriptPath(found, source, look), hasFileOf(look)));
    default:
      return undefined;
  }
}

const hasFileOf =
  ({ targets }: Look) =>
  (path: string) =>
    targets.hasFile(path);

function openPage(first: Source, look: Look): Reader {
  let source = first;
  const page: PageReader = {
    see: (reference) => look.judge.reference(reference, source),
    base: (url, line) => {
      source = look.judge.source(source.path, look.judge.base(url, source, line));
    },
    generator: (name) => look.tally.metaGenerator(name, first.path),
    script: (found) => seeScriptPath(found, source, look),
    hasFile: hasFileOf(look),
    tooLong: (line) =>
      look.tally.say({
        kind: 'unchecked',
        message: 'A tag is too long to be read: its references were not checked',
        advice: () => '',
        path: source.path,
        line,
        level: 'note',
      }),
  };
  return readInWindows(createHtmlScan(page, look.readTag));
}

function openManifest(path: string, bytes: number, { judge, tally }: Look): Reader {
  const source = judge.source(path);
  let text = '';
  const unchecked = (message: string): void =>
    tally.say({ kind: 'unchecked', message, advice: () => '', path, line: undefined, level: 'note' });
  return {
    kind: 'text',
    take: (piece) => {
      if (text.length <= MOST_MANIFEST) text += piece;
    },
    end: () => {
      if (bytes > MOST_MANIFEST || text.length > MOST_MANIFEST) unchecked('A web manifest over 1 MiB was not checked');
      else if (!readManifest(text, (reference) => judge.reference(reference, source)))
        unchecked('A web manifest is no JSON: its references were not checked');
    },
  };
}

const SERVICE_WORKER = /(?:^|\/)(?:[\w-]+-)?(?:sw|service-?worker|serviceworker)\.m?js$/i;

function seeScriptPath({ path, role, line }: ScriptPath, source: Source, { judge, strings }: Look): void {
  if (role === 'public-path') judge.publicPath(path, source, line);
  else if (role === 'string' && !SERVICE_WORKER.test(source.path)) strings.see(path, source.path, line);
  else judge.reference({ url: path, use: 'script', line }, source);
}

interface Strings {
  readonly see: (path: string, file: string, line: number) => void;
  readonly finish: () => void;
}

const MOST_STRINGS = 10_000;
const OWN_SCRIPT = 'Build the path from `import.meta.url` or `document.baseURI`.';

/** Paths in scripts that name files of the build: worth a word, as nobody knows what the script does with them. */
function createStrings(tally: Tally): Strings {
  const paths = new Set<string>();
  let first: { readonly path: string; readonly file: string; readonly line: number } | undefined;
  return {
    see: (path, file, line) => {
      first ??= { path, file, line };
      if (paths.size < MOST_STRINGS) paths.add(path);
    },
    finish: () => {
      if (first === undefined) return;
      const others = paths.size - 1;
      const verb = others === 1 ? 'does' : 'do';
      const count = others === 0 ? '' : `, as ${verb} ${paths.size >= MOST_STRINGS ? 'at least ' : ''}${others} more`;
      tally.say({
        kind: 'script-paths',
        message: `${quoted(first.path)} in a script names a file by an absolute path${count}`,
        // No base changes what people wrote into their scripts.
        advice: (generator) => (generator === UNKNOWN ? OWN_SCRIPT : generator.absolute),
        path: first.file,
        line: first.line,
        level: 'note',
      });
    },
  };
}
