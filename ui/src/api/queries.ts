import { QueryClient, useQuery } from "@tanstack/react-query";
import { all, api, ApiError, data } from "./client";
import { useEvery } from "./live";

export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      retry: (count, error) => !(error instanceof ApiError && error.status >= 400 && error.status < 500) && count < 1,
      networkMode: "always",
      refetchOnWindowFocus: true,
      staleTime: 1_000,
    },
    mutations: { networkMode: "always" },
  },
});

// A key begins with the resource's name: so an event of the daemon (see live.tsx) says what to read anew.

/** All campaigns. */
export function useCampaigns() {
  const refetchInterval = useEvery("campaigns");
  return useQuery({
    queryKey: ["campaigns"],
    queryFn: () => all((cursor) => api.GET("/api/v1/campaigns", { params: { query: { cursor, limit: 500 } } })),
    refetchInterval,
  });
}

/** One campaign. */
export function useCampaign(id: string) {
  const refetchInterval = useEvery("campaigns");
  return useQuery({
    queryKey: ["campaigns", id],
    queryFn: () => data(api.GET("/api/v1/campaigns/{id}", { params: { path: { id } } })),
    refetchInterval,
  });
}

/** How the leads of a campaign stand. */
export function useStats(id: string) {
  return useQuery({
    queryKey: ["stats", id],
    queryFn: () => data(api.GET("/api/v1/campaigns/{id}/stats", { params: { path: { id } } })),
    refetchInterval: 3_000,
  });
}

/** How the leads of a list stand. */
export function useListStats(id: string) {
  return useQuery({
    queryKey: ["stats", "list", id],
    queryFn: () => data(api.GET("/api/v1/dial-lists/{id}/stats", { params: { path: { id } } })),
    refetchInterval: 3_000,
  });
}

export function usePlans() {
  return useQuery({
    queryKey: ["plans"],
    queryFn: () => all((cursor) => api.GET("/api/v1/plans", { params: { query: { cursor, limit: 500 } } })),
    staleTime: 30_000,
  });
}

export function useDialLists() {
  return useQuery({
    queryKey: ["dial-lists"],
    queryFn: () => all((cursor) => api.GET("/api/v1/dial-lists", { params: { query: { cursor, limit: 500 } } })),
    staleTime: 30_000,
  });
}

export function useDestinations() {
  return useQuery({
    queryKey: ["destinations"],
    queryFn: () => all((cursor) => api.GET("/api/v1/destinations", { params: { query: { cursor, limit: 500 } } })),
    staleTime: 30_000,
  });
}

export function useAsterisks() {
  const refetchInterval = useEvery("asterisks");
  return useQuery({
    queryKey: ["asterisks"],
    queryFn: () => all((cursor) => api.GET("/api/v1/asterisks", { params: { query: { cursor, limit: 500 } } })),
    refetchInterval,
  });
}

export function useAgents() {
  const refetchInterval = useEvery("agents");
  return useQuery({
    queryKey: ["agents"],
    queryFn: () => all((cursor) => api.GET("/api/v1/agents", { params: { query: { cursor, limit: 500 } } })),
    refetchInterval,
  });
}

export function useQueues() {
  const refetchInterval = useEvery("agents");
  return useQuery({
    queryKey: ["queues"],
    queryFn: () => all((cursor) => api.GET("/api/v1/queues/live", { params: { query: { cursor, limit: 500 } } })),
    refetchInterval,
  });
}

/** The calls that are alive; of one campaign, or all. */
export function useDialings(campaign?: string) {
  const refetchInterval = useEvery("dialings");
  return useQuery({
    queryKey: ["dialings", campaign ?? "all"],
    queryFn: () => all((cursor) => api.GET("/api/v1/dialings", { params: { query: { cursor, limit: 500, campaign } } }), 5_000),
    refetchInterval,
  });
}

/** The share of abandoned calls of a campaign against its cap. */
export function useAbandon(id: string) {
  return useQuery({
    queryKey: ["abandon", id],
    queryFn: () => data(api.GET("/api/v1/campaigns/{id}/abandon", { params: { path: { id } } })),
    refetchInterval: 5_000,
  });
}

/** Why a campaign places no (more) calls. */
export function useWhy(id: string) {
  const refetchInterval = useEvery("why");
  return useQuery({
    queryKey: ["why", id],
    queryFn: () => data(api.GET("/api/v1/campaigns/{id}/why", { params: { path: { id } } })),
    refetchInterval,
  });
}

/** The same of all campaigns in short, by their uuids. */
export function useReasons() {
  const refetchInterval = useEvery("why");
  return useQuery({
    queryKey: ["why"],
    queryFn: async () => {
      const reasons = await all((cursor) => api.GET("/api/v1/campaigns/why", { params: { query: { cursor, limit: 500 } } }));
      return new Map(reasons.map((reason) => [reason.campaign, reason]));
    },
    refetchInterval,
  });
}
