import { useEffect, useMemo, useSyncExternalStore } from "react";
import { api, data, type Dialing, type Result } from "./client";

/** What charts are made of: calls that ended in the last quarter of an hour, read back once and then followed, and those alive. */
export interface Call {
  campaign: string;
  /** Milliseconds since 1970. */
  begin: number;
  /** Undefined: nobody answered. */
  answered?: number;
  /** Undefined: it is alive. */
  end?: number;
  outcome?: Result["outcome"];
}

/** How far back charts look. */
export const SPAN_MS = 15 * 60_000;
/** One point of a chart. */
export const STEP_MS = 5_000;
/** So much is shown at least. */
const LEAST_MS = 3 * 60_000;
const POLL_MS = 2_000;
const PAGE = 1_000;
/** Pages that are read at the start at most, and calls that are kept. */
const PAGES = 8;
const KEPT = 20_000;

interface Snapshot {
  /** In the order of their ends, oldest first. */
  ended: Call[];
  alive: Call[];
  /** When that was read; 0: not yet. */
  at: number;
}

let snapshot: Snapshot = { ended: [], alive: [], at: 0 };
let newest = 0;
let users = 0;
let timer: number | undefined;
const listeners = new Set<() => void>();

const ms = (text: unknown): number | undefined => (typeof text === "string" ? Date.parse(text) : undefined);

function ofResult(result: Result): Call {
  const record = result as Result & Record<string, unknown>;
  const end = ms(record["tm_hangup"]) ?? ms(record["tm_dial_end"]) ?? Date.now();
  const begin = ms(record["tm_dial_begin"]) ?? ms(record["tm_dialing"]) ?? end;
  const answered = result.res_dial === 4 ? (ms(record["tm_dial_end"]) ?? end) : undefined;
  return { campaign: result.camp_uuid, begin, answered, end, outcome: result.outcome };
}

function ofDialing(dialing: Dialing): Call {
  const begin = ms(dialing.dial_begin) ?? ms(dialing.created) ?? Date.now();
  return { campaign: dialing.campaign, begin, answered: dialing.res_dial === 4 ? ms(dialing.dial_end) : undefined };
}

async function readEnded(): Promise<Call[]> {
  const first = newest === 0;
  const since = first ? new Date(Date.now() - SPAN_MS).toISOString() : undefined;
  const found: Result[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < PAGES; page += 1) {
    const limit = first ? PAGE : 200;
    const answer = await data(api.GET("/api/v1/results", { params: { query: { since, cursor, limit } } }));
    found.push(...answer.items.filter((item) => item.seq > newest));
    cursor = answer.next_cursor ?? undefined;
    if (cursor === undefined || answer.items.some((item) => item.seq <= newest)) break;
  }
  newest = found.reduce((most, item) => Math.max(most, item.seq), newest);
  return found.reverse().map(ofResult);
}

async function readAlive(): Promise<Call[]> {
  const found: Dialing[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < 5; page += 1) {
    const answer = await data(api.GET("/api/v1/dialings", { params: { query: { cursor, limit: PAGE } } }));
    found.push(...answer.items);
    cursor = answer.next_cursor ?? undefined;
    if (cursor === undefined) break;
  }
  return found.map(ofDialing);
}

async function poll(): Promise<void> {
  try {
    if (!document.hidden || snapshot.at === 0) {
      const alive = await readAlive();
      const news = await readEnded();
      const from = Date.now() - SPAN_MS;
      const ended = [...snapshot.ended, ...news].filter((call) => (call.end ?? 0) > from).slice(-KEPT);
      snapshot = { ended, alive, at: Date.now() };
      for (const listener of listeners) listener();
    }
  } catch {
    // Said by the banner of the lost connection; the next turn may do better.
  }
  if (users > 0) timer = window.setTimeout(() => void poll(), POLL_MS);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Calls of the last quarter of an hour, kept up to date while something shows them. */
export function useCalls(): Snapshot {
  useEffect(() => {
    users += 1;
    if (users === 1) {
      window.clearTimeout(timer);
      void poll();
    }
    return () => {
      users -= 1;
      if (users === 0) window.clearTimeout(timer);
    };
  }, []);
  return useSyncExternalStore(subscribe, () => snapshot);
}

/** Forgets everything: somebody else may be signed in next. */
export function forgetCalls(): void {
  snapshot = { ended: [], alive: [], at: 0 };
  newest = 0;
}

export interface Figures {
  /** Calls that are not over. */
  inFlight: number;
  /** Of these, answered ones. */
  talking: number;
  /** Calls placed in the last minute. */
  perMinute: number;
  /** Of the last quarter of an hour. */
  ended: number;
  answered: number;
  abandoned: number;
  outcomes: Partial<Record<Result["outcome"], number>>;
  series: Series;
}

/** Points each STEP_MS, and one for now; `at` is the end of each step. What is counted by steps is not yet all there in the last. */
export interface Series {
  at: number[];
  inFlight: number[];
  talking: number[];
  placed: number[];
  answered: number[];
  abandoned: number[];
}

/** Figures of the calls of one campaign, or of all; null before they were read for the first time. */
export function useFigures(campaign?: string): Figures | null {
  const snapshot = useCalls();
  return useMemo(() => (snapshot.at === 0 ? null : figures(snapshot, campaign)), [snapshot, campaign]);
}

export function figures({ ended, alive, at }: Snapshot, campaign?: string): Figures {
  const own = (call: Call) => campaign === undefined || call.campaign === campaign;
  const over = ended.filter(own);
  const going = alive.filter(own);
  const outcomes: Figures["outcomes"] = {};
  for (const { outcome } of over) if (outcome) outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
  const all = [...over, ...going];
  return {
    inFlight: going.length,
    talking: going.filter((call) => call.answered !== undefined).length,
    perMinute: all.filter((call) => call.begin > at - 60_000).length,
    ended: over.length,
    answered: over.filter((call) => call.answered !== undefined).length,
    abandoned: outcomes.abandoned ?? 0,
    outcomes,
    series: series(all, at),
  };
}

function series(calls: Call[], at: number): Series {
  const oldest = calls.reduce((least, call) => Math.min(least, call.begin), at);
  const span = Math.min(SPAN_MS, Math.max(LEAST_MS, at - oldest + STEP_MS));
  const last = Math.floor(at / STEP_MS) * STEP_MS;
  const first = last - Math.floor(span / STEP_MS) * STEP_MS;
  const moments: number[] = [];
  for (let moment = first; moment <= last; moment += STEP_MS) moments.push(moment);
  moments.push(at);
  const zeros = () => moments.map(() => 0);
  const points = { at: moments, inFlight: zeros(), talking: zeros(), placed: zeros(), answered: zeros(), abandoned: zeros() };
  /** The step that a moment is in: that which ends at it or after it. */
  const step = (moment: number) => Math.ceil((Math.min(moment, at) - first) / STEP_MS);
  const add = (to: number[], index: number) => {
    if (index >= 0 && index < moments.length) to[index] = (to[index] ?? 0) + 1;
  };
  for (const call of calls) {
    const end = call.end ?? Infinity;
    add(points.placed, step(call.begin));
    if (call.answered !== undefined) add(points.answered, step(call.answered));
    if (call.outcome === "abandoned") add(points.abandoned, step(end));
    for (let index = Math.max(0, step(call.begin)); index < moments.length && (moments[index] ?? 0) < end; index += 1) {
      add(points.inFlight, index);
      if (call.answered !== undefined && call.answered <= (moments[index] ?? 0)) add(points.talking, index);
    }
  }
  return points;
}

/** Without the step that is not over. */
export const whole = (values: number[]) => values.slice(0, -1);
