import { ActionError } from '../../domain/errors.ts';
import { parseJson, textAt } from '../../domain/json.ts';
import type { Answer } from '../http/traffic.ts';

/** What can be asked of Pinata, in words that follow "could not", with the permission it needs. */
export const DOING = {
  list: { text: 'list the pins', permission: 'Files: Read' },
  read: { text: 'read a pin', permission: 'Files: Read' },
  update: { text: 'write tags to a pin', permission: 'Files: Write' },
  unpin: { text: 'unpin', permission: 'Files: Write' },
  swap: { text: 'look for a hot swap', permission: 'Files: Read' },
  writeSwap: { text: 'set a hot swap', permission: 'Files: Write' },
  removeSwap: { text: 'end a hot swap', permission: 'Files: Write' },
  accessLink: { text: 'make an access link', permission: 'Files: Read' },
  gateways: { text: 'read the gateways of the account', permission: 'Gateways: Read' },
  usage: { text: "read the account's usage", permission: 'Legacy Endpoints, Data: userPinnedDataTotal' },
  upload: { text: 'upload the build', permission: 'Files: Write' },
  sign: { text: 'prepare a folder upload', permission: 'Files: Write' },
  uploadLegacy: {
    text: 'upload the folder to the legacy endpoint',
    permission: 'Legacy Endpoints, Pinning: pinFileToIPFS',
  },
  listGroups: { text: 'list the groups', permission: 'Groups: Read' },
  createGroup: { text: 'create the group', permission: 'Groups: Write' },
} as const;

interface ServiceMessage {
  readonly reason: string;
  readonly text: string;
}

/**
 * The message in an error body. Pinata has three shapes: `{error:{code,message}}`, `{error:{reason,details}}` and
 * `{error:"text"}`; proxies in front of it answer pages.
 */
function serviceMessage(body: string): ServiceMessage {
  const parsed = parseJson(body);
  const part = (...path: readonly string[]): string => quotable(textAt(parsed, ...path) ?? '');
  return {
    reason: part('error', 'reason'),
    text: part('error') || part('error', 'message') || part('error', 'details'),
  };
}

/** Foreign text, short and without anything that looks like a JWT. */
function quotable(text: string): string {
  const safe = text
    .replace(/[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}/g, '***')
    .replace(/\s+/g, ' ')
    .trim();
  return safe.length > 200 ? `${safe.slice(0, 200)}…` : safe;
}

/** True when the account's plan does not import CARs; nothing was stored then. */
export function isCarRefusal(answer: Answer): boolean {
  return answer.status === 403 && /\bcars?\b/i.test(serviceMessage(answer.body).text);
}

/** What a final answer of Pinata that is not 2xx means, and what to do. */
export function explainPinata(answer: Answer, doing: string): ActionError {
  const { reason, text } = serviceMessage(answer.body);
  const said = [String(answer.status), reason, text].filter((part) => part !== '').join(', ');
  const known = answer.status === 403 ? explainForbidden(reason, text, doing) : explainStatus(answer.status, doing);
  return new ActionError(known.kind, `${known.message} (Pinata said: ${said})`, { hint: known.hint, cause: answer });
}

/** The answer behind an error that `explainPinata` made; undefined for others. */
export function answerBehind(error: unknown): Answer | undefined {
  const cause = error instanceof ActionError ? error.cause : undefined;
  return typeof cause === 'object' && cause !== null && 'status' in cause ? (cause as Answer) : undefined;
}

type Explanation = Pick<ActionError, 'kind' | 'message'> & { readonly hint: string };

function explainForbidden(reason: string, text: string, doing: string): Explanation {
  if (reason === 'API_KEY_REVOKED' || /revoked/i.test(text)) return rejectedKey('The key in pinata-jwt was revoked.');
  if (/blocked|plan usage|limit/i.test(text)) {
    return {
      kind: 'quota',
      message: `Pinata has blocked the account over its plan's limits and does not ${doing}.`,
      hint: 'Look at the usage in the Pinata app; unpin what you do not need or choose a larger plan.',
    };
  }
  if (/\bcars?\b/i.test(text)) return carRefusal(doing);
  if (/\benterprise\b|\bprivate (?:files?|ipfs)\b/i.test(text)) return privateRefusal(doing);
  const permission = Object.values(DOING).find((entry) => entry.text === doing)?.permission ?? 'Files: Write';
  return {
    kind: 'credentials',
    message: `The key in pinata-jwt is not allowed to ${doing}.`,
    hint: `Make a key in the Pinata app (API Keys) with the permission "${permission}" ticked, and store its JWT as the secret.`,
  };
}

function carRefusal(doing: string): Explanation {
  return {
    kind: 'quota',
    message: `The account's plan does not import CARs, so Pinata does not ${doing}.`,
    hint: 'Use a paid plan, or set upload-method: folder.',
  };
}

function privateRefusal(doing: string): Explanation {
  return {
    kind: 'quota',
    message: `The account's plan has no private files, so Pinata does not ${doing}: they are there on Enterprise accounts only.`,
    hint: 'Take an Enterprise plan, or set network: public, where anybody who knows the CID can read the content.',
  };
}

function rejectedKey(message: string): Explanation {
  return {
    kind: 'credentials',
    message,
    hint: 'Make a new JWT in the Pinata app (API Keys) and store it as the secret that pinata-jwt reads.',
  };
}

function explainStatus(status: number, doing: string): Explanation {
  if (status === 401) return rejectedKey(`Pinata does not accept the key in pinata-jwt, so it did not ${doing}.`);
  if (status === 402) {
    return {
      kind: 'quota',
      message: `Pinata wants to be paid before it can ${doing}.`,
      hint: 'Look at the plan and the bills in the Pinata app.',
    };
  }
  if (status === 404 && doing === DOING.list.text) {
    return {
      kind: 'network',
      message: `There is no such address to ${doing}.`,
      hint: 'Check pinata-api-url: a base URL without /v3.',
    };
  }
  if (status === 404) {
    return {
      kind: 'conflict',
      message: `What was to be used is gone, so Pinata did not ${doing}.`,
      hint: 'Another run or person removed it. Run the job again.',
    };
  }
  if (status === 413) {
    return {
      kind: 'quota',
      message: `Pinata refused to ${doing}: it is too large.`,
      hint: 'Deploy a smaller directory, or use a plan that imports CARs (25 GB at most).',
    };
  }
  if (status === 429) {
    return {
      kind: 'quota',
      message: `Pinata's rate limit left no room to ${doing}.`,
      hint: 'Lower requests-per-minute, or run fewer deploys of this account at once.',
    };
  }
  if (status >= 500) {
    return {
      kind: 'network',
      message: `Pinata failed to ${doing}.`,
      hint: 'Run the job again. If it stays so, look at the status page of Pinata.',
    };
  }
  if (status >= 300 && status < 400) {
    return {
      kind: 'network',
      message: `Something between the runner and Pinata redirected the request to ${doing}.`,
      hint: 'Check pinata-api-url, pinata-upload-url and the proxy of the runner.',
    };
  }
  return {
    kind: 'conflict',
    message: `Pinata did not ${doing}.`,
    hint: 'Look at the inputs that the message speaks of, such as group. If it does not tell why, open an issue with the log of this run.',
  };
}
