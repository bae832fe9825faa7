import { useSyncExternalStore } from "react";
import { daemonTime, type Import } from "./client";

// How many leads a list has is not counted again with each step of an import: what the import says of itself is added to the last count.

interface Growth {
  list: string;
  began: number;
  /** How many leads it had brought when, by the daemon's clock; oldest first, a step a second at most. */
  heard: { at: number; leads: number }[];
}

/** How imports went on, by their ids. */
const growing = new Map<string, Growth>();
const listeners = new Set<() => void>();

/** Takes in how far imports are; one that was over before this page knew of it brings nothing any more. */
export function noteImports(rows: Import[]): void {
  for (const { id, dial_list, created_at, ended_at, imported, dry_run } of rows) {
    if (dry_run || (ended_at !== null && !growing.has(id))) continue;
    const own = growing.get(id) ?? { list: dial_list, began: Date.parse(created_at), heard: [] };
    if (own.heard.at(-1)?.leads === imported) continue;
    own.heard.push({ at: daemonTime(Date.now()), leads: imported });
    growing.set(id, own);
  }
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** How many leads an import had brought at a time. */
function broughtAt({ began, heard }: Growth, time: number): number {
  const next = heard.findIndex(({ at }) => at > time);
  const [before, after] = [next === -1 ? heard.at(-1) : heard[next - 1], heard[next]];
  if (!after) return before?.leads ?? 0;
  if (!before) return began > time ? 0 : after.leads;
  return before.leads + ((after.leads - before.leads) * (time - before.at)) / (after.at - before.at);
}

/** How many leads imports have brought into a list since it was counted, in milliseconds since 1970 by the daemon's clock; 0: all that they brought. */
export function useImportedSince(list: string | null | undefined, counted: number): number {
  return useSyncExternalStore(subscribe, () => {
    const own = [...growing.values()].filter((one) => one.list === list);
    return Math.round(own.reduce((sum, one) => sum + (one.heard.at(-1)?.leads ?? 0) - broughtAt(one, counted), 0));
  });
}
