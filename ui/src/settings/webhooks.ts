import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { all, api, data, type Delivery } from "../api/client";
import type { Tone } from "../components/tones";

/** What a webhook may be told of, in words. */
export const TYPES: Record<Delivery["type"], string> = { "dialing.ended": "Ended calls", "campaign.status": "Starts and stops of campaigns", "import.ended": "Imports that are over" };

export const deliveryState: Record<Delivery["state"], { word: string; tone: Tone }> = {
  waiting: { word: "Waiting", tone: "warn" },
  done: { word: "Delivered", tone: "good" },
  dead: { word: "Given up", tone: "bad" },
};

export function useWebhooks() {
  return useQuery({ queryKey: ["webhooks"], queryFn: () => all((cursor) => api.GET("/api/v1/webhooks", { params: { query: { cursor, limit: 500 } } })) });
}

const EVERY_MS = 3_000;

/** What a webhook was told, newest first; only what stands so, if that is said. */
export function useDeliveries(id: string, state: Delivery["state"] | undefined) {
  return useInfiniteQuery({
    queryKey: ["deliveries", id, state],
    queryFn: ({ pageParam }) => data(api.GET("/api/v1/webhooks/{id}/deliveries", { params: { path: { id }, query: { state, limit: 50, cursor: pageParam } } })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next_cursor }) => next_cursor ?? undefined,
    refetchInterval: ({ state: { data } }) => ((data?.pages.length ?? 1) === 1 ? EVERY_MS : false),
  });
}
