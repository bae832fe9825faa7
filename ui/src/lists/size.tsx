import { Skeleton, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { api, daemonTime, data } from "../api/client";
import { useImportedSince } from "../api/growth";
import { useCampaigns } from "../api/queries";
import { count } from "../components/format";
import { ListProgress } from "../components/ListProgress";

/** Leads that are counted for a list that no campaign has: one request reads so many. */
const PAGE = 1_000;

/** How many leads a list has, as far as one page says it. */
function useListSize(id: string, enabled = true) {
  return useQuery({
    queryKey: ["leads", "size", id],
    queryFn: async () => {
      const page = await data(api.GET("/api/v1/leads", { params: { query: { dial_list: id, limit: PAGE } } }));
      return { leads: page.items.length, more: page.next_cursor !== null };
    },
    staleTime: 10_000,
    enabled,
  });
}

/** Leads of a list; where a campaign works through it, how far it is. */
export function ListSize({ id }: { id: string }) {
  const campaigns = useCampaigns();
  const campaign = campaigns.data?.find(({ dial_list }) => dial_list === id);
  const size = useListSize(id, campaigns.data !== undefined && !campaign);
  const grown = useImportedSince(id, daemonTime(size.dataUpdatedAt));
  const brought = useImportedSince(id, 0);
  if (campaign) return <ListProgress id={campaign.uuid} />;
  if (!size.data) return <Skeleton h={14} w={60} />;
  const leads = Math.max(size.data.leads + grown, size.data.more ? brought : 0);
  return (
    <Text size="sm" className="numbers whole" c={leads === 0 ? "dimmed" : undefined}>
      {leads === 0 ? "no leads yet" : `${size.data.more ? "at least " : ""}${count(leads)} ${leads === 1 ? "lead" : "leads"}`}
    </Text>
  );
}
