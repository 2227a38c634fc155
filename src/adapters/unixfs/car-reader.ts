import { ActionError } from '../../domain/errors.ts';
import type { Build } from '../../domain/listing.ts';

export async function readCar(path: string): Promise<Build> {
  throw new ActionError('input', `${path} is a CAR, which cannot be deployed yet.`);
}
