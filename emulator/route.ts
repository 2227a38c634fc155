import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import type { Answer } from './answer.ts';
import type { Backend } from './backend.ts';

/** One request as a route sees it. */
export interface Call {
  readonly method: string;
  /** Absolute, with the host that the client asked for. */
  readonly url: URL;
  /** The segments that stand at `:name` in the route's path, decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly headers: IncomingHttpHeaders;
  readonly body: Readable;
}

export interface Route {
  readonly method: string;
  /** Segments; `:name` takes any one. */
  readonly path: string;
  /** What a key needs: a v3 scope, a legacy scope, any valid key, or nothing at all. */
  readonly needs: { readonly scope: string } | { readonly legacyScope: string } | 'key' | 'nothing';
  /** The signature of a presigned URL is wanted, or stands in for the key when there is one. */
  readonly signature?: 'required' | 'accepted';
  /** True for the requests that an account over its plan may not make. */
  readonly uploads?: true;
  answer(call: Call, backend: Backend): Promise<Answer> | Answer;
}
