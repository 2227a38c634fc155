import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Makes text as sites have it: `kind` is a file extension, `seed` chooses among what is possible. */
export function pageText(kind: string, bytes: number, seed: number): Buffer {
  const make = MAKERS[kind];
  if (make === undefined) throw new Error(`There is no text for .${kind}.`);
  const text = make(bytes, seed);
  return Buffer.from(text).subarray(0, bytes);
}

const WORDS =
  'content addressed network gateway build release preview token page image style router data index module theme chart value';

const MAKERS: Readonly<Record<string, (bytes: number, seed: number) => string>> = {
  html: (bytes, seed) => `${PAGE_HEAD}${repeated(bytes, seed, paragraph)}`,
  js: (bytes, seed) => slice(SCRIPT(), bytes, seed),
  css: (bytes, seed) => slice(STYLE(), bytes, seed),
  json: (bytes, seed) => `{"name":"Data ${seed}","entries":[${repeated(bytes, seed, entry)}]}`,
};

const PAGE_HEAD = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>A page of the site</title><link rel="stylesheet" href="/assets/1/chunk-1.css"><link rel="icon" href="/favicon.svg">
<script type="module" crossorigin src="/assets/10/chunk-10.js"></script></head><body><div id="root">
`;

function paragraph(seed: number): string {
  const other = (seed * 3) % 2004;
  return `<article class="card card--wide mt-${seed % 9}"><h2 id="part-${seed}"><a href="/posts/post-${other}/">${words(seed, 5)}</a></h2>
<p class="text-muted">${words(seed, 24)} <em>${words(seed + 1, 3)}</em> ${words(seed + 2, 12)}.</p>
<img src="/assets/${seed % 60}/chunk-${seed % 2004}.png" srcset="/a-${seed}.png 1x, /b-${seed}.png 2x" alt="${words(seed, 3)}" loading="lazy" width="640" height="360">
<ul>${[1, 2, 3].map((item) => `<li><a class="link" href="#part-${seed + item}">${words(seed + item, 4)}</a></li>`).join('')}</ul></article>
`;
}

function entry(seed: number): string {
  return `{"id":${seed},"title":"${words(seed, 4)}","path":"/posts/post-${(seed * 3) % 2004}/","tags":["${words(seed, 1)}","${words(seed + 5, 1)}"],"size":${seed * 37}},\n`;
}

function words(seed: number, count: number): string {
  const all = WORDS.split(' ');
  return Array.from({ length: count }, (_, index) => all[(seed * 7 + index * index + index) % all.length]).join(' ');
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
