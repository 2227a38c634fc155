import { type Cid, parseCid } from '../../domain/cid.ts';
import { parseJson, textAt, valueAt } from '../../domain/json.ts';
import type { Build } from '../../domain/listing.ts';
import type { MirrorPin } from '../../domain/mirror.ts';
import type { Mirror, MirrorOrder } from '../../ports.ts';
import type { Answer } from '../http/traffic.ts';
import { type MirrorClient, type MirrorRequest, OUT_OF_TIME } from './client.ts';
import { saidTrouble } from './errors.ts';
import { jsonLines, streamTrouble } from './lines.ts';

const ABSENT: MirrorPin = { state: 'absent', ours: false, note: '' };

/**
 * A Kubo node, by its RPC: every call is a POST. What is ours there has our name on its pin, which Kubo knows since 0.27.
 * https://docs.ipfs.tech/reference/kubo/rpc/
 */
export function kuboMirror(client: MirrorClient): Pick<Mirror, 'pin' | 'read' | 'unpin'> {
  return {
    pin: async (order) => {
      // A second pin would put our name over that of somebody else.
      const found = await read(client, order.cid);
      if (found.state === 'pinned') return found;
      if (order.build !== undefined) await importCar(client, order.build);
      return await add(client, order);
    },
    read: (cid) => read(client, cid),
    unpin: async (cid) => {
      const found = await read(client, cid);
      if (found.state !== 'pinned' || !found.ours) return 'kept';
      await call(client, { doing: `unpin ${cid}`, path: `pin/rm?arg=${cid}`, translate: goneIsFine });
      return 'unpinned';
    },
  };
}

function nameOf({ options }: MirrorClient): string {
  return `pinata-deploy ${options.project}`;
}

async function read(client: MirrorClient, cid: Cid): Promise<MirrorPin> {
  const path = `pin/ls?arg=${cid}&type=recursive&names=true`;
  const answer = await call(client, { doing: `look for ${cid}`, path, translate: goneIsFine });
  const keys = valueAt(parseJson(answer.body), 'Keys');
  const key = Object.keys(typeof keys === 'object' && keys !== null ? keys : {}).find((text) => parseCid(text) === cid);
  if (key === undefined) return ABSENT;
  const name = textAt(keys, key, 'Name');
  if (name === nameOf(client)) return { state: 'pinned', ours: true, note: '' };
  const note =
    name === undefined
      ? 'Kubo before 0.27 keeps no names of pins, so this one is never unpinned'
      : 'pinned there without us';
  return { state: 'pinned', ours: false, note };
}

/** Puts the blocks there, without a pin: that one gets our name. */
async function importCar(client: MirrorClient, { root, car }: Build): Promise<void> {
  const doing = `import the CAR of ${root}`;
  const answer = await call(client, { doing, path: 'dag/import?pin-roots=false&stats=true', body: { car } });
  const isThrough = jsonLines(answer).some((line) => valueAt(line, 'Stats') !== undefined);
  if (!isThrough) throw trouble(client, doing, 'the answer ended too early');
}

async function add(client: MirrorClient, { cid }: MirrorOrder): Promise<MirrorPin> {
  const query = new URLSearchParams({ arg: cid, name: nameOf(client), progress: 'true' });
  const answer = await call(client, {
    doing: `pin ${cid}`,
    path: `pin/add?${query}`,
    patience: AbortSignal.timeout(client.options.waitMs),
  });
  if (answer === OUT_OF_TIME) {
    const note = 'it has not found all of it yet, and looks only while somebody waits: run again';
    return { state: 'pending', ours: true, note };
  }
  const found = await read(client, cid);
  return found.state === 'pinned' ? found : { state: 'failed', ours: true, note: 'it does not list the pin it made' };
}

type Call = Pick<MirrorRequest, 'doing' | 'body' | 'patience' | 'translate'> & {
  /** Below /api/v0/. */
  readonly path: string;
};

async function call(client: MirrorClient, { path, translate, ...more }: Call): Promise<Answer> {
  const { traffic } = client.options;
  const answer = await client.ask({
    ...more,
    method: 'POST',
    path: `/api/v0/${path}`,
    translate: (got) => {
      const meant = translate?.(got) ?? got;
      // 500 is all that Kubo refuses with: what it gives a reason for is not better the second time.
      if (meant.status === 500 && messageOf(meant) !== undefined) throw traffic.policy.explain(meant, more.doing);
      return meant;
    },
  });
  const said = streamTrouble(answer);
  if (said !== undefined) throw trouble(client, more.doing, said);
  return answer;
}

function messageOf(answer: Answer): string | undefined {
  return textAt(parseJson(answer.body), 'Message');
}

/** That there is no such pin is an error to Kubo. */
function goneIsFine(answer: Answer): Answer {
  const isGone = answer.status === 500 && /not pinned/.test(messageOf(answer) ?? '');
  return isGone ? { ...answer, status: 200, body: '{}' } : answer;
}

function trouble({ address, options }: MirrorClient, doing: string, said: string): Error {
  return saidTrouble({ name: address.name, token: options.token }, doing, said);
}
