import { useInfiniteQuery } from "@tanstack/react-query";
import { api, data, type Result } from "../api/client";

/** What is searched for. It stands in the address, so that a search can be sent to somebody. */
export interface Search {
  number?: string;
  /** Your own key of a lead. */
  ukey?: string;
  campaign?: string;
  dial_list?: string;
  outcome?: string;
  /** As in `datetime-local`: without a zone, in that of who looks. */
  since?: string;
  until?: string;
}

export const FIELDS = ["number", "ukey", "campaign", "dial_list", "outcome", "since", "until"] as const;

/** The keys of the results file that the OpenAPI document does not list. */
export type FullResult = Result & {
  tm_dialing?: string | null;
  tm_dial_begin?: string | null;
  tm_dial_end?: string | null;
  tm_hangup?: string | null;
  dial_index?: number;
  dial_trycnt?: number;
  dial_channel?: string | null;
  channel_name?: string | null;
  dest_uuid?: string | null;
  res_amd?: string | null;
  res_amd_detail?: string | null;
  res_dial_detail?: string | null;
  res_hangup?: number;
  res_hangup_detail?: string | null;
  variables?: Record<string, string>;
};

/** Rows that one press on "More" brings, and how many requests it may take: one of them looks for some milliseconds. */
const ROWS = 50;
const REQUESTS = 12;

const instant = (local: string | undefined) => (local ? new Date(local).toISOString() : undefined);
const orNot = (text: string | undefined) => (text === undefined || text === "" ? undefined : text);

/** The parameters of a search as the daemon takes them; `lead` where it is of one lead. */
export function parametersOf(search: Search, lead?: string) {
  return {
    number: orNot(search.number?.trim()),
    campaign: orNot(search.campaign),
    dial_list: orNot(search.dial_list),
    outcome: orNot(search.outcome) as Result["outcome"] | undefined,
    since: instant(search.since),
    until: instant(search.until),
    lead,
  };
}

interface Found {
  items: FullResult[];
  next: string | null;
}

async function page(parameters: ReturnType<typeof parametersOf>, from: string | undefined): Promise<Found> {
  const items: FullResult[] = [];
  let cursor = from;
  for (let request = 0; request < REQUESTS; request++) {
    const query = { ...parameters, limit: ROWS - items.length, cursor };
    const answer = await data(api.GET("/api/v1/results", { params: { query } }));
    items.push(...(answer.items as FullResult[]));
    if (answer.next_cursor === null) return { items, next: null };
    cursor = answer.next_cursor;
    if (items.length >= ROWS) break;
  }
  return { items, next: cursor ?? null };
}

/** The leads that have this key of yours: of each list at most one has it. */
async function leadsOf(ukey: string, dial_list: string | undefined): Promise<string[]> {
  const query = { ukey, dial_list: orNot(dial_list), limit: 20 };
  return (await data(api.GET("/api/v1/leads", { params: { query } }))).items.map(({ uuid }) => uuid);
}

async function search(wanted: Search, from: string | undefined): Promise<Found> {
  const ukey = orNot(wanted.ukey?.trim());
  if (ukey === undefined) return page(parametersOf(wanted), from);
  const pages = await Promise.all((await leadsOf(ukey, wanted.dial_list)).map((lead) => page(parametersOf(wanted, lead), undefined)));
  return { items: pages.flatMap(({ items }) => items).sort((a, b) => b.seq - a.seq), next: null };
}

export function useSearch(wanted: Search) {
  return useInfiniteQuery({
    queryKey: ["results", "search", wanted],
    queryFn: ({ pageParam }) => search(wanted, pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }) => next ?? undefined,
    refetchInterval: (query) => ((query.state.data?.pages.length ?? 1) === 1 ? 5_000 : false),
    placeholderData: (old) => old,
  });
}

/** The last calls to one lead, newest first. */
export function useHistory(lead: string | undefined) {
  return useInfiniteQuery({
    queryKey: ["results", "lead", lead],
    queryFn: () => page(parametersOf({}, lead), undefined),
    initialPageParam: undefined,
    getNextPageParam: () => undefined,
    enabled: lead !== undefined,
  });
}
