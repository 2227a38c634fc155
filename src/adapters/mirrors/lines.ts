import { parseJson, textAt } from '../../domain/json.ts';
import type { Answer } from '../http/traffic.ts';

/** The values of an answer that is JSON, one a line; what is no JSON is left out. */
export function jsonLines({ body }: Answer): readonly unknown[] {
  return body.split('\n').flatMap((line) => parseJson(line) ?? []);
}

/**
 * Why a stream failed that had begun well: its status was sent before anybody knew. Kubo and Cluster say so in a trailer, or
 * in a last line; undefined where nothing went wrong.
 */
export function streamTrouble(answer: Answer): string | undefined {
  const trailer = answer.headers.get('x-stream-error') ?? '';
  if (trailer !== '') return trailer;
  for (const line of jsonLines(answer)) {
    const said = textAt(line, 'Root', 'PinErrorMsg') ?? errorLine(line) ?? '';
    if (said !== '') return said;
  }
  return undefined;
}

function errorLine(line: unknown): string | undefined {
  if (textAt(line, 'Type') === 'error') return textAt(line, 'Message');
  return textAt(line, 'cid') === undefined ? textAt(line, 'message') : undefined;
}
