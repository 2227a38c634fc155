import { type Answer, json } from './answer.ts';

type Coded = readonly [code: number, message: string];

/** A request that Cloudflare refuses, by its own code, and what stands behind that. */
export class CloudflareRefusal extends Error {
  readonly status: number;
  readonly code: number;
  readonly chain: readonly Coded[];

  constructor(status: number, [code, message]: Coded, chain: readonly Coded[] = []) {
    super(message);
    this.status = status;
    this.code = code;
    this.chain = chain;
  }
}

export function renderRefusal({ status, code, message, chain }: CloudflareRefusal): Answer {
  const behind = chain.map(([inner, text]) => ({ code: inner, message: text }));
  const error = { code, message, ...(behind.length === 0 ? {} : { error_chain: behind }) };
  return json(status, { success: false, errors: [error], messages: [], result: null });
}
