import { type MemberNode, type ObjectNode, parse, type ValueNode } from '@humanwhocodes/momoa';

/** Keys and indices from the top to a value. */
export type JsonPath = readonly (string | number)[];

export interface JsonDocument {
  readonly value: unknown;
  /** Whether some object has one key twice. */
  readonly hasTwice: () => boolean;
  /** Where it has it the second time. */
  readonly lineOfTwice: () => number | undefined;
  /** The line of a value, or of the nearest thing above it; undefined where it takes too long to find. */
  readonly lineOf: (path: JsonPath) => number | undefined;
}

/** Where reading came to an end. */
export interface JsonFault {
  readonly line: number | undefined;
}

/** Positions take many times the memory of the text, and people do not write longer files. */
const LONGEST_WITH_LINES = 256 * 1024;

/**
 * JSON with positions on demand: the built-in parser reads what is right, which is nearly everything, and the one that
 * knows positions is asked where something is wrong.
 */
export function readJson(text: string): JsonDocument | JsonFault {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { line: faultLine(text, error) };
  }
  let tree: ValueNode | undefined;
  let isRead = false;
  const treeOf = (): ValueNode | undefined => {
    if (!isRead) tree = parseTree(text);
    isRead = true;
    return tree;
  };
  return {
    value,
    hasTwice: () => countColons(text) !== countMembers(value),
    lineOfTwice: () => lineOfTwice(treeOf()),
    lineOf: (path) => {
      const top = treeOf();
      return top === undefined ? undefined : lineAt(top, path);
    },
  };
}

function parseTree(text: string): ValueNode | undefined {
  if (text.length > LONGEST_WITH_LINES) return undefined;
  try {
    return parse(text).body;
  } catch {
    // Deeper than its recursion goes.
    return undefined;
  }
}

function faultLine(text: string, error: unknown): number | undefined {
  if (text.length <= LONGEST_WITH_LINES) {
    try {
      parse(text);
    } catch (fault) {
      if (fault instanceof Error && 'line' in fault && typeof fault.line === 'number') return fault.line;
    }
  }
  const position = error instanceof Error ? /at position (\d+)/.exec(error.message)?.[1] : undefined;
  return position === undefined ? undefined : text.slice(0, Number(position)).split('\n').length;
}

const QUOTE = 34;
const COLON = 58;
const BACKSLASH = 92;

/** Of valid JSON, outside of its strings: one for each member of an object. */
function countColons(text: string): number {
  let colons = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === COLON) colons += 1;
    if (code === QUOTE) at = stringEnd(text, at);
  }
  return colons;
}

function stringEnd(text: string, start: number): number {
  let at = start;
  for (;;) {
    at = text.indexOf('"', at + 1);
    if (at === -1) return text.length;
    let slashes = 0;
    while (text.charCodeAt(at - 1 - slashes) === BACKSLASH) slashes += 1;
    if (slashes % 2 === 0) return at;
  }
}

/** A parsed object has a key once, however often it was written. */
function countMembers(value: unknown): number {
  let members = 0;
  const left: object[] = isNested(value) ? [value] : [];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const inside: readonly unknown[] = Array.isArray(next) ? next : Object.values(next);
    members += Array.isArray(next) ? 0 : inside.length;
    for (const each of inside) if (isNested(each)) left.push(each);
  }
  return members;
}

function isNested(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function lineOfTwice(tree: ValueNode | undefined): number | undefined {
  const left: ValueNode[] = tree === undefined ? [] : [tree];
  for (let node = left.pop(); node !== undefined; node = left.pop()) {
    const twice = node.type === 'Object' ? twiceIn(node) : undefined;
    if (twice !== undefined) return twice;
    for (const { value } of childrenOf(node)) left.push(value);
  }
  return undefined;
}

function childrenOf(node: ValueNode): readonly { readonly value: ValueNode }[] {
  if (node.type === 'Object') return node.members;
  return node.type === 'Array' ? node.elements : [];
}

function twiceIn({ members }: ObjectNode): number | undefined {
  const keys = new Set<string>();
  for (const { name } of members) {
    const key = keyOf(name);
    if (keys.has(key)) return name.loc.start.line;
    keys.add(key);
  }
  return undefined;
}

function keyOf(name: MemberNode['name']): string {
  return name.type === 'String' ? name.value : name.name;
}

function lineAt(top: ValueNode, path: JsonPath): number {
  let node = top;
  let line = node.loc.start.line;
  for (const step of path) {
    const found = childOf(node, step);
    if (found === undefined) return line;
    ({ node, line } = found);
  }
  return line;
}

function childOf(
  node: ValueNode,
  step: string | number,
): { readonly node: ValueNode; readonly line: number } | undefined {
  if (node.type === 'Array' && typeof step === 'number') {
    const element = node.elements[step];
    return element === undefined ? undefined : { node: element.value, line: element.value.loc.start.line };
  }
  if (node.type !== 'Object') return undefined;
  // The last of several members with one name is the one that counts.
  const member = node.members.findLast(({ name }) => keyOf(name) === step);
  return member === undefined ? undefined : { node: member.value, line: member.name.loc.start.line };
}
