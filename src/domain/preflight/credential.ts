import { encodingsOf } from './secret-encodings.ts';

/** A value that this run was given to keep. */
export interface Credential {
  /** The input that it came in: `pinata-jwt`. */
  readonly name: string;
  readonly value: string;
}

/** What is shorter is in many a text by chance. */
const SHORTEST = 12;

/** The credentials that are long enough to be looked for. */
export function searchable(credentials: readonly Credential[]): readonly Credential[] {
  return credentials.filter(({ value }) => value.length >= SHORTEST);
}

/** Every way in which the credentials may be written. */
export function credentialForms(credentials: readonly Credential[]): readonly string[] {
  return searchable(credentials).flatMap(({ value }) => textForms(value));
}

/** The input whose value is part of a name; such a name would be shown in many places. */
export function credentialInNames(credentials: readonly Credential[], paths: Iterable<string>): string | undefined {
  const forms = searchable(credentials).flatMap(({ name, value }) => textForms(value).map((form) => ({ name, form })));
  for (const path of paths) {
    const found = forms.find(({ form }) => path.includes(form));
    if (found !== undefined) return found.name;
  }
  return undefined;
}

function textForms(value: string): readonly string[] {
  return encodingsOf(value).map((form) => new TextDecoder().decode(form));
}
