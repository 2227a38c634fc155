import { type DocumentNode, parse, type ValueNode } from '@humanwhocodes/momoa';
import type { See, Use } from './reference.ts';

const NAMES = new Set([
  'manifest.json',
  'manifest.webmanifest',
  'site.webmanifest',
  'app.webmanifest',
  'site.manifest',
]);
const KEYS = ['start_url', 'icons', 'display', 'short_name', 'scope', 'theme_color'];

/** More is no web manifest. */
export const MOST_MANIFEST = 1024 * 1024;

export function isManifestName(path: string): boolean {
  const name = path.slice(path.lastIndexOf('/') + 1).toLowerCase();
  return NAMES.has(name) || name.endsWith('.webmanifest');
}

/** False when it is no JSON. What does not look like a web manifest names nothing. */
export function readManifest(text: string, see: See): boolean {
  const root = parseJson(text);
  if (root === undefined) return false;
  const body = root.body;
  if (!KEYS.some((key) => memberOf(body, key) !== undefined)) return true;
  const seeAt = (node: ValueNode | undefined, use: Use): void => {
    if (node?.type === 'String') see({ url: node.value, use, line: node.loc.start.line });
  };
  const seeImages = (node: ValueNode): void => {
    for (const image of [...itemsOf(node, 'icons'), ...itemsOf(node, 'screenshots')])
      seeAt(memberOf(image, 'src'), 'image');
  };
  seeAt(memberOf(body, 'start_url'), 'page');
  seeAt(memberOf(body, 'scope'), 'page');
  seeImages(body);
  for (const shortcut of itemsOf(body, 'shortcuts')) {
    seeAt(memberOf(shortcut, 'url'), 'page');
    seeImages(shortcut);
  }
  return true;
}

/** Too deep is no JSON either. */
function parseJson(text: string): DocumentNode | undefined {
  try {
    return parse(text.replace(/^\uFEFF/, ''), { mode: 'json' });
  } catch {
    return undefined;
  }
}

function memberOf(node: ValueNode, key: string): ValueNode | undefined {
  if (node.type !== 'Object') return undefined;
  return node.members.find(({ name }) => name.type === 'String' && name.value === key)?.value;
}

function itemsOf(node: ValueNode, key: string): readonly ValueNode[] {
  const list = memberOf(node, key);
  return list?.type === 'Array' ? list.elements.map(({ value }) => value) : [];
}
