import { createReadStream } from 'node:fs';
import { Refusal } from './answer.ts';
import type { Backend } from './backend.ts';
import { importCar } from './car-import.ts';
import type { Part } from './multipart.ts';
import { exists } from './pins.ts';
import { withKeyvalues } from './rows.ts';
import type { PinRecord } from './store.ts';
import { type Imported, importFolder, importOne, type SourceFile } from './unixfs-import.ts';
import { checkKeyvalues, type UploadFields } from './upload-fields.ts';

/** Stored content that has no record yet. */
export interface Content extends Imported {
  readonly name: string;
  readonly size: number;
  readonly numberOfFiles: number;
  readonly mimeType: string;
  /** Milliseconds until its record shows; undefined: never. */
  readonly importMs: number | undefined;
}

/** Stores what was uploaded: one part is a file (or a CAR), more are a folder. Throws 400 and 413. */
export async function storeParts(parts: readonly Part[], fields: UploadFields, backend: Backend): Promise<Content> {
  const [first, ...others] = parts;
  if (first === undefined) throw new Refusal(400, 'No file was provided');
  if (fields.car) {
    if (others.length > 0) throw new Refusal(400, 'A CAR upload takes one file');
    return storeCar(first, backend);
  }
  if (others.length > 0) return storeFolder(parts, fields, backend);
  const imported = await importOne(first.file, fields.cidVersion, backend.blocks);
  const name = first.path.split('/').at(-1) ?? first.path;
  return { ...imported, name, size: first.bytes, numberOfFiles: 1, mimeType: first.mimeType, importMs: 0 };
}

async function storeCar(part: Part, backend: Backend): Promise<Content> {
  const source = createReadStream(part.file);
  // A refused CAR is not read to its end, and would stay open.
  const { isDirectory, ...imported } = await importCar(source, backend.blocks).finally(() => source.destroy());
  const { carImportFails, carDelayMs } = backend.knobs;
  return {
    ...imported,
    name: part.path,
    mimeType: isDirectory ? 'directory' : 'application/octet-stream',
    importMs: carImportFails ? undefined : carDelayMs,
  };
}

async function storeFolder(parts: readonly Part[], fields: UploadFields, backend: Backend): Promise<Content> {
  if (parts.length > backend.knobs.folderMaxFiles) throw new Refusal(413, 'Too many files in the folder');
  const [folder, files] = splitFolder(parts, backend.knobs.folderPrefix);
  const imported = await importFolder(files, fields.cidVersion, backend.blocks);
  const size = parts.reduce((total, part) => total + part.bytes, 0);
  return { ...imported, name: folder, size, numberOfFiles: parts.length, mimeType: 'directory', importMs: 0 };
}

/** The common first segment, and the files below the root that this gives. */
function splitFolder(parts: readonly Part[], prefix: 'strip' | 'keep'): [string, readonly SourceFile[]] {
  const paths = parts.map((part) => part.path.split('/'));
  const folder = paths[0]?.[0] ?? '';
  const files = paths.map((segments, index): SourceFile => {
    const [first = '', second, ...rest] = segments;
    const odd = segments.some((segment) => segment === '' || segment === '.' || segment === '..');
    if (odd || first !== folder || second === undefined) {
      throw new Refusal(400, 'More than one file and/or directory was provided for pinning.');
    }
    const file = parts[index]?.file ?? '';
    return { path: prefix === 'strip' ? [second, ...rest] : [first, second, ...rest], file };
  });
  return [folder, files];
}

/** A record that was made, or that was there before with the same CID. */
export interface Recorded {
  readonly pin: PinRecord;
  readonly isDuplicate: boolean;
}

/** Makes the record of stored content, or finds the one that it has already; `duplicates` says what changes there. */
export function recordPin(content: Content, fields: UploadFields, backend: Backend): Recorded {
  const now = backend.clock.now();
  const fresh = newPin(content, fields, backend);
  const earlier = backend.store.pins
    .withRoot(fresh.root)
    .find((pin) => exists(pin, now) && pin.readyAt !== null && pin.network === fields.network && pin.cid === fresh.cid);
  if (earlier === undefined || backend.knobs.duplicates === 'new-record') {
    backend.store.pins.put(fresh);
    return { pin: fresh, isDuplicate: earlier !== undefined };
  }
  const pin = renew(earlier, fresh, backend);
  backend.store.pins.put(pin);
  return { pin, isDuplicate: true };
}

/** Throws 400 when merged keyvalues are more than a record holds. */
function renew(earlier: PinRecord, fresh: PinRecord, backend: Backend): PinRecord {
  const { name, keyvalues, groupId, expiresAt } = fresh;
  switch (backend.knobs.duplicates) {
    case 'merge':
      return withKeyvalues(earlier, checkKeyvalues({ ...earlier.keyvalues, ...keyvalues }), backend);
    case 'replace':
      return { ...withKeyvalues(earlier, keyvalues, backend), name, groupId, expiresAt };
    default:
      return earlier;
  }
}

function newPin(content: Content, fields: UploadFields, backend: Backend): PinRecord {
  const { root, importMs } = content;
  const createdAt = backend.clock.now().getTime();
  return {
    id: backend.newId(),
    cid: root.toString(),
    root: root.toV1().toString(),
    network: fields.network,
    name: fields.name ?? content.name,
    size: content.size,
    blockBytes: content.blockBytes,
    numberOfFiles: content.numberOfFiles,
    mimeType: content.mimeType,
    keyvalues: fields.keyvalues,
    groupId: fields.groupId,
    createdAt,
    expiresAt: fields.expiresAt,
    readyAt: importMs === undefined ? null : createdAt + importMs,
    deletedAt: null,
  };
}
