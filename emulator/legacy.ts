import * as v from 'valibot';
import { type Answer, json, Refusal } from './answer.ts';
import type { Backend } from './backend.ts';
import { removePin } from './files.ts';
import { recordPin, storeParts } from './ingest.ts';
import { parseJson } from './json-body.ts';
import { receiveForm } from './multipart.ts';
import { isReady } from './pins.ts';
import type { Call, Route } from './route.ts';
import type { PinRecord } from './store.ts';
import { checkKeyvalues, type UploadFields } from './upload-fields.ts';

/** `/pinning/*`: the older folder upload and unpin by CID, with permissions of their own. */
export const legacyRoutes: readonly Route[] = [
  {
    method: 'POST',
    path: '/pinning/pinFileToIPFS',
    needs: { legacyScope: 'pinFileToIPFS' },
    uploads: true,
    answer: pinFiles,
  },
  { method: 'DELETE', path: '/pinning/unpin/:cid', needs: { legacyScope: 'unpin' }, answer: unpin },
];

async function pinFiles(call: Call, backend: Backend): Promise<Answer> {
  const { scratch, knobs } = backend;
  const form = await receiveForm(call.headers, call.body, { scratch, bodyBytes: knobs.uploadLimit });
  try {
    const fields = parseLegacyFields(form.fields);
    const { pin, isDuplicate } = recordPin(await storeParts(form.parts, fields, backend), fields, backend);
    return json(200, { ...renderPin(pin), ...(isDuplicate ? { isDuplicate } : {}) });
  } finally {
    await form.discard();
  }
}

const metadataSchema = v.object({
  name: v.optional(v.string()),
  keyvalues: v.optional(v.record(v.string(), v.union([v.string(), v.number(), v.boolean()]))),
});

const optionsSchema = v.object({
  cidVersion: v.optional(v.picklist([0, 1]), 0),
  groupId: v.optional(v.string()),
});

function parseLegacyFields(fields: ReadonlyMap<string, string>): UploadFields {
  const { name, keyvalues = {} } = parseJson(metadataSchema, fields.get('pinataMetadata') ?? '{}');
  const { cidVersion, groupId } = parseJson(optionsSchema, fields.get('pinataOptions') ?? '{}');
  const texts = Object.entries(keyvalues).map(([key, value]) => [key, String(value)]);
  return {
    network: 'public',
    name,
    groupId: groupId ?? null,
    keyvalues: checkKeyvalues(v.parse(v.record(v.string(), v.string()), Object.fromEntries(texts))),
    cidVersion: cidVersion === 0 ? 'v0' : 'v1',
    car: false,
    expiresAt: null,
  };
}

function renderPin(pin: PinRecord): Record<string, unknown> {
  return {
    ID: pin.id,
    Name: pin.name,
    IpfsHash: pin.cid,
    PinSize: pin.blockBytes,
    Timestamp: new Date(pin.createdAt).toISOString(),
    NumberOfFiles: pin.numberOfFiles,
    MimeType: pin.mimeType,
    GroupId: pin.groupId,
    Keyvalues: pin.keyvalues,
  };
}

/** Takes every public record of the CID away. */
function unpin(call: Call, backend: Backend): Answer {
  const cid = call.params.cid ?? '';
  const now = backend.clock.now();
  const held = backend.store.pins
    .all()
    .filter((pin) => pin.cid === cid && pin.network === 'public' && isReady(pin, now));
  if (held.length === 0) {
    const details = `The current user has not pinned the cid: ${cid}`;
    throw new Refusal(400, details, { reason: 'CURRENT_USER_HAS_NOT_PINNED_CID' });
  }
  for (const pin of held) removePin(pin, backend);
  return { status: 200, headers: { 'Content-Type': 'text/plain; charset=utf-8' }, body: 'OK' };
}
