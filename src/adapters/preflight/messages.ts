import type { Assignment } from '../../domain/preflight/assignment.ts';
import type { Preflight } from '../../domain/preflight/finding.ts';

/** A part of a file: `length` bytes from where the part before ended. */
export interface Part {
  /** Undefined where the file of the part before goes on. */
  readonly begins: { readonly path: string; readonly bytes: number } | undefined;
  readonly length: number;
  readonly ends: boolean;
}

export type ToInspector =
  /** Comes once, before everything else. */
  | { readonly kind: 'assignment'; readonly assignment: Assignment }
  | { readonly kind: 'parts'; readonly buffer: SharedArrayBuffer; readonly parts: readonly Part[] }
  | { readonly kind: 'finish' };

export type FromInspector =
  /** The bytes were read; the buffer may be filled again. */
  | { readonly kind: 'emptied'; readonly buffer: SharedArrayBuffer }
  | { readonly kind: 'done'; readonly preflight: Preflight; readonly busyMs: number };
