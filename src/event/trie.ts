import { CELL_BYTES } from './cell.ts';
import { hashBytes } from './hash.ts';
import { type Layout, LayoutError, type ShapeNode } from './layout.ts';
import type { LiteralArea } from './literals.ts';
import type { Address } from './memory.ts';
import { ROW_HEADER_BYTES } from './row.ts';

/**
 * A layout's shape as the JSON scan reads it: each object has a small hash table of its members' keys.
 * All words are u32; offsets count in bytes from the trie's address.
 *
 *   header (32 bytes)   0 bytes of a row of the layout      1 offset of the node for conflicts
 *   node (32 bytes)     0 shape id                          1 offset of its cell within a row, 0 = an object
 *                       2 flags (TRIE_OBJECTS)              3 offset of its table, 0 = no members
 *                       4 mask of its table                 5, 6 address and length of its path, as a JSON key's inside
 *   slot (16 bytes)     0 key address   1 key length   2 hash of the key   3 offset of the node, 0 = the slot is free
 */
export const TRIE_HEADER_BYTES = 32;
export const TRIE_NODE_BYTES = 32;
export const TRIE_SLOT_BYTES = 16;

/** The column takes objects as they are. */
export const TRIE_OBJECTS = 1;

/** Members that cannot stand where they were (a scalar where the layout has an object, and the reverse) move below this path. */
export const CONFLICT_PATH = 'sluice.conflict';
/** Every layout that meets JSON has this field (`long`): it makes CONFLICT_PATH an object, and says how many members moved. */
export const CONFLICT_COUNT = '_count';
export const CONFLICT_COUNT_PATH = `${CONFLICT_PATH}.${CONFLICT_COUNT}`;
export const CONFLICT_TAG = 'field_conflict';

export interface Trie {
  readonly address: Address;
  /** Number of a path's node for the `json` routine, or -1: the layout does not have it. The root is ''. */
  nodeOf(path: string): number;
  /** The object with this shape id as the layout has it, if it has it. */
  objectOf(id: number): TrieObject | undefined;
}

export interface TrieObject {
  /** Its number for the `json` routine. */
  readonly node: number;
  readonly members: ReadonlySet<string>;
}

/** @throws LayoutError when the layout has no place for conflicts */
export function compileTrie(literals: LiteralArea, layout: Layout): Trie {
  const nodes: ShapeNode[] = [];
  const numbers = new Map<string, number>();
  const visit = (node: ShapeNode): void => {
    numbers.set(node.path, nodes.length);
    nodes.push(node);
    for (const child of node.children) visit(child);
  };
  visit(layout.root);
  const conflicts = numbers.get(CONFLICT_PATH);
  if (conflicts === undefined || !numbers.has(CONFLICT_COUNT_PATH)) {
    throw new LayoutError(
      `${layout.name}: a layout for JSON needs the field ${CONFLICT_COUNT_PATH}`,
    );
  }
  for (const child of nodes[conflicts]?.children ?? []) {
    // A member that moved there has its whole path as key; it must not meet a column.
    if (numbers.has(child.key)) throw new LayoutError(`${child.key}: is a name of sluice's own`);
  }

  const offsetOf = (node: ShapeNode): number =>
    TRIE_HEADER_BYTES + (numbers.get(node.path) ?? 0) * TRIE_NODE_BYTES;
  const words: number[] = [
    ROW_HEADER_BYTES + layout.columns.length * CELL_BYTES,
    TRIE_HEADER_BYTES + conflicts * TRIE_NODE_BYTES,
    ...[0, 0, 0, 0, 0, 0],
  ];
  let tables = TRIE_HEADER_BYTES + nodes.length * TRIE_NODE_BYTES;
  for (const node of nodes) {
    const slots = slotsFor(node.children.length);
    const path = literals.text(keyInside(node.path));
    words.push(
      node.id,
      node.column === undefined ? 0 : ROW_HEADER_BYTES + node.column.index * CELL_BYTES,
      node.column?.type === 'object' || node.column?.type === 'any' ? TRIE_OBJECTS : 0,
      slots === 0 ? 0 : tables,
      Math.max(slots - 1, 0),
      path.address,
      path.length,
      0,
    );
    tables += slots * TRIE_SLOT_BYTES;
  }
  for (const node of nodes) words.push(...table(literals, node.children, offsetOf));
  const objects = new Map<number, TrieObject>();
  for (const [node, { id, column, children }] of nodes.entries()) {
    if (column !== undefined) continue;
    objects.set(id, { node, members: new Set(children.map(({ key }) => key)) });
  }
  return {
    address: literals.words(words),
    nodeOf: (path) => numbers.get(path) ?? -1,
    objectOf: (id) => objects.get(id),
  };
}

/** A power of two, half empty at least: a search always ends at a free slot. */
function slotsFor(members: number): number {
  return members === 0 ? 0 : 2 ** (Math.ceil(Math.log2(members)) + 1);
}

function table(
  literals: LiteralArea,
  members: readonly ShapeNode[],
  offsetOf: (node: ShapeNode) => number,
): number[] {
  const slots = slotsFor(members.length);
  const words = new Array<number>(slots * 4).fill(0);
  for (const member of members) {
    const inside = keyInside(member.key);
    const bytes = Buffer.from(inside, 'utf8');
    const key = literals.text(inside);
    const hash = hashBytes(bytes, 0, bytes.length);
    let slot = hash & (slots - 1);
    while (words[slot * 4 + 3] !== 0) slot = (slot + 1) & (slots - 1);
    words.splice(slot * 4, 4, key.address, key.length, hash, offsetOf(member));
  }
  return words;
}

/** A key as it stands between quotes with canonical escapes: how keys are compared. */
function keyInside(key: string): string {
  return JSON.stringify(key).slice(1, -1);
}
