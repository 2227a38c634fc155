import type { Cid } from './domain/cid.ts';
import type { Build, Content } from './domain/listing.ts';
import type { Probe } from './domain/outcome.ts';
import type { Pin, UploadMethod } from './domain/pin.ts';
import type { Keyvalues, Project } from './domain/tag.ts';

export interface Uploaded {
  readonly kind: 'uploaded';
  /** The CID that Pinata answered; undefined when the answer with it got lost. */
  readonly cid: Cid | undefined;
  readonly pinId: string | undefined;
  /** The service met a pin that was there before. */
  readonly duplicate: boolean;
  /** Over all attempts. */
  readonly sentBytes: number;
}

/** What an upload came to. `refused` means: the account's plan does not take CARs, and nothing was stored. */
export type Upload = Uploaded | { readonly kind: 'refused'; readonly reason: string; readonly sentBytes: number };

export interface UploadOrder {
  readonly build: Build;
  readonly content: Content;
  readonly method: UploadMethod;
  readonly name: string;
  readonly group: string | undefined;
  readonly keyvalues: Keyvalues;
  /** Called with the bytes sent so far and the total. */
  readonly onProgress: (sent: number, total: number) => void;
}

/** The account's pins. Every failure is an ActionError. */
export interface Pins {
  /** The pins that carry the project's marker, over all pages, re-checked row by row. */
  listByProject(project: Project): Promise<readonly Pin[]>;
  listByCid(cid: Cid): Promise<readonly Pin[]>;
  /** The pin as it is now, without the list's lag; undefined when it is gone. */
  read(id: string): Promise<Pin | undefined>;
  /** Merges pairs into the pin's keyvalues. */
  addKeyvalues(id: string, pairs: Keyvalues): Promise<void>;
  upload(order: UploadOrder): Promise<Upload>;
  /** Waits until the pin is there: the one with `pinId`, where it is known, else any of the CID. Fails at its deadline. */
  waitUntilListed(cid: Cid, pinId: string | undefined): Promise<Pin>;
}

/** Opens links to a build and tells what came back. Never fails. */
export interface Gateways {
  probe(build: Build): Promise<readonly Probe[]>;
}

/** How a mode speaks to the person who reads the log. */
export interface Log {
  line(text: string): void;
  notice(text: string): void;
  warn(text: string): void;
  /** Lines that are folded under a title. */
  group(title: string, lines: readonly string[]): void;
  /** A line of long work: `done` of `total` bytes. Throttled by the log itself. */
  progress(what: string, done: number, total: number): void;
}
