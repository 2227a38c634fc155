import { type Generator, generatorOfFiles, generatorOfMeta } from './generator.ts';
import { own } from './reference.ts';
import type { Report, Site } from './rule.ts';

/** What a finding advises, once it is known what made the site. */
export type Advice = (generator: Generator) => string;

export interface Seen {
  readonly kind: string;
  readonly message: string;
  readonly advice: Advice;
  readonly path: string;
  readonly line: number | undefined;
  readonly level?: 'note' | undefined;
}

export interface Place {
  readonly path: string;
  readonly line: number;
  readonly message: () => string;
}

/** Targets of one kind, of which the first few are named. */
export interface Group {
  readonly kind: string;
  readonly most: number;
  /** What is said of the rest, of one and of more: `480 more files are …`. */
  readonly rest: readonly [one: string, more: string];
  readonly advice: Advice;
  readonly level?: 'note' | undefined;
}

export interface Tally {
  readonly see: (group: Group, target: string, place: Place) => void;
  readonly say: (seen: Seen) => void;
  /** What a page says that made it. */
  readonly metaGenerator: (content: string, path: string) => void;
  readonly finish: () => void;
}

interface Targets {
  /** Of the targets that are named, '' for the others. */
  readonly messages: Map<string, string>;
  /** Where the first of the others is. */
  unnamed: Pick<Place, 'path' | 'line'> | undefined;
}

/** Before it is known what made the site, findings wait; not for ever. */
const MOST_WAITING = 50_000;
const MOST_COUNTED = 10_000;

export function createTally(site: Site, report: Report): Tally {
  let { generator, isSure } = generatorOfFiles(site.files.keys());
  /** The page that says it. */
  let from: string | undefined;
  let waiting: Seen[] = [];
  const targets = new Map<Group, Targets>();
  const send = ({ kind, message, advice, path, line, level }: Seen): void =>
    report({ kind, message, advice: advice(generator), path, line, level });
  const settle = (): void => {
    isSure = true;
    for (const seen of waiting) send(seen);
    waiting = [];
  };
  const say = (seen: Seen): void => {
    if (isSure) {
      send(seen);
      return;
    }
    waiting.push(seen);
    if (waiting.length >= MOST_WAITING) settle();
  };
  return {
    say,
    see: (group, target, { path, line, message }) => {
      const known = targets.get(group) ?? { messages: new Map<string, string>(), unnamed: undefined };
      targets.set(group, known);
      const { messages } = known;
      const before = messages.get(target);
      const text = before ?? (messages.size < group.most ? message() : '');
      if (before === undefined && messages.size < MOST_COUNTED) messages.set(own(target), text);
      if (text === '') known.unnamed ??= { path, line };
      const { kind, advice, level } = group;
      if (text !== '') say({ kind, message: text, advice, path, line, level });
    },
    metaGenerator: (content, path) => {
      const named = isSure ? undefined : generatorOfMeta(content);
      if (named === undefined || !isBefore(path, from)) return;
      generator = named;
      from = path;
    },
    finish: () => {
      settle();
      for (const [group, { messages, unnamed }] of targets) {
        const { size } = messages;
        if (unnamed === undefined) continue;
        const { kind, most, rest, advice, level } = group;
        const count = `${size >= MOST_COUNTED ? 'At least ' : ''}${size - most}`;
        send({ kind, message: `${count} more ${rest[size - most === 1 ? 0 : 1]}`, advice, ...unnamed, level });
      }
    },
  };
}

/** The first page of the site knows best, whichever is read first. */
function isBefore(path: string, other: string | undefined): boolean {
  if (other === undefined || path === 'index.html') return true;
  return other !== 'index.html' && path < other;
}
