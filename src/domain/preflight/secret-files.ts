import type { Sighting } from './finding.ts';
import { isPlaceholder } from './secret-placeholder.ts';

/** What the name of a file says about it, without its place. */
export type NamedSighting = Pick<Sighting, 'kind' | 'message'> & { readonly level?: 'note' | undefined };

/** Judges a file by its name, and by its beginning as text where the name is not enough. */
export type FileJudge = (text: string) => NamedSighting | undefined;

/** More is read of no file for the sake of its name. */
export const MOST_OF_NAMED = 64 * 1024;

const PUBLIC_VARIABLE =
  /^(VITE|NEXT_PUBLIC|REACT_APP|PUBLIC|NUXT_PUBLIC|GATSBY|VUE_APP|EXPO_PUBLIC|NG_APP|STORYBOOK|SNOWPACK_PUBLIC)_/;
const KEY_STORES = /\.(jks|p12|pfx|keystore|kdbx|ppk)$/;
const SSH_KEYS = /^id_(rsa|dsa|ecdsa|ed25519)(_sk)?$/;
/** `.env`, `.env.local`, `.env-prod`, `.env~`, `.envrc`, `prod.env`, `.dev.vars`. */
const ENVIRONMENTS = /^\.env(rc)?([._~-]|$)|^[\w.-]+\.env$|^\.dev\.vars(\.|$)/;
const HISTORIES = new Set(['.git', '.hg', '.svn']);

/** Who judges a file; undefined where its name says nothing. */
export function judgeOf(path: string): FileJudge | undefined {
  const parts = path.split('/');
  const history = parts.slice(0, -1).find((part) => HISTORIES.has(part));
  if (history !== undefined) {
    return always('version-control', `The directory \`${history}\` is in the build, with whatever was ever committed.`);
  }
  const name = parts.at(-1)?.toLowerCase() ?? '';
  const parent = parts.at(-2)?.toLowerCase() ?? '';
  if (ENVIRONMENTS.test(name)) return isTemplate(name) ? undefined : judgeEnvironment;
  return secretFile(name, parent) ?? tokenFile(name, parent);
}

/** Files that hold nothing but secrets. */
function secretFile(name: string, parent: string): FileJudge | undefined {
  const store = KEY_STORES.exec(name)?.[0];
  if (store !== undefined) return always('keystore', `A keystore (\`${store}\`) is in the build.`);
  if (name === 'wallet.dat') return always('keystore', 'The wallet of a node (`wallet.dat`) is in the build.');
  if (SSH_KEYS.test(name)) return always('ssh-key', `An SSH key (\`${name}\`) is in the build.`);
  if (/\.tfstate(\.backup)?$/.test(name)) {
    return always('terraform-state', 'The state of Terraform, with every value that it manages, is in the build.');
  }
  return parent === '.aws' && name === 'credentials'
    ? always('aws-credentials', 'The credentials file of AWS is in the build.')
    : undefined;
}

function always(kind: string, message: string): FileJudge {
  return () => ({ kind, message });
}

/** `.env.example` and the like hold names without values, and are read as any other text. */
function isTemplate(name: string): boolean {
  return /[._-](example|sample|template|dist|defaults|schema|tpl)$|(^|[._-])(example|sample|template)\.env$/.test(name);
}

/** How the light around a scene begins, which has the name `studio.env` in Babylon.js. */
const TEXTURE = '\uFFFD\u0016\uFFFD';

/** It is worth a note even without a secret: the next one may have some. */
function judgeEnvironment(text: string): NamedSighting | undefined {
  if (text.startsWith(TEXTURE)) return undefined;
  const secret = text.split(/\r?\n/).some((line) => {
    const [, name = '', value = ''] = /^\s*(?:export\s+)?([\w.-]+)\s*[=:]\s*(.*)$/.exec(line.slice(0, 2000)) ?? [];
    return name !== '' && !isEmpty(value) && !PUBLIC_VARIABLE.test(name);
  });
  return secret || text.length >= MOST_OF_NAMED
    ? { kind: 'env-file', message: 'An environment file (`.env`) is in the build.' }
    : {
        kind: 'public-env-file',
        message: 'An environment file (`.env`) with nothing but public variables is in the build.',
        level: 'note',
      };
}

function isEmpty(value: string): boolean {
  return /^(["'`]?)\s*\1\s*(#.*)?$/.test(value);
}

/** Files that are harmless until a token is in them, with where it stands. */
const TOKEN_FILES: ReadonlyMap<string, RegExp> = new Map([
  ['.npmrc', /(?:_authToken|_password|_auth)\s{0,4}=\s{0,4}["']?([^\s"']{6,})/g],
  ['.yarnrc.yml', /(?:npmAuthToken|npmAuthIdent):\s{0,4}["']?([^\s"']{6,})/g],
  ['.pypirc', /password\s{0,4}[=:]\s{0,4}([^\s]{4,})/g],
  ['.netrc', /password\s{1,4}([^\s]{4,})/g],
  ['_netrc', /password\s{1,4}([^\s]{4,})/g],
  ['.git-credentials', /:\/\/[^:\s/]{1,100}:([^@\s]{4,200})@/g],
  ['.htpasswd', /^[^#:\s]{1,100}:(?:\$|\{\w{1,10}\})?(\S{8,})/gm],
  ['.pgpass', /^[^#:\s]{1,200}:[^:\s]{0,10}:[^:\s]{0,100}:[^:\s]{0,100}:(\S{4,})/gm],
  ['.docker/config.json', /"(?:auth|identitytoken|registrytoken)"\s{0,4}:\s{0,4}"([^"]{8,})"/g],
  ['.dockerconfigjson', /"(?:auth|identitytoken|registrytoken)"\s{0,4}:\s{0,4}"([^"]{8,})"/g],
]);

function tokenFile(file: string, parent: string): FileJudge | undefined {
  const name = parent === '.docker' ? `.docker/${file}` : file;
  const pattern = TOKEN_FILES.get(name);
  if (pattern === undefined) return undefined;
  return (text) => {
    const isToken = [...text.matchAll(pattern)].some(
      ([, value = '']) => !/^\$|[<{]/.test(value) && !isPlaceholder(value),
    );
    return isToken ? { kind: 'token-file', message: `A \`${name}\` with a token in it is in the build.` } : undefined;
  };
}
