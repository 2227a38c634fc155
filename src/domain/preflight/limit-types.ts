/** A file that a site rarely has on purpose. */
export interface FileTypeFault {
  readonly kind: string;
  readonly message: string;
  readonly advice: string;
  readonly level?: 'note';
}

interface FileType {
  readonly kind: string;
  readonly pattern: RegExp;
  /** After `A file …`; `$` is the ending or the name. */
  readonly says: string;
  /** The pattern for `exclude`; `$` as above. */
  readonly exclude: string;
  readonly level?: 'note';
}

const TYPES: readonly FileType[] = [
  {
    kind: 'node-modules',
    pattern: /(?:^|\/)(node_modules)\//,
    says: '`node_modules` is published, the packages that the build was made with.',
    exclude: '**/node_modules',
  },
  {
    kind: 'source-map',
    pattern: /\.((?:m?js|cjs|css)\.map)$/i,
    says: 'Source maps (`*.$`) publish the source code, with its comments.',
    exclude: '**/*.map',
  },
  {
    kind: 'system-file',
    pattern: /(?:^|\/)(\.DS_Store|Thumbs\.db|desktop\.ini)$/i,
    says: '`$` is written by an operating system and may name other files.',
    exclude: '**/$',
  },
  {
    kind: 'project-file',
    pattern: /(?:^|\/)(package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml|bun\.lockb?|composer\.lock)$/,
    says: '`$` belongs to the project, not to the site.',
    exclude: '**/$',
  },
  {
    kind: 'leftover',
    pattern: /(?:\.(sql|bak|swp|swo|orig|tmp|dump)|[^/](~))$/i,
    says: 'A file ends with `$`, as dumps and backups do.',
    exclude: '**/*$',
  },
  {
    // Reports come with logs, and pages that query a database in the browser with one.
    kind: 'leftover',
    pattern: /\.(log|db|sqlite3?)$/i,
    says: 'A file ends with `$`, as logs and databases do.',
    exclude: '**/*$',
    level: 'note',
  },
  {
    kind: 'working-file',
    pattern: /\.(psd|ai|xcf|sketch|fig|blend|indd|aep|prproj)$/i,
    says: 'A `.$` file is what a design is made from, not what a browser shows.',
    exclude: '**/*.$',
  },
  {
    kind: 'program',
    pattern: /\.(exe|msi|dmg|pkg|apk|ipa|deb|rpm|appimage|iso|bat|cmd|ps1|scr|jar)$/i,
    says: 'A `.$` file is a program to download; browsers warn of them, and gateways that find one harmful block the whole site.',
    exclude: '**/*.$',
    level: 'note',
  },
  {
    kind: 'source-file',
    pattern: /\.(tsx?|jsx|vue|svelte|astro|scss|sass|less|coffee)$/i,
    says: 'A `.$` file is source code that no browser runs.',
    exclude: '**/*.$',
    level: 'note',
  },
];

/** `isStream`: there is a playlist, so that `.ts` are pieces of a video. */
export function judgeFileType(path: string, { isStream }: { readonly isStream: boolean }): FileTypeFault | undefined {
  for (const { kind, pattern, says, exclude, level } of TYPES) {
    const found = pattern.exec(path);
    if (found === null) continue;
    const what = nameOf(kind, found);
    // Declarations are read by editors, from the site of a library as well.
    if (kind === 'source-file' && what === 'ts' && (isStream || /\.d\.ts$/i.test(path))) return undefined;
    const fault = {
      kind,
      message: says.replace('$', what),
      advice: `Leave it out with \`exclude: ${exclude.replace('$', what)}\`.`,
    };
    return level === undefined ? fault : { ...fault, level };
  }
  return undefined;
}

function nameOf(kind: string, [, ending, tilde]: readonly (string | undefined)[]): string {
  if (ending === undefined) return tilde ?? '';
  if (kind === 'leftover') return `.${ending.toLowerCase()}`;
  return kind === 'system-file' || kind === 'project-file' ? ending : ending.toLowerCase();
}
