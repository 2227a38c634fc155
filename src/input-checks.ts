import { labelOf } from './domain/names.ts';
import { matchesTag } from './domain/retention.ts';
import { computeTags, type Mode, type RunContext } from './domain/run.ts';
import type { FIELDS, Values } from './input-fields.ts';

/** What was given, as text, and as far as it could be parsed. */
interface Given {
  readonly effective: (input: keyof typeof FIELDS) => string;
  readonly values: Partial<Values>;
}

/** What is missing, or cannot be together, though each value by itself is fine. */
export function problemsBetween(mode: Mode, given: Given, context: RunContext): readonly string[] {
  const { values } = given;
  return [...missing(mode, given, context), ...lockedNames(mode, values, context), ...contradictions(values)];
}

function missing({ kind }: Mode, { effective, values }: Given, context: RunContext): readonly string[] {
  if (kind === 'skip' || kind === 'refuse') return [];
  const hasKey = effective('pinata-jwt') !== '';
  const deploys = kind === 'deploy' || (kind === 'diff' && hasKey);
  const needsKey = kind !== 'diff' || values['require-credentials'] === true;
  const wanted: readonly [string, boolean][] = [
    [
      'path must be the directory, file or .car to deploy, got nothing.',
      (deploys || kind === 'diff') && effective('path') === '',
    ],
    [
      'pinata-jwt must be a Pinata JWT (or set the environment variable PINATA_JWT), got nothing. Runs for forks get no secrets.',
      needsKey && !hasKey,
    ],
    [
      'project must be a name such as acme/app, got nothing: GITHUB_REPOSITORY is not set.',
      (deploys || kind !== 'diff') && effective('project') === '' && context.repository === '',
    ],
    [
      `tags must be given, one a line, got nothing: none can be computed on ${context.event === '' ? 'an unknown event' : context.event}.`,
      deploys && effective('tags') === '' && computeTags(context).length === 0,
    ],
  ];
  return wanted.filter(([, absent]) => absent).map(([problem]) => problem);
}

/** A name can only follow a tag where its keeper lets us in. */
function lockedNames({ kind }: Mode, values: Partial<Values>, context: RunContext): readonly string[] {
  const moved = {
    deploy: (values.tags ?? []).length > 0 ? (values.tags ?? []) : computeTags(context),
    promote: [values['to-tag']],
    rollback: [values['to-tag']],
  }[String(kind)];
  const follows = (values.dnslink ?? []).filter(({ tag }) => moved?.includes(tag) === true);
  if (follows.length === 0 || values['cloudflare-token'] !== undefined || values['dry-run'] === true) return [];
  return [
    `cloudflare-token must be a token of Cloudflare's API with the permission Zone.DNS: Edit, since dnslink names ${follows.map(labelOf).join(', ')}, got nothing.`,
  ];
}

function contradictions(values: Partial<Values>): readonly string[] {
  const found: string[] = [];
  if (values.network === 'private' && values['upload-method'] === 'car') {
    found.push(
      'upload-method must be "auto" or "folder" when network is "private", got "car": Pinata imports CARs on the public network only.',
    );
  }
  found.push(...misplaced(values));
  if (values.mode === 'cleanup') {
    for (const tag of values.tags ?? []) {
      const glob = values['protect-tags']?.find((pattern) => matchesTag(pattern, tag));
      if (glob !== undefined) {
        found.push(`tags must not name what protect-tags protects in a cleanup, got "${tag}" (${glob}).`);
      }
    }
  }
  return found;
}

/** What cannot be done where it was asked for. */
function misplaced(values: Partial<Values>): readonly string[] {
  const mirrors = (values.mirrors ?? []).map(({ name }) => name);
  const strangers = [...(values['mirror-tokens'] ?? new Map<string, string>()).keys()].filter(
    (name) => !mirrors.includes(name),
  );
  const isPrivate = values.network === 'private';
  const wanted: readonly [string, boolean][] = [
    [
      'from must be what mode "promote" puts the tag on: a tag, a version such as production~1, or a CID, got nothing.',
      values.mode === 'promote' && 'from' in values && values.from === undefined,
    ],
    [
      `from must be given with mode "promote" or "rollback" only; mode is "${values.mode}".`,
      values.from !== undefined && values.mode !== 'promote' && values.mode !== 'rollback',
    ],
    [
      `mirror-tokens must name mirrors; not among them: ${strangers.map((name) => `"${name}"`).join(', ')}.`,
      values.mirrors !== undefined && strangers.length > 0,
    ],
    [
      'mirrors must be empty when network is "private": a mirror would make the content public.',
      isPrivate && mirrors.length > 0,
    ],
    [
      'dnslink must be empty when network is "private": no public gateway serves what it would name.',
      isPrivate && (values.dnslink ?? []).length > 0,
    ],
    [
      'hot-swap-cid must be empty when network is "private": whoever has the address must be able to open it.',
      isPrivate && (values['hot-swap-cid'] ?? []).length > 0,
    ],
    [
      'verify must be "none", "pin" or "gateway" when network is "private", got "blocks": no gateway hands out private blocks.',
      isPrivate && values.verify === 'blocks',
    ],
  ];
  return wanted.filter(([, isWrong]) => isWrong).map(([problem]) => problem);
}
