import { compareUtf8 } from '../file-rules.ts';
import { type Finding, type Preflight, RULES, type RuleName, type Severity, type Sighting } from './finding.ts';
import { createHider } from './hider.ts';
import type { InspectedFile, Reader, Rule } from './rule.ts';

/** A look at one build: its files one after the other, each in pieces. */
export interface Inspection {
  /** Begins a file; false where no rule wants its bytes, which then need not come. */
  readonly begin: (file: InspectedFile) => boolean;
  readonly take: (piece: Uint8Array) => void;
  readonly end: () => void;
  readonly finish: () => Promise<Preflight>;
}

/** Rules that are asked, with what their findings mean. */
export interface AskedRule {
  readonly rule: (report: (sighting: Sighting) => void) => Rule;
  readonly severity: 'error' | 'warn';
}

/** Of one rule and severity; more is not read by anybody. */
const MOST_FINDINGS = 120;

/** @param secrets Texts that no finding may show, besides those that a rule names. */
export function createInspection(asked: readonly AskedRule[], secrets: readonly string[] = []): Inspection {
  const ledger = createLedger();
  const rules = asked.map(({ rule, severity }) => {
    const page = ledger.page(severity);
    const made: Rule = rule((sighting) => page(made.name, sighting));
    return made;
  });
  let readers: readonly Reader[] = [];
  let decoder: InstanceType<typeof TextDecoder> | undefined;
  return {
    begin: (file) => {
      readers = rules.flatMap((rule) => rule.open(file) ?? []);
      decoder = readers.some(({ kind }) => kind === 'text') ? new TextDecoder('utf-8') : undefined;
      return readers.length > 0;
    },
    take: (piece) => {
      const text = decoder?.decode(piece, { stream: true }) ?? '';
      for (const reader of readers) {
        if (reader.kind === 'bytes') reader.take(piece);
        else if (text !== '') reader.take(text);
      }
    },
    end: () => {
      const rest = decoder?.decode() ?? '';
      for (const reader of readers) {
        if (reader.kind === 'text' && rest !== '') reader.take(rest);
        reader.end();
      }
      readers = [];
    },
    finish: async () => {
      for (const rule of rules) await rule.finish();
      return ledger.read(createHider([...secrets, ...rules.flatMap((rule) => [...(rule.hidden?.() ?? [])])]));
    },
  };
}

interface Entry {
  readonly first: Sighting;
  readonly rule: RuleName;
  readonly severity: Severity;
  times: number;
  /** Files come one after the other, so the last tells whether this is one more. */
  files: number;
  lastPath: string;
}

/** Of one rule and severity. */
const MOST_KEPT = 1000;

/** Merges what is the same. */
function createLedger() {
  const pages: Entry[][] = [];
  return {
    /**
     * Where one rule writes, with room of its own: no flood of one rule's warnings hides an error, or another rule. A site may
     * have a sighting for every hundred bytes: no key is made of several texts.
     */
    page(severity: 'error' | 'warn'): (rule: RuleName, sighting: Sighting) => void {
      const entries: Entry[] = [];
      pages.push(entries);
      const kept: Record<Severity, number> = { error: 0, warn: 0, note: 0 };
      const byMessage = new Map<string, readonly Entry[]>();
      return (rule, sighting) => {
        const { kind, message, path, level = severity } = sighting;
        const alike = byMessage.get(message) ?? [];
        const known = alike.find((entry) => entry.first.kind === kind && entry.severity === level);
        if (known !== undefined) {
          known.times += 1;
          if (known.lastPath !== path) known.files += 1;
          known.lastPath = path;
          return;
        }
        if (kept[level] >= MOST_KEPT) return;
        kept[level] += 1;
        const entry: Entry = { first: sighting, rule, severity: level, files: 1, lastPath: path, times: 1 };
        entries.push(entry);
        byMessage.set(message, [...alike, entry]);
      };
    },
    read(hide: (text: string) => string): Preflight {
      const all = pages.flat();
      const count = (severity: Severity): number => all.filter((entry) => entry.severity === severity).length;
      const shown = pages.flatMap((entries) => {
        const bySeverity = Object.values(Object.groupBy(entries.sort(byWeight), ({ severity }) => severity));
        return bySeverity.flatMap((group = []) => group.slice(0, MOST_FINDINGS));
      });
      return {
        findings: shown.sort(byWeight).map((entry) => asFinding(entry, hide)),
        counts: { error: count('error'), warn: count('warn'), note: count('note') },
      };
    },
  };
}

const WEIGHTS: Readonly<Record<Severity, number>> = { error: 0, warn: 1, note: 2 };
const ORDER = Object.keys(RULES);

function byWeight(a: Entry, b: Entry): number {
  return (
    WEIGHTS[a.severity] - WEIGHTS[b.severity] ||
    ORDER.indexOf(a.rule) - ORDER.indexOf(b.rule) ||
    compareUtf8(a.first.path, b.first.path) ||
    (a.first.line ?? 0) - (b.first.line ?? 0)
  );
}

function asFinding({ first, rule, severity, files, times }: Entry, hide: (text: string) => string): Finding {
  const { kind, message, advice, path, line } = first;
  return { rule, severity, kind, message: hide(message), advice, path: hide(path), line, times, files };
}
