import { nestedAdvice } from './generator.ts';
import type { Group } from './reference-tally.ts';

export const WORKS = 'works on subdomain gateways only';

export const LOADS = {
  absolute: {
    kind: 'subdomain-only',
    // All of them are cured by one setting.
    most: 3,
    rest: [`file is loaded by an absolute path, which ${WORKS}`, `files are loaded by absolute paths, which ${WORKS}`],
    advice: ({ absolute }) => absolute,
  },
  missing: {
    kind: 'missing-target',
    most: 20,
    rest: ['file is loaded that is not in the build', 'files are loaded that are not in the build'],
    advice: () => 'Add the file to the build, or correct the reference.',
  },
  nested: {
    kind: 'missing-target',
    most: 20,
    rest: ['reference fits pages at the root only', 'references fit pages at the root only'],
    advice: nestedAdvice,
  },
  outside: {
    kind: 'outside',
    most: 20,
    rest: ['reference points out of the build', 'references point out of the build'],
    advice: () => 'Publish the parent directory, or correct the number of `../`.',
  },
} as const satisfies Readonly<Record<string, Group>>;

export const LINKS = {
  absolute: {
    ...LOADS.absolute,
    rest: [`page is linked by an absolute path, which ${WORKS}`, `pages are linked by absolute paths, which ${WORKS}`],
  },
  missing: {
    ...LOADS.missing,
    most: 10,
    rest: ['linked page is not in the build', 'linked pages are not in the build'],
  },
  bare: {
    kind: 'missing-target',
    most: 10,
    rest: [
      'page is linked without the .html that its file has',
      'pages are linked without the .html that their files have',
    ],
    advice: ({ pages }) => pages,
  },
} as const satisfies Readonly<Record<string, Group>>;

/** `<base>` and the public paths of bundlers, which make many paths absolute. */
export const BASES = {
  ...LOADS.absolute,
  rest: [`base makes paths absolute, which ${WORKS}`, `bases make paths absolute, which ${WORKS}`],
} as const satisfies Group;

/** Links that may lead somewhere after all: by redirects, or on another host. */
export const HINTS = {
  missing: { ...LINKS.missing, level: 'note' },
  bare: { ...LINKS.bare, level: 'note' },
} as const satisfies Readonly<Record<string, Group>>;
