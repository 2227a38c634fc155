/** Kinds of files as people who build sites sort them. */
export type FileType =
  | 'JavaScript'
  | 'CSS'
  | 'HTML'
  | 'Images'
  | 'Fonts'
  | 'Media'
  | 'Data'
  | 'WebAssembly'
  | 'Source maps'
  | 'Other';

const EXTENSIONS: readonly (readonly [FileType, string])[] = [
  ['JavaScript', 'js mjs cjs jsx ts mts cts tsx'],
  ['CSS', 'css scss sass less'],
  ['HTML', 'html htm xhtml shtml'],
  ['Images', 'png jpg jpeg jfif gif svg svgz webp avif apng ico bmp tif tiff heic heif jxl'],
  ['Fonts', 'woff woff2 ttf otf ttc eot'],
  ['Media', 'mp4 m4v webm mov mkv avi ogv mp3 m4a ogg oga opus wav flac aac vtt srt m3u8'],
  [
    'Data',
    'json jsonc json5 ndjson jsonl geojson topojson webmanifest xml rss atom csv tsv txt md mdx yml yaml toml rsc',
  ],
  ['WebAssembly', 'wasm'],
  ['Source maps', 'map'],
];
const TYPES = new Map(EXTENSIONS.flatMap(([type, names]) => names.split(' ').map((name) => [name, type] as const)));

/** By the extension, in any case: `app.js.map` is a source map. A name such as `.md` has none. */
export function typeOf(path: string): FileType {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const dot = name.lastIndexOf('.');
  return dot < 1 ? 'Other' : (TYPES.get(name.slice(dot + 1).toLowerCase()) ?? 'Other');
}
