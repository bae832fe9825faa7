import { useSyncExternalStore } from "react";

// A long list is counted once a minute at most. Between two counts its progress goes on by events: a call that was answered finishes its
// lead. Leads that are finished because their tries are used up come with the next count.

/** No count is older than a minute. */
const KEPT_MS = 120_000;

/** When calls finished their leads, in milliseconds since 1970, oldest first, by dial list. */
const finished = new Map<string, number[]>();
const listeners = new Set<() => void>();

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
