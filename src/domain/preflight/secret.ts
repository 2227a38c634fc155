import type { Stretch } from './secret-stretches.ts';

/** What is seen in a build. Its value goes nowhere but into a fingerprint. */
export interface Secret {
  /** For machines: `github-token`. */
  readonly kind: string;
  /** For people, at the beginning of a sentence: `A GitHub token`. */
  readonly what: string;
  readonly value: string;
  /** The part of the value that nobody may be shown; all of it where there is none. */
  readonly hidden?: string | undefined;
  /** `note` for what everybody has anyway, or what is a secret only sometimes. */
  readonly level?: 'note' | undefined;
}

/** Called with a secret and where it begins in the stretch. */
export type FoundSecret = (secret: Secret, at: number) => void;

/** Looks for one kind of thing in a stretch of a text. */
export type Look = (stretch: Stretch, found: FoundSecret) => void;
