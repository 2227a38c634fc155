import { Tokenizer } from 'htmlparser2';
import { LONGEST_URL, type Use } from './reference.ts';

/** A URL with what it is for. */
export interface Named {
  readonly url: string;
  readonly use: Use;
}

/** What one tag says that matters here. */
export interface Tag {
  readonly references: readonly Named[];
  /** The `style` attribute; '' without. */
  readonly style: string;
  /** Of `<base href>`. */
  readonly base: string | undefined;
  /** Of `<meta name="generator">`. */
  readonly generator: string | undefined;
  /** What the text of a `<script>` is. */
  readonly script: 'code' | 'import-map' | 'other';
  /** The page in an `<iframe srcdoc>`; '' without. */
  readonly page: string;
}

type Attributes = ReadonlyMap<string, string>;

/** Which attributes of which elements hold a URL, and what for. */
const URLS: ReadonlyMap<string, readonly (readonly [attribute: string, use: Use])[]> = new Map(
  Object.entries({
    a: [
      ['href', 'page'],
      ['xlink:href', 'page'],
    ],
    area: [['href', 'page']],
    form: [['action', 'page']],
    body: [['background', 'image']],
    script: [
      ['src', 'script'],
      // In SVG.
      ['href', 'script'],
      ['xlink:href', 'script'],
    ],
    'astro-island': [
      ['component-url', 'script'],
      ['renderer-url', 'script'],
      ['before-hydration-url', 'script'],
    ],
    img: [['src', 'image']],
    image: [
      ['href', 'image'],
      ['xlink:href', 'image'],
    ],
    feimage: [
      ['href', 'image'],
      ['xlink:href', 'image'],
    ],
    use: [
      ['href', 'image'],
      ['xlink:href', 'image'],
    ],
    source: [['src', 'media']],
    video: [
      ['src', 'media'],
      ['poster', 'image'],
    ],
    audio: [['src', 'media']],
    track: [['src', 'media']],
    embed: [['src', 'frame']],
    iframe: [['src', 'frame']],
    frame: [['src', 'frame']],
    object: [['data', 'frame']],
    link: [],
    base: [],
    meta: [],
    input: [],
  } as const),
);

/** What `<link rel>` fetches; the others only tell of something. */
const LOADS: ReadonlyMap<string, Use> = new Map([
  ['stylesheet', 'style'],
  ['icon', 'image'],
  ['apple-touch-icon', 'image'],
  ['apple-touch-icon-precomposed', 'image'],
  ['apple-touch-startup-image', 'image'],
  ['mask-icon', 'image'],
  ['manifest', 'file'],
  ['preload', 'file'],
  ['prefetch', 'file'],
  ['modulepreload', 'script'],
]);

/** Whether tags of this name, in small letters, may say something. */
export function isTelling(name: string): boolean {
  return URLS.has(name);
}

export function readTag(source: string): Tag {
  const { name, attributes } = tokenize(source);
  return {
    references: [...referencesOf(name, attributes)],
    style: attributes.get('style') ?? '',
    base: name === 'base' ? attributes.get('href') : undefined,
    generator: name === 'meta' && isWord(attributes.get('name'), 'generator') ? attributes.get('content') : undefined,
    page: name === 'iframe' ? (attributes.get('srcdoc') ?? '') : '',
    script: scriptOf(attributes.get('type')?.trim().toLowerCase() ?? ''),
  };
}

function scriptOf(type: string): Tag['script'] {
  if (type === 'importmap') return 'import-map';
  return type === '' || type === 'module' || type.endsWith('javascript') ? 'code' : 'other';
}

function isWord(text: string | undefined, word: string): boolean {
  return text !== undefined && text.trim().toLowerCase() === word;
}

/** Of an attribute that comes twice, the first counts. */
function tokenize(source: string): { readonly name: string; readonly attributes: Attributes } {
  const attributes = new Map<string, string>();
  let name = '';
  let attribute = '';
  let value = '';
  const none = (): void => undefined;
  const tokenizer = new Tokenizer(
    { decodeEntities: source.includes('&') },
    {
      onopentagname: (start, end) => {
        name = source.slice(start, end).toLowerCase();
      },
      onattribname: (start, end) => {
        attribute = source.slice(start, end).toLowerCase();
        value = '';
      },
      onattribdata: (start, end) => {
        value += source.slice(start, end);
      },
      onattribentity: (code) => {
        value += String.fromCodePoint(code);
      },
      onattribend: () => {
        if (!attributes.has(attribute)) attributes.set(attribute, value);
      },
      oncdata: none,
      onclosetag: none,
      oncomment: none,
      ondeclaration: none,
      onend: none,
      onopentagend: none,
      onprocessinginstruction: none,
      onselfclosingtag: none,
      ontext: none,
      ontextentity: none,
    },
  );
  tokenizer.write(source);
  return { name, attributes };
}

function* referencesOf(name: string, attributes: Attributes): Generator<Named> {
  for (const [attribute, use] of URLS.get(name) ?? []) {
    const url = attributes.get(attribute);
    if (url !== undefined) yield { url, use };
  }
  if (name === 'link') yield* referencesOfLink(attributes);
  if (name === 'img' || name === 'source') yield* imagesOf(attributes.get('srcset'));
  if (name === 'input' || name === 'meta') yield* referencesByType(attributes);
}

/** `<input type="image">`, `<meta http-equiv="refresh">`. */
function* referencesByType(attributes: Attributes): Generator<Named> {
  const src = attributes.get('src');
  if (src !== undefined && isWord(attributes.get('type'), 'image')) yield { url: src, use: 'image' };
  const content = attributes.get('content');
  if (content !== undefined && isWord(attributes.get('http-equiv'), 'refresh'))
    yield { url: urlOfRefresh(content), use: 'page' };
}

function* referencesOfLink(attributes: Attributes): Generator<Named> {
  const relations = (attributes.get('rel') ?? '').slice(0, 200).toLowerCase().split(/\s+/);
  const use = relations.map((relation) => LOADS.get(relation)).find((found) => found !== undefined);
  if (use === undefined) return;
  const url = attributes.get('href');
  if (url !== undefined) yield { url, use };
  yield* imagesOf(attributes.get('imagesrcset'));
}

function* imagesOf(srcset: string | undefined): Generator<Named> {
  for (const url of urlsOfSrcset(srcset ?? '')) yield { url, use: 'image' };
}

/** A comma ends a candidate only behind a space or at the end of a URL: `a,b.png 1x, c.png 2x` are two. */
function urlsOfSrcset(srcset: string): readonly string[] {
  const urls: string[] = [];
  let at = 0;
  while (at < srcset.length) {
    while (at < srcset.length && /[\s,]/.test(srcset.charAt(at))) at += 1;
    const start = at;
    while (at < srcset.length && !/\s/.test(srcset.charAt(at))) at += 1;
    const word = srcset.slice(start, at);
    const url = trimCommas(word);
    if (url !== '') urls.push(url);
    if (url.length === word.length) at = endOfDescriptor(srcset, at);
  }
  return urls;
}

function trimCommas(word: string): string {
  let end = word.length;
  while (end > 0 && word[end - 1] === ',') end -= 1;
  return word.slice(0, end);
}

function endOfDescriptor(srcset: string, from: number): number {
  let depth = 0;
  for (let at = from; at < srcset.length; at += 1) {
    const character = srcset[at];
    if (character === ',' && depth === 0) return at;
    if (character === '(') depth += 1;
    if (character === ')') depth = Math.max(0, depth - 1);
  }
  return srcset.length;
}

/** `5; url=/there`, and what browsers take for it; '' when the page only loads itself again. */
function urlOfRefresh(content: string): string {
  const part = content.slice(0, LONGEST_URL);
  const end = part.search(/[;,]/);
  const rest = end === -1 ? '' : part.slice(end + 1).trim();
  const url = rest.slice(/^url\s*=\s*/i.exec(rest)?.[0].length ?? 0);
  const quote = url[0];
  return quote === '"' || quote === "'" ? (url.slice(1).split(quote, 1)[0] ?? '') : url;
}
