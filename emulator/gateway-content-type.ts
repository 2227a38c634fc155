const BY_EXTENSION: ReadonlyMap<string, string> = new Map([
  ['7z', 'application/x-7z-compressed'],
  ['aac', 'audio/aac'],
  ['apng', 'image/apng'],
  ['atom', 'application/atom+xml'],
  ['avif', 'image/avif'],
  ['bmp', 'image/bmp'],
  ['car', 'application/vnd.ipld.car'],
  ['css', 'text/css'],
  ['csv', 'text/csv'],
  ['flac', 'audio/flac'],
  ['gif', 'image/gif'],
  ['glb', 'model/gltf-binary'],
  ['gltf', 'model/gltf+json'],
  ['gz', 'application/gzip'],
  ['htm', 'text/html'],
  ['html', 'text/html'],
  ['ico', 'image/x-icon'],
  ['ics', 'text/calendar'],
  ['jpeg', 'image/jpeg'],
  ['jpg', 'image/jpeg'],
  ['js', 'text/javascript'],
  ['json', 'application/json'],
  ['jsonld', 'application/ld+json'],
  ['m4a', 'audio/mp4'],
  ['map', 'application/json'],
  ['md', 'text/markdown'],
  ['mjs', 'text/javascript'],
  ['mp3', 'audio/mpeg'],
  ['mp4', 'video/mp4'],
  ['ogg', 'audio/ogg'],
  ['otf', 'font/otf'],
  ['pdf', 'application/pdf'],
  ['png', 'image/png'],
  ['rss', 'application/rss+xml'],
  ['svg', 'image/svg+xml'],
  ['tar', 'application/x-tar'],
  ['ttf', 'font/ttf'],
  ['txt', 'text/plain'],
  ['vtt', 'text/vtt'],
  ['wasm', 'application/wasm'],
  ['wav', 'audio/wav'],
  ['webm', 'video/webm'],
  ['webmanifest', 'application/manifest+json'],
  ['webp', 'image/webp'],
  ['woff', 'font/woff'],
  ['woff2', 'font/woff2'],
  ['xhtml', 'application/xhtml+xml'],
  ['xml', 'application/xml'],
  ['zip', 'application/zip'],
]);

const TEXTUAL = /^text\/|\/(json|xml)$|\+(json|xml)$/;

/** The Content-Type of a file by the extension of its name alone: nothing is sniffed. Text is said to be UTF-8. */
export function contentTypeOf(name: string): string {
  const dot = name.lastIndexOf('.');
  const type = dot < 1 ? undefined : BY_EXTENSION.get(name.slice(dot + 1).toLowerCase());
  if (type === undefined) {
    return 'application/octet-stream';
  }
  return TEXTUAL.test(type) ? `${type}; charset=utf-8` : type;
}
