import { labelOf, type NameState, type NameTarget, type StableName, shortTarget } from '../domain/names.ts';
import { code, escapeText, table } from './markdown.ts';
import { shortCid } from './units.ts';

const STATES: Readonly<Record<NameState['state'], string>> = {
  moved: 'moved',
  unconfirmed: '⚠️ set, not seen by everybody yet',
  unchanged: 'unchanged',
  planned: 'would be moved',
  failed: '❌ failed',
};

/** What became of the stable names, Markdown; '' where there are none. */
export function renderNamesSection(states: readonly NameState[]): string {
  if (states.length === 0) return '';
  const rows = states.map((state) => [
    state.name.kind === 'dnslink' ? code(state.name.domain) : `hot swap ${code(shortCid(state.name.cid))}`,
    code(state.name.tag),
    STATES[state.state],
    beforeOf(state),
    escapeText(state.note),
  ]);
  const undo = states.filter(({ written }) => written === true).map((state) => `- ${undoOf(state)}`);
  return [
    '#### Stable names',
    table(['Name', 'Follows', 'State', 'Before', 'Note'], rows),
    ...(undo.length === 0 ? [] : [['To undo it by hand:', '', ...undo].join('\n')]),
  ].join('\n\n');
}

/** One line for the log, plain text. */
export function renderNameLine({ name, state, previous, note }: NameState): string {
  const from = previous === undefined || state === 'unchanged' ? '' : ` (was ${shortTarget(previous.path)})`;
  const words = { ...STATES, unconfirmed: 'set, not seen by everybody yet', failed: 'failed' };
  return `${nameOf(name)}: ${words[state]}${from}${note === '' ? '' : `: ${note}`}`;
}

function nameOf(name: StableName): string {
  return name.kind === 'dnslink' ? labelOf(name) : `hot swap ${labelOf(name)}`;
}

function beforeOf({ previous, state, written }: NameState): string {
  if (previous !== undefined) return code(shortTarget(previous.path));
  // Who failed may not have got as far as to know.
  return state === 'failed' && written !== true ? 'not known' : 'nothing';
}

function undoOf({ name, previous }: NameState): string {
  return name.kind === 'dnslink' ? undoDnslink(name.domain, previous) : undoSwap(name.cid, previous);
}

function undoDnslink(domain: string, previous: NameTarget | undefined): string {
  const record = `the TXT record ${code(`_dnslink.${domain}`)}`;
  return previous === undefined ? `remove ${record}` : `set ${record} to ${code(`dnslink=${previous.path}`)}`;
}

function undoSwap(cid: string, previous: NameTarget | undefined): string {
  return previous === undefined
    ? `end the hot swap of ${code(cid)} in the Pinata app`
    : `swap ${code(cid)} for ${code(previous.cid ?? previous.path)} in the Pinata app`;
}
