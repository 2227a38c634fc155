import type { Build } from '../domain/listing.ts';
import type { DeployPlan } from '../domain/plan.ts';
import { renderBytes, renderCount } from './units.ts';

/** The plan as log lines. */
export function renderPlan(plan: DeployPlan, build: Build): readonly string[] {
  const source =
    plan.source.kind === 'upload'
      ? `upload ${renderBytes(build.car.bytes)} (${plan.source.reason})`
      : `use the pin ${plan.source.pin.id}`;
  return [
    `CID       ${plan.cid} (${build.profile})`,
    `Content   ${renderCount(build.listing.size, 'file')}, ${renderBytes(build.bytes)}, ${renderCount(build.blocks, 'block')}`,
    `Pin       ${source}`,
    `Tags      ${plan.tags.length === 0 ? 'none' : plan.tags.join(', ')}`,
    `Before    ${plan.previous === undefined ? 'nothing' : plan.previous === plan.cid ? 'the same CID' : plan.previous}`,
  ];
}
