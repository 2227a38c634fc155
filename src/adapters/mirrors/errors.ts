import { ActionError } from '../../domain/errors.ts';
import { parseJson, textAt } from '../../domain/json.ts';
import type { TrafficPolicy } from '../http/traffic.ts';

/** Whose errors they are, and what must not stand in them. */
interface Speaker {
  readonly name: string;
  readonly token: string | undefined;
}

type Policy = Pick<TrafficPolicy, 'service' | 'requestsPerMinute' | 'concurrency' | 'firstDelayMs' | 'explain'>;

/** How a mirror may be asked; a deadline and a log make it a whole policy. */
export function mirrorPolicy(speaker: Speaker): Policy {
  return {
    service: `Mirror ${speaker.name}`,
    requestsPerMinute: 120,
    concurrency: 2,
    firstDelayMs: 500,
    explain: explainMirror(speaker),
  };
}

/** What an answer of a mirror that is not 2xx means, in words that name it. */
function explainMirror(speaker: Speaker): TrafficPolicy['explain'] {
  return (answer, doing) => {
    const { kind, message, hint } = explainStatus(speaker.name, answer.status, doing);
    const said = [String(answer.status), quotable(messageIn(answer.body), speaker)].filter((part) => part !== '');
    return new ActionError(kind, `${message} (It said: ${said.join(', ')})`, { hint, cause: answer });
  };
}

/** Something that a mirror said in an answer that looks well. */
export function saidTrouble(speaker: Speaker, doing: string, text: string): ActionError {
  const said = quotable(text, speaker) || 'no reason';
  return new ActionError('network', `Mirror ${speaker.name} did not ${doing}: ${said}`, {
    hint: 'Look at the log of that service. The next run tries again.',
  });
}

/** Foreign text, short, on one line, without the token that it may repeat. */
export function quotable(text: string, { token }: Speaker): string {
  const secrets = token === undefined ? [] : [token, btoa(token), ...token.split(':').slice(1)];
  const safe = secrets
    .filter((secret) => secret.length > 3)
    .reduce((rest, secret) => rest.replaceAll(secret, '***'), text)
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .trim();
  return safe.length > 200 ? `${safe.slice(0, 200)}…` : safe;
}

/** The message in an error: `{error:{reason,details}}` of the Pinning Services API, `{Message}` of Kubo, `{message}` of Cluster. */
function messageIn(body: string): string {
  const parsed = parseJson(body);
  const known = [
    textAt(parsed, 'error', 'reason'),
    textAt(parsed, 'error', 'details'),
    textAt(parsed, 'error'),
    textAt(parsed, 'Message'),
    textAt(parsed, 'message'),
  ].filter((text) => text !== undefined && text !== '');
  return known.join(', ');
}

type Explanation = Pick<ActionError, 'kind' | 'message'> & { readonly hint: string };

function explainStatus(name: string, status: number, doing: string): Explanation {
  if (status === 401 || status === 403) {
    return {
      kind: 'credentials',
      message: `Mirror ${name} does not accept its token, so it did not ${doing}.`,
      hint: `Check the line ${name}=… in mirror-tokens, and what the token may do there.`,
    };
  }
  if (status === 402 || status === 409 || status === 413 || status === 507) {
    return {
      kind: 'quota',
      message: `Mirror ${name} has no room or no funds left to ${doing}.`,
      hint: 'Look at the plan and the usage of that service.',
    };
  }
  if (status === 429) {
    return {
      kind: 'quota',
      message: `The rate limit of mirror ${name} left no room to ${doing}.`,
      hint: 'Run fewer deploys at once. The next run tries again.',
    };
  }
  if (status >= 500) {
    return {
      kind: 'network',
      message: `Mirror ${name} failed to ${doing}.`,
      hint: 'Look at the log of that service. The next run tries again.',
    };
  }
  if (status === 404 || status === 405 || (status >= 300 && status < 400)) {
    return {
      kind: 'network',
      message: `Nothing at the address of mirror ${name} can ${doing}.`,
      hint: `Check the line ${name}=… in mirrors: its base URL, and kubo+ or cluster+ before it where it is one of these.`,
    };
  }
  return {
    kind: 'conflict',
    message: `Mirror ${name} did not ${doing}.`,
    hint: 'Look at what it said. If that does not tell why, open an issue with the log of this run.',
  };
}
