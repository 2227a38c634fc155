import type { Secret } from './secret.ts';
import { isPlaceholder } from './secret-placeholder.ts';
import { countPlace, type Stretch, textOf } from './secret-stretches.ts';

/** With it a connection string of Azure begins. */
export const AZURE_NEEDLE = 'DefaultEndpointsProtocol=';

/** The key of a storage account, 64 bytes in base64; the emulator's own begins with a word. */
export function judgeAzure(stretch: Stretch, at: number): Secret | undefined {
  if (!countPlace(stretch)) return undefined;
  const value = /AccountKey=([A-Za-z0-9+/]{86}==)/.exec(textOf(stretch, at, at + 400))?.[1];
  if (value === undefined || value.startsWith('Eby8vdM02xNOcqF') || isPlaceholder(value)) return undefined;
  return { kind: 'azure-storage-key', what: 'The key of a storage account of Azure', value };
}
