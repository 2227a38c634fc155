import { CID } from 'multiformats/cid';
import * as v from 'valibot';
import { type Answer, json } from './answer.ts';
import type { Backend } from './backend.ts';
import { readJson } from './json-body.ts';
import type { Call } from './route.ts';
import type { PinRecord } from './store.ts';

const time = v.pipe(
  v.string(),
  v.isoTimestamp(),
  v.transform((text) => new Date(text).getTime()),
);

const recordSchema = v.strictObject({
  cid: v.pipe(
    v.string(),
    v.rawTransform(({ dataset, addIssue, NEVER }) => {
      try {
        return CID.parse(dataset.value);
      } catch {
        addIssue({ message: 'Not a CID' });
        return NEVER;
      }
    }),
  ),
  name: v.optional(v.string(), 'record'),
  size: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0)), 100),
  /** Not checked against the service's limits: rows may be older than those. */
  keyvalues: v.optional(v.record(v.string(), v.string()), {}),
  createdAt: v.optional(time),
  expiresAt: v.optional(time),
});

const recordsSchema = v.strictObject({ records: v.array(recordSchema) });

/** What a control request says about records: `POST /__emulator/records`. */
export type RecordsRequest = v.InferInput<typeof recordsSchema>;

/** Makes records without any content behind them, much faster than uploads; answers their ids in the same order. */
export async function addRecords(call: Call, backend: Backend): Promise<Answer> {
  const { records } = await readJson(recordsSchema, call.body);
  const made = records.map((given) => recordOf(given, backend));
  for (const record of made) backend.store.pins.put(record);
  return json(200, { ids: made.map(({ id }) => id) });
}

function recordOf(given: v.InferOutput<typeof recordSchema>, backend: Backend): PinRecord {
  const { cid, name, size, keyvalues } = given;
  const createdAt = given.createdAt ?? backend.clock.now().getTime();
  return {
    id: backend.newId(),
    cid: cid.toString(),
    root: cid.toV1().toString(),
    network: 'public',
    name,
    size,
    blockBytes: size,
    numberOfFiles: 1,
    mimeType: 'directory',
    keyvalues,
    groupId: null,
    createdAt,
    expiresAt: given.expiresAt === undefined ? null : Math.floor(given.expiresAt / 1000),
    readyAt: createdAt,
    deletedAt: null,
  };
}
