import { setTimeout as sleep } from 'node:timers/promises';
import { base32 } from 'multiformats/bases/base32';
import type { CID } from 'multiformats/cid';
import { importCar } from '../car-import.ts';
import { cidIn, type Held, holdBlocks } from './held.ts';
import { firstFile, type MirrorCall, type MirrorServer, respond, startMirrorServer } from './server.ts';

export interface KuboKnobs {
  /** The header that a proxy before it wants; undefined where there is none. */
  authorization: string | undefined;
  /** Before 0.27 it had no names of pins. */
  names: boolean;
  /** Where it finds blocks that it does not have. */
  network: Held;
  /** An import that breaks after its status was sent, and how that is told. */
  breaksImport: 'trailer' | 'line' | undefined;
  /** Answers before it is well, with 502 as a proxy does. */
  ill: number;
}

export interface KuboServer extends MirrorServer {
  readonly knobs: KuboKnobs;
  readonly blocks: Held;
  /** CID → name. */
  readonly pins: Map<string, string>;
}

interface Node {
  readonly blocks: Held;
  readonly pins: Map<string, string>;
  readonly knobs: KuboKnobs;
}

/** What of Kubo's RPC keeps content: pin/ls, pin/add, pin/rm and dag/import. */
export async function startKubo(changes: Partial<KuboKnobs> = {}, port = 0): Promise<KuboServer> {
  const knobs: KuboKnobs = {
    authorization: undefined,
    names: true,
    network: holdBlocks(),
    breaksImport: undefined,
    ill: 0,
    ...changes,
  };
  const node: Node = { blocks: holdBlocks(), pins: new Map(), knobs };
  const server = await startMirrorServer((call) => serve(node, call), port);
  return { ...server, ...node };
}

const COMMANDS: Readonly<Record<string, (node: Node, call: MirrorCall) => Promise<void>>> = {
  '/api/v0/pin/ls': listPins,
  '/api/v0/pin/add': addPin,
  '/api/v0/pin/rm': removePin,
  '/api/v0/dag/import': importDag,
};

async function serve(node: Node, call: MirrorCall): Promise<void> {
  const { authorization } = node.knobs;
  if (node.knobs.ill > 0) {
    node.knobs.ill -= 1;
    return await respond(call, 502, 'Bad Gateway');
  }
  if (authorization !== undefined && call.request.headers.authorization !== authorization) {
    return await respond(call, 401, 'Unauthorized');
  }
  const command = COMMANDS[call.path];
  if (command === undefined) return await respond(call, 404, '404 page not found');
  if (call.method !== 'POST') return await respond(call, 405, '405 - Method Not Allowed');
  await command(node, call);
}

/** Everything that Kubo refuses is a 500. */
async function refuse(call: MirrorCall, Message: string): Promise<void> {
  await respond(call, 500, { Message, Code: 0, Type: 'error' });
}

function argument({ query }: MirrorCall): CID | undefined {
  return cidIn(query.get('arg') ?? '');
}

function keyOf(cid: CID): string {
  return cid.version === 0 ? cid.toString() : cid.toString(base32);
}

async function listPins({ pins, knobs }: Node, call: MirrorCall): Promise<void> {
  const cid = argument(call);
  if (cid === undefined) return await refuse(call, 'invalid path');
  const name = pins.get(keyOf(cid));
  if (name === undefined) return await refuse(call, `path '${call.query.get('arg')}' is not pinned`);
  const Name = call.query.get('names') === 'true' ? name : '';
  const pin = { Type: 'recursive', ...(knobs.names ? { Name } : {}) };
  await respond(call, 200, { Keys: { [keyOf(cid)]: pin } });
}

const PROGRESS_MS = 50;

async function addPin(node: Node, call: MirrorCall): Promise<void> {
  const cid = argument(call);
  if (cid === undefined) return await refuse(call, 'invalid path');
  const { response } = call;
  response.writeHead(200, { 'content-type': 'application/json', trailer: 'X-Stream-Error', 'x-chunked-output': '1' });
  // It looks as long as somebody waits.
  for (let nodes = 1; !(await isComplete(node, cid)); nodes += 1) {
    if (response.destroyed) return;
    response.write(`${JSON.stringify({ Progress: nodes })}\n`);
    await sleep(PROGRESS_MS);
  }
  node.pins.set(keyOf(cid), node.knobs.names ? (call.query.get('name') ?? '') : '');
  response.end(`${JSON.stringify({ Pins: [keyOf(cid)] })}\n`);
}

async function isComplete({ blocks, knobs }: Node, cid: CID): Promise<boolean> {
  return (await blocks.hasAll(cid)) || (await knobs.network.hasAll(cid));
}

async function removePin({ pins }: Node, call: MirrorCall): Promise<void> {
  const cid = argument(call);
  if (cid === undefined) return await refuse(call, 'invalid path');
  if (!pins.delete(keyOf(cid))) return await refuse(call, 'not pinned or pinned indirectly');
  await respond(call, 200, { Pins: [keyOf(cid)] });
}

async function importDag({ blocks, pins, knobs }: Node, call: MirrorCall): Promise<void> {
  const { response, query } = call;
  const imported = await firstFile(call.request)
    .then((file) => importCar(file, blocks))
    .catch((error: unknown) => String(error));
  if (typeof imported === 'string') return await refuse(call, imported);
  response.writeHead(200, { 'content-type': 'application/json', trailer: 'X-Stream-Error', 'x-chunked-output': '1' });
  if (knobs.breaksImport === 'trailer') response.addTrailers({ 'X-Stream-Error': 'no space left on device' });
  if (knobs.breaksImport === 'line') {
    response.write(
      `${JSON.stringify({ Root: { Cid: { '/': keyOf(imported.root) }, PinErrorMsg: 'disk is full' } })}\n`,
    );
  }
  if (query.get('pin-roots') !== 'false') pins.set(keyOf(imported.root), '');
  const stats = { Stats: { BlockCount: 1, BlockBytesCount: imported.blockBytes } };
  const isWell = query.get('stats') === 'true' && knobs.breaksImport !== 'trailer';
  response.end(isWell ? `${JSON.stringify(stats)}\n` : '\n');
}
