import { ActionError } from './errors.ts';

/** Why something that should be published cannot be. */
export type TroubleKind =
  | 'link-leaves'
  | 'link-dangling'
  | 'link-loop'
  | 'link-refused'
  | 'special'
  | 'unreadable'
  | 'changed'
  | 'not-utf8';

export interface FileTrouble {
  readonly kind: TroubleKind;
  /** Relative to `path`, '' for itself. For `not-utf8` the last name has one character, U+0000 to U+00FF, for each byte on disk. */
  readonly path: string;
  /** What explains it: a link's target, `a socket`, an error code. */
  readonly detail?: string;
}

interface Wording {
  readonly one: string;
  readonly many: string;
  readonly hint: string;
}

const WORDINGS: Readonly<Record<TroubleKind, Wording>> = {
  'link-leaves': {
    one: 'link leaves it',
    many: 'links leave it',
    hint: 'Replace links that leave path by a copy of what they point to, or exclude them.',
  },
  'link-dangling': {
    one: 'link points to nothing',
    many: 'links point to nothing',
    hint: 'Remove or exclude links that point to nothing.',
  },
  'link-loop': {
    one: 'link leads back to a directory it is in',
    many: 'links lead back to a directory they are in',
    hint: 'Remove or exclude links that lead in a circle.',
  },
  'link-refused': {
    one: 'entry is a link, which symlinks: error refuses',
    many: 'entries are links, which symlinks: error refuses',
    hint: 'Set symlinks to inside, or exclude the links.',
  },
  special: {
    one: 'entry is neither a file nor a directory',
    many: 'entries are neither files nor directories',
    hint: 'Remove or exclude sockets, pipes and devices.',
  },
  unreadable: {
    one: 'entry cannot be read',
    many: 'entries cannot be read',
    hint: 'Give the user of this job read access, or exclude what it may not read.',
  },
  changed: {
    one: 'entry changed while it was listed',
    many: 'entries changed while they were listed',
    hint: 'Let everything that writes into path end before this step.',
  },
  'not-utf8': {
    one: 'name is not valid UTF-8',
    many: 'names are not valid UTF-8',
    hint: 'Rename what has no UTF-8 name; IPFS paths are UTF-8.',
  },
};

const NAMED_AT_MOST = 5;

/** One refusal for everything that is wrong below `path`, in the order of the kinds above. `troubles` is not empty. */
export function refuseTroubles(path: string, troubles: readonly FileTrouble[]): ActionError {
  const parts: string[] = [];
  const hints: string[] = [];
  for (const [kind, wording] of Object.entries(WORDINGS)) {
    const ofKind = troubles.filter((trouble) => trouble.kind === kind);
    if (ofKind.length === 0) continue;
    const what = ofKind.length === 1 ? wording.one : wording.many;
    parts.push(`${ofKind.length} ${what} (${listed(ofKind.map(described))})`);
    hints.push(wording.hint);
  }
  return new ActionError('input', `path ${quoted(path)} cannot be published as it is: ${parts.join('; ')}.`, {
    hint: hints.join(' '),
  });
}

/** Up to five texts and the count of the rest. */
export function listed(texts: readonly string[]): string {
  const rest = texts.length - NAMED_AT_MOST;
  const named = texts.slice(0, NAMED_AT_MOST).join(', ');
  return rest > 0 ? `${named} and ${rest} more` : named;
}

/** A name as one line of text that shows every character that would not be seen, or would steer a terminal. */
export function quoted(name: string): string {
  return JSON.stringify(name).replace(/[\u007f-\u009f\u2028-\u202e\u2066-\u2069\ufeff]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

function described(trouble: FileTrouble): string {
  const path = trouble.path === '' ? '.' : trouble.path;
  const name = trouble.kind === 'not-utf8' ? quotedBytes(path) : quoted(path);
  return trouble.detail === undefined ? name : `${name} ${trouble.detail}`;
}

function quotedBytes(path: string): string {
  const last = path.lastIndexOf('/') + 1;
  const name = quoted(path.slice(last)).replace(/[\u0080-\u00ff]|\\u00([89][0-9a-f])/g, (character, escaped) => {
    return `\\x${escaped ?? character.charCodeAt(0).toString(16)}`;
  });
  return quoted(path.slice(0, last)).slice(0, -1) + name.slice(1);
}
