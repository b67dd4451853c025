import { Conflicts } from './conflicts.ts';
import type { EventCore } from './core.ts';
import { JSON_NO_ROOM, JSON_OK } from './json-codes.ts';
import type { Layout, TableShape } from './layout.ts';
import type { LiteralArea } from './literals.ts';
import type { Address } from './memory.ts';
import { RESIDUE_ADDRESS, RESIDUE_BYTES, RESIDUE_COUNT } from './row.ts';
import { type Rows, SideBufferFull } from './rows.ts';
import { CONFLICT_COUNT_PATH, compileTrie, type Trie } from './trie.ts';

interface Refiling {
  readonly trie: Trie;
  readonly conflicts: Conflicts;
}

interface Member {
  readonly node: number;
  readonly key: Address;
  readonly keyLength: number;
  readonly value: Address;
  readonly valueLength: number;
}

/**
 * Makes the routine that gives a row with residue a dataset's layout: members that the layout names become cells
 * (or objects that are opened), the others stay residue. Side text that it needs is written there.
 * @throws SideBufferFull (the routine)
 */
export function refiler(
  core: EventCore,
  literals: LiteralArea,
  shape: TableShape,
): (rows: Rows, row: Address, layout: Layout) => void {
  const refilings = new Map<number, Refiling>();
  for (const layout of shape.layouts) {
    // Without a JSON parser in the pipeline no row has residue.
    if (!layout.byPath.has(CONFLICT_COUNT_PATH)) continue;
    const trie = compileTrie(literals, layout);
    refilings.set(layout.id, { trie, conflicts: new Conflicts(layout, literals) });
  }
  return (rows, row, layout) => {
    const refiling = refilings.get(layout.id);
    if (refiling === undefined) return;
    let moved = 0;
    for (const member of takeNamed(rows, row, refiling.trie)) {
      moved += scanMember(core, rows, row, refiling.trie, member);
    }
    refiling.conflicts.add(rows, row, moved);
  };
}

/** Takes the members that the trie names out of the row's residue. */
function takeNamed(rows: Rows, row: Address, trie: Trie): Member[] {
  const { u32, bytes } = rows.memory;
  const taken: Member[] = [];
  const first = rows.header(row, RESIDUE_ADDRESS);
  const end = first + rows.header(row, RESIDUE_COUNT) * RESIDUE_BYTES;
  for (let at = first; at < end; at += RESIDUE_BYTES) {
    const entry = at >>> 2;
    const object = trie.objectOf(u32[entry] as number);
    const key = u32[entry + 1] as number;
    const keyLength = u32[entry + 2] as number;
    const value = u32[entry + 3] as number;
    const valueLength = u32[entry + 4] as number;
    if (valueLength === 0 || object === undefined) continue;
    const name = bytes.toString('utf8', key, key + keyLength);
    const dot = name.indexOf('.');
    if (!object.members.has(dot < 0 ? name : name.slice(0, dot))) continue;
    taken.push({ node: object.node, key, keyLength, value, valueLength });
    u32[entry + 4] = 0;
  }
  return taken;
}

/** Lets the core scan the member as an object of its own. @returns how many values moved aside */
function scanMember(core: EventCore, rows: Rows, row: Address, trie: Trie, member: Member): number {
  const { u8 } = rows.memory;
  const { key, keyLength, value, valueLength } = member;
  const length = keyLength + valueLength + 5;
  const at = rows.side;
  if (at + length + 16 > rows.sideEnd) throw new SideBufferFull();
  u8[at] = 0x7b; // {
  u8[at + 1] = 0x22; // "
  u8.copyWithin(at + 2, key, key + keyLength);
  u8[at + 2 + keyLength] = 0x22; // "
  u8[at + 3 + keyLength] = 0x3a; // :
  u8.copyWithin(at + 4 + keyLength, value, value + valueLength);
  u8[at + length - 1] = 0x7d; // }
  rows.side = at + length;
  const side = core.json(row, at, length, trie.address, member.node, rows.side, rows.sideEnd);
  const code = core.result[0];
  if (code === JSON_NO_ROOM) throw new SideBufferFull();
  if (code !== JSON_OK) throw new Error(`residue was not valid JSON (${code})`);
  rows.side = side;
  return core.result[2] ?? 0;
}
