import { useMemo } from "react";
import { useAsterisks, useCampaigns, useQueues } from "../api/queries";

const unique = (names: string[]) => [...new Set(names)].sort();

/** What the daemon knows to fit a field of free text: queues and trunks that are there, groups in use. Undefined: nothing to suggest. */
export function useSuggestions(path: string): string[] | undefined {
  const queues = useQueues();
  const asterisks = useAsterisks();
  const campaigns = useCampaigns();
  return useMemo(() => {
    switch (path) {
      case "queue_name":
        return unique((queues.data ?? []).map(({ queue }) => queue));
      case "trunk_name":
        return unique((asterisks.data ?? []).flatMap(({ trunks }) => trunks.map((trunk) => String((trunk as { name?: unknown }).name ?? ""))).filter(Boolean));
      case "abandon_group":
        return unique((campaigns.data ?? []).flatMap(({ abandon_group }) => abandon_group ?? []));
      case "tech_name":
        return ["PJSIP", "SIP", "IAX2", "DAHDI", "Local"];
      case "uui_field":
        return ["User-to-User"];
      default:
        return undefined;
    }
  }, [path, queues.data, asterisks.data, campaigns.data]);
}
