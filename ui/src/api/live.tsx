import { useQueryClient } from "@tanstack/react-query";
import { createContext, useContext, useEffect, useMemo, useRef, useState, type ReactNode } from "react";

/** How the page knows what is new. */
export type Link = "connecting" | "events" | "polling" | "lost";

interface Live {
  link: Link;
  /** Milliseconds since 1970; since when there is no connection. */
  lostSince: number | null;
}

const Context = createContext<Live>({ link: "connecting", lostSince: null });

export const useLive = () => useContext(Context);

/** What is read every so often while no events come, and more rarely while they do, as an event has it read at once. */
const POLL_MS = 2_000;
const SELDOM_MS = 15_000;
/** Events of a busy room are many: what they concern is read at most this often. */
const GATHER_MS = 700;
/** After what was no stream of events, the next try. */
const AGAIN_MS = 10_000;
/** Without a word for so long the connection counts as lost. */
const PROBE_MS = 5_000;

/** Which resources an event makes stale, by the first part of its type. */
const STALE: Record<string, string[]> = {
  campaign: ["campaigns", "why"],
  plan: ["plans", "why"],
  dial_list: ["dial-lists"],
  destination: ["destinations"],
  lead: ["leads"],
  dialing: ["dialings", "why"],
  preview: ["previews"],
  import: ["imports"],
  agent: ["agents", "queues"],
  asterisk: ["asterisks", "why"],
};
/** The types of `/api/v1/events`: EventSource hands out only those that it is asked for. */
const TYPES = [
  ...["campaign", "plan", "dial_list", "destination", "lead"].flatMap((of) => [`${of}.created`, `${of}.updated`, `${of}.deleted`]),
  "campaign.status",
  "dialing.created",
  "dialing.updated",
  "dialing.ended",
  "dialing.released",
  "preview.offered",
  "preview.ended",
  "import.created",
  "import.started",
  "import.updated",
  "import.ended",
  "agent.changed",
  "agent.removed",
  "asterisk.changed",
];
/** What events tell of. */
const LIVE = new Set(Object.values(STALE).flat());

/** Milliseconds between two reads of a resource. */
export function useEvery(resource: string): number {
  const { link } = useLive();
  return link === "events" && LIVE.has(resource) ? SELDOM_MS : POLL_MS;
}

/** Keeps the page up to date: by the daemon's events, or, where there are none, by asking; and says when neither works. */
export function LiveProvider({ children }: { children: ReactNode }) {
  const client = useQueryClient();
  const [link, setLink] = useState<Link>("connecting");
  const [lostSince, setLostSince] = useState<number | null>(null);
  const stale = useRef(new Set<string>());

  useEffect(() => {
    let gathering: number | undefined;
    const flush = () => {
      gathering = undefined;
      for (const resource of stale.current) void client.invalidateQueries({ queryKey: [resource] });
      stale.current.clear();
    };
    const take = (event: Event) => {
      setLink("events");
      for (const resource of STALE[event.type.split(".")[0] ?? ""] ?? []) stale.current.add(resource);
      gathering ??= window.setTimeout(flush, GATHER_MS);
    };
    let again: number | undefined;
    let events: EventSource | undefined;
    const listen = () => {
      const source = new EventSource("/api/v1/events");
      events = source;
      source.onopen = () => setLink("events");
      source.onerror = () => {
        setLink((old) => (old === "lost" ? old : "polling"));
        // The daemon answered with something else than events. In all other cases the browser tries again by itself.
        if (source.readyState === EventSource.CLOSED) again = window.setTimeout(listen, AGAIN_MS);
      };
      source.onmessage = take;
      // Events were lost: everything is read anew.
      source.addEventListener("reset", () => void client.invalidateQueries());
      for (const type of TYPES) source.addEventListener(type, take);
    };
    if (OFFERS.events) listen();
    return () => {
      window.clearTimeout(gathering);
      window.clearTimeout(again);
      events?.close();
    };
  }, [client]);

  useEffect(() => {
    let alive = true;
    const probe = async () => {
      const answer = await fetch("/healthz", { cache: "no-store", signal: AbortSignal.timeout(PROBE_MS) }).catch(() => null);
      if (!alive) return;
      if (answer?.ok) {
        setLostSince((since) => {
          if (since !== null) void client.invalidateQueries();
          return null;
        });
        setLink((old) => (old === "lost" || old === "connecting" ? "polling" : old));
      } else {
        setLostSince((since) => since ?? Date.now());
        setLink("lost");
      }
    };
    void probe();
    const timer = window.setInterval(() => void probe(), POLL_MS);
    window.addEventListener("online", probe);
    window.addEventListener("offline", probe);
    return () => {
      alive = false;
      window.clearInterval(timer);
      window.removeEventListener("online", probe);
      window.removeEventListener("offline", probe);
    };
  }, [client]);

  const value = useMemo(() => ({ link, lostSince }), [link, lostSince]);
  return <Context.Provider value={value}>{children}</Context.Provider>;
}
