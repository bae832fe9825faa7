import { useSyncExternalStore } from "react";
import { daemonTime, type Import } from "./client";

// A long list is counted once a minute at most. Between two counts its progress goes on by events: a call that was answered finishes its
// lead. Leads that are finished because their tries are used up come with the next count. Those that imports bring come as these go on.

/** No count is older than a minute. */
const KEPT_MS = 120_000;

/** When calls finished their leads, in milliseconds since 1970, oldest first, by dial list. */
const finished = new Map<string, number[]>();
const listeners = new Set<() => void>();

interface Growth {
  list: string;
  began: number;
  /** How many leads it had brought when, by the daemon's clock; oldest first. */
  heard: { at: number; leads: number }[];
}

/** How imports went on, by their ids. */
const growing = new Map<string, Growth>();

/** Takes in an event `dialing.ended`. */
export function noteEnded(event: MessageEvent<string>): void {
  const { time, object, result } = JSON.parse(event.data) as { time: string; object: { res_dial?: number }; result?: { res_dial: number; dlma_uuid: string } };
  if (!result || (object.res_dial ?? result.res_dial) !== 4) return;
  const at = Date.parse(time);
  const kept = finished.get(result.dlma_uuid) ?? [];
  while (kept[0] !== undefined && kept[0] < at - KEPT_MS) kept.shift();
  kept.push(at);
  finished.set(result.dlma_uuid, kept);
}

/** Has what has come in shown. */
export function showProgress(): void {
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** How many leads of a list calls have finished since it was counted. */
export function useFinishedSince(list: string | null | undefined, counted: string | null | undefined): number {
  const since = counted ? Date.parse(counted) : Infinity;
  return useSyncExternalStore(subscribe, () => finished.get(list ?? "")?.filter((at) => at > since).length ?? 0);
}

/** Takes in how far imports are; one that was over before this page knew of it brings nothing any more. */
export function noteImports(rows: Import[]): void {
  for (const { id, dial_list, created_at, ended_at, imported, dry_run } of rows) {
    if (dry_run || (ended_at !== null && !growing.has(id))) continue;
    const own = growing.get(id) ?? { list: dial_list, began: Date.parse(created_at), heard: [] };
    const last = own.heard.at(-1);
    if (last?.leads === imported) continue;
    const at = daemonTime(Date.now());
    own.heard = [...own.heard.filter((one) => one.at > at - KEPT_MS), { at, leads: imported }];
    growing.set(id, own);
  }
  showProgress();
}

/** How many leads an import had brought at a time. */
function broughtAt({ began, heard }: Growth, time: number): number {
  const next = heard.findIndex(({ at }) => at > time);
  const [before, after] = [heard.at(next - 1), heard[next]];
  if (after === undefined) return before?.leads ?? 0;
  if (next === 0) return began > time ? 0 : after.leads;
  if (before === undefined) return 0;
  return before.leads + ((after.leads - before.leads) * (time - before.at)) / (after.at - before.at);
}

/** How many leads imports have brought into a list since it was counted, in milliseconds since 1970 by the daemon's clock; 0: all that they brought. */
export function useImportedSince(list: string | null | undefined, counted: number): number {
  return useSyncExternalStore(subscribe, () => {
    const own = [...growing.values()].filter((one) => one.list === list);
    return Math.round(own.reduce((sum, one) => sum + (one.heard.at(-1)?.leads ?? 0) - broughtAt(one, counted), 0));
  });
}
