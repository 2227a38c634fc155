import { parseJson, valueAt } from '../json.ts';
import { scanCss } from './css-urls.ts';
import { isTelling, readTag, type Tag } from './html-attributes.ts';
import { createTagScan } from './html-tags.ts';
import { own, type See } from './reference.ts';
import { lines, type Scan, type TextWindow } from './reference-window.ts';
import { createScriptScan, type ScriptPath } from './script-paths.ts';

/** Takes what a page names. */
export interface PageReader {
  readonly see: See;
  /** The first `<base href>`: what follows starts from there. */
  readonly base: (url: string, line: number) => void;
  /** `<meta name="generator">`. */
  readonly generator: (name: string) => void;
  readonly script: (found: ScriptPath) => void;
  readonly hasFile: (path: string) => boolean;
  readonly tooLong: (line: number) => void;
}

/** Reads a tag, or remembers what was read before. */
export type ReadTag = (source: string) => Tag;

const MOST_TAGS = 10_000;
const LONGEST_KNOWN = 1024;

/** The pages of a site share most of their tags: each is tokenized once. */
export function createTagMemory(): ReadTag {
  const known = new Map<string, Tag>();
  return (source) => {
    const before = known.get(source);
    if (before !== undefined) return before;
    const kept = own(source);
    const tag = readTag(kept);
    if (known.size >= MOST_TAGS) known.clear();
    if (kept.length <= LONGEST_KNOWN) known.set(kept, tag);
    return tag;
  };
}

export function createHtmlScan(page: PageReader, read: ReadTag): Scan {
  // One page in another is enough.
  return createPageScan(page, read, (text, line) => createPageScan(pageIn(page), read)(whole(text, () => line)));
}

/** Its base is its own, and what comes after starts from nowhere that is known. */
function pageIn(page: PageReader): PageReader {
  let hasBase = false;
  const base = (): void => {
    hasBase = true;
  };
  const see: See = (reference) => {
    if (!hasBase) page.see(reference);
  };
  return { ...page, base, see, generator: () => undefined };
}

function whole(text: string, lineAt: TextWindow['lineAt']): TextWindow {
  return { text, from: 0, isLast: true, isFull: true, lineAt };
}

type ReadPage = (text: string, line: number) => void;

function createPageScan(page: PageReader, read: ReadTag, inner: ReadPage = () => undefined): Scan {
  let hasBase = false;
  let script: Tag['script'] = 'code';
  const scanScript = createScriptScan(page.script, page.hasFile);
  return createTagScan({
    wants: isTelling,
    tooLong: page.tooLong,
    tag: (source, line) => {
      const tag = read(source);
      script = tag.script;
      if (tag.base !== undefined && !hasBase) {
        hasBase = true;
        page.base(tag.base, line);
      }
      if (tag.generator !== undefined) page.generator(tag.generator);
      for (const { url, use } of tag.references) page.see({ url, use, line });
      if (tag.page !== '') inner(tag.page, line);
      if (tag.style !== '') scanCss(tag.style, page.see, () => line);
    },
    raw: (element, text, line) => {
      if (element === 'style') scanCss(text, page.see, lines(text, line));
      else if (script === 'import-map') for (const url of urlsOfImportMap(text)) page.see({ url, use: 'script', line });
      else if (script === 'code') scanScript(whole(text, lines(text, line)));
    },
  });
}

/** What an import map maps to: `imports` and every one of `scopes`. */
function urlsOfImportMap(text: string): readonly string[] {
  const map = parseJson(text);
  return [...textsOf(valueAt(map, 'imports')), ...valuesOf(valueAt(map, 'scopes')).flatMap(textsOf)];
}

function valuesOf(value: unknown): readonly unknown[] {
  return typeof value === 'object' && value !== null ? Object.values(value) : [];
}

function textsOf(value: unknown): readonly string[] {
  return valuesOf(value).filter((entry) => typeof entry === 'string');
}
