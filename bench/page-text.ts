import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Makes text as sites have it: `kind` is a file extension, `seed` chooses among what is possible. */
export function pageText(kind: string, bytes: number, seed: number): Buffer {
  const make = MAKERS[kind];
  if (make === undefined) throw new Error(`There is no text for .${kind}.`);
  const text = make(bytes, seed);
  return Buffer.from(text).subarray(0, bytes);
}

/** As they follow each other in a text, the short ones among them. */
const WORDS =
  'content is addressed by what it has, and a gateway of the network serves the page to a browser as it is; in every build an image or a style of the theme may change'.split(
    ' ',
  );

const MAKERS: Readonly<Record<string, (bytes: number, seed: number) => string>> = {
  html: (bytes, seed) => `${PAGE_HEAD}${repeated(bytes, seed, paragraph)}`,
  js: (bytes, seed) => slice(SCRIPT(), bytes, seed),
  css: (bytes, seed) => slice(STYLE(), bytes, seed),
  json: (bytes, seed) => {
    const head = `{"version":${seed},"entries":[`;
    const room = Math.max(0, bytes - head.length - JSON_END.length);
    const entries = repeated(room, seed, entry).slice(0, room);
    return `${head}${entries.slice(0, entries.lastIndexOf(',\n') + 1)}${JSON_END}`.padEnd(bytes);
  },
};

const JSON_END = '0]}';

const PAGE_HEAD = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>A page of the site</title><link rel="stylesheet" href="/assets/1/chunk-1.css"><link rel="icon" href="/assets/2/chunk-2.png">
<script type="module" crossorigin src="/assets/10/chunk-10.js"></script></head><body><div id="root">
`;

function paragraph(seed: number): string {
  // What it names is there: every third file is a page, and these are pictures.
  const other = (seed * 3) % 2004;
  const picture = (seed % 133) * 15 + 2;
  const image = `/assets/${picture % 60}/chunk-${picture}.png`;
  return `<article class="card card--wide mt-${seed % 9}"><h2 id="part-${seed}"><a href="/posts/post-${other}/">${words(seed, 5)}</a></h2>
<p class="text-muted">${words(seed, 24)} <em>${words(seed + 1, 3)}</em> ${words(seed + 2, 12)}.</p>
<img src="${image}" srcset="${image} 1x, ${image} 2x" alt="${words(seed, 3)}" loading="lazy" width="640" height="360">
<ul>${[1, 2, 3].map((item) => `<li><a class="link" href="#part-${seed + item}">${words(seed + item, 4)}</a></li>`).join('')}</ul></article>
`;
}

function entry(seed: number): string {
  return `{"id":${seed},"title":"${words(seed, 4)}","path":"/posts/post-${(seed * 3) % 2004}/","tags":["${words(seed, 1)}","${words(seed + 5, 1)}"],"size":${seed * 37}},\n`;
}

function words(seed: number, count: number): string {
  const from = (seed * 7) % WORDS.length;
  return Array.from({ length: count }, (_, index) => WORDS[(from + index) % WORDS.length]).join(' ');
}

function repeated(bytes: number, seed: number, make: (seed: number) => string): string {
  let text = '';
  for (let number = seed; text.length < bytes; number += 1) text += make(number);
  return text;
}

/** From a place that depends on the seed, around the end of the text. */
function slice(text: string, bytes: number, seed: number): string {
  const at = (seed * 104_729) % text.length;
  return (text.slice(at) + text.repeat(Math.ceil(bytes / text.length))).slice(0, bytes);
}

/** What bundlers make, from packages that are here anyway. */
const SCRIPT = once(() => read('mermaid/dist/mermaid.min.js'));
const STYLE = once(() => read('github-markdown-css/github-markdown.css'));

function read(path: string): string {
  return readFileSync(fileURLToPath(new URL(`../node_modules/${path}`, import.meta.url)), 'utf8');
}

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
