import { useMemo } from "react";
import { useSearchParams } from "react-router-dom";
import { useAsterisks, useDialLists, usePlans, useQueues } from "../api/queries";
import type { Kind } from "../api/rows";
import type { Values } from "./fields";

/** Where there is only one to choose, it is chosen; `?list=` and `?plan=` say which to begin with. */
export function useBeginning(kind: Kind): Values | undefined {
  const [search] = useSearchParams();
  const [plans, lists, queues, asterisks] = [usePlans(), useDialLists(), useQueues(), useAsterisks()];
  return useMemo(() => {
    const only = (names: string[]) => (new Set(names).size === 1 ? names[0] : undefined);
    if (kind === "campaigns") {
      if (plans.isPending || lists.isPending) return undefined;
      return {
        plan: search.get("plan") ?? only((plans.data ?? []).map(({ uuid }) => uuid)),
        dial_list: search.get("list") ?? only((lists.data ?? []).map(({ uuid }) => uuid)),
      };
    }
    if (kind !== "plans") return {};
    if (queues.isPending || asterisks.isPending) return undefined;
    const trunks = (asterisks.data ?? []).flatMap((asterisk) => asterisk.trunks.map((trunk) => String((trunk as { name?: unknown }).name)));
    return { dial_mode: "progressive", queue_name: only((queues.data ?? []).map(({ queue }) => queue)), trunk_name: only(trunks) };
  }, [kind, search, plans, lists, queues, asterisks]);
}
