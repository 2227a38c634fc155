import type { CarSource } from '../../domain/listing.ts';
import type { Upload, UploadOrder } from '../../ports.ts';
import type { PinataAccount } from './account.ts';
import { answerBehind, DOING, explainPinata, isCarRefusal } from './errors.ts';
import { uploadFolder } from './folder.ts';
import { findOrCreateGroup } from './groups.ts';
import { uploadResumable } from './resumable.ts';
import { parseRow } from './rows.ts';

/** Above this a CAR goes in parts that can be resumed. */
const SINGLE_REQUEST_BYTES = 16 * 1024 * 1024;

/** Sends a build by the ordered method and tells what Pinata made of it. */
export async function uploadBuild(account: PinataAccount, order: UploadOrder): Promise<Upload> {
  const groupId = order.group === undefined ? undefined : await findOrCreateGroup(account, order.group);
  if (order.method === 'folder') return await uploadFolder(account, order, groupId);
  const inOneRequest = order.build.car.bytes <= SINGLE_REQUEST_BYTES;
  try {
    return await (inOneRequest ? uploadSingle(account, order, groupId) : uploadResumable(account, order, groupId));
  } catch (error) {
    const answer = answerBehind(error);
    if (answer === undefined || !isCarRefusal(answer)) throw error;
    // In parts, it is refused before the first one.
    const sentBytes = inOneRequest ? order.build.car.bytes : 0;
    return { kind: 'refused', reason: explainPinata(answer, DOING.upload.text).message, sentBytes };
  }
}

async function uploadSingle(account: PinataAccount, order: UploadOrder, groupId: string | undefined): Promise<Upload> {
  const { build, keyvalues, name, onProgress } = order;
  const car = new File([await readWhole(build.car)], `${name}.car`, { type: 'application/vnd.ipld.car' });
  const before = account.traffic.sent();
  const row = await account.traffic.through(DOING.upload.text, async () => {
    const upload = account.sdk.upload.public
      .file(car)
      .name(name)
      .keyvalues({ ...keyvalues })
      .car();
    return await (groupId === undefined ? upload : upload.group(groupId));
  });
  const { pin, duplicate } = parseRow(row);
  onProgress(car.size, car.size);
  const attempts = account.traffic.sent() - before;
  return { kind: 'uploaded', cid: pin.cid, pinId: pin.id, duplicate, sentBytes: attempts * car.size };
}

async function readWhole(car: CarSource): Promise<Blob> {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  for await (const piece of car.read(0, car.bytes)) pieces.push(new Uint8Array(piece));
  return new Blob(pieces);
}
