import { CarWriter } from '@ipld/car/writer';
import { createDirectoryEncoderStream } from 'ipfs-car';
import type { CID } from 'multiformats/cid';

/** Where to send requests, and with which key. */
export interface PinataAccess {
  readonly apiUrl: string;
  readonly uploadUrl: string;
  readonly jwt: string;
}

/** The fields of an uploaded row that tests look at. */
export interface UploadedRow {
  readonly id: string;
  readonly cid: string;
  readonly name: string;
  readonly is_duplicate?: boolean;
}

export interface UploadAnswer {
  readonly status: number;
  readonly row?: UploadedRow;
  /** The error's message. */
  readonly message?: string;
}

/** Uploads a form as a plain HTTP client would; file names are sent as they are, folders included. */
export async function upload(
  to: PinataAccess,
  form: { readonly files: readonly File[]; readonly fields: Readonly<Record<string, string>>; readonly url?: string },
): Promise<UploadAnswer> {
  const body = new FormData();
  for (const [name, value] of Object.entries(form.fields)) body.append(name, value);
  for (const file of form.files) body.append('file', file, file.name);
  const response = await fetch(form.url ?? `${to.uploadUrl}/v3/files`, {
    method: 'POST',
    headers: form.url === undefined ? { Authorization: `Bearer ${to.jwt}` } : {},
    body,
  });
  const { data, error } = (await response.json()) as { data?: UploadedRow; error?: { message?: string } };
  return {
    status: response.status,
    ...(data === undefined ? {} : { row: data }),
    ...(error?.message === undefined ? {} : { message: error.message }),
  };
}

interface PackedCar {
  readonly root: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

interface Block {
  readonly cid: CID;
  readonly bytes: Uint8Array;
}

/** Packs files with another implementation than the one under test. */
export async function packCar(files: readonly File[]): Promise<PackedCar> {
  const blocks: Block[] = [];
  const stream = createDirectoryEncoderStream([...files]) as unknown as AsyncIterable<Block>;
  for await (const block of stream) blocks.push(block);
  return writeCar(blocks, [lastCid(blocks)]);
}

/** What is wrong, or odd, with a CAR. */
export interface Defects {
  readonly flipped?: boolean;
  readonly withoutLast?: boolean;
  readonly cutShort?: boolean;
  readonly twoRoots?: boolean;
  readonly repeat?: boolean;
}

/** A CAR of three small files, with the defect asked for. */
export async function repackCar(defects: Defects): Promise<PackedCar> {
  const files = ['a', 'b', 'c'].map((name) => new File([`content of ${name}`.repeat(100)], `${name}.txt`));
  const blocks: Block[] = [];
  const stream = createDirectoryEncoderStream(files) as unknown as AsyncIterable<Block>;
  for await (const block of stream) blocks.push(block);
  const root = lastCid(blocks);
  const roots = defects.twoRoots === true ? [root, blocks[0]?.cid ?? root] : [root];
  if (defects.withoutLast === true) blocks.shift();
  if (defects.repeat === true) blocks.push(...blocks);
  const car = await writeCar(blocks, roots);
  if (defects.flipped === true) car.bytes[200] = (car.bytes[200] ?? 0) ^ 1;
  return defects.cutShort === true ? { ...car, bytes: car.bytes.slice(0, -10) } : car;
}

function lastCid(blocks: readonly Block[]): CID {
  const last = blocks.at(-1);
  if (last === undefined) throw new Error('There are no blocks');
  return last.cid;
}

async function writeCar(blocks: readonly Block[], roots: readonly CID[]): Promise<PackedCar> {
  const { writer, out } = CarWriter.create([...roots]);
  const chunks: Uint8Array[] = [];
  const reading = (async () => {
    for await (const chunk of out) chunks.push(chunk);
  })();
  for (const block of blocks) await writer.put(block);
  await writer.close();
  await reading;
  return { root: String(roots[0]), bytes: Uint8Array.from(Buffer.concat(chunks)) };
}
