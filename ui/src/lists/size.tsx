import { Skeleton, Text } from "@mantine/core";
import { useCampaigns, useListStats } from "../api/queries";
import { count } from "../components/format";
import { LeadsDone } from "../components/ListProgress";

/** Leads of a list; where a campaign works through it, how far it is. */
export function ListSize({ id }: { id: string }) {
  const campaigns = useCampaigns();
  const { data: stats } = useListStats(id);
  if (!stats) return <Skeleton h={14} w={60} />;
  if (campaigns.data?.some(({ dial_list }) => dial_list === id)) return <LeadsDone stats={stats} />;
  return (
    <Text size="sm" className="numbers whole" c={stats.total === 0 ? "dimmed" : undefined}>
      {stats.total === 0 ? "no leads yet" : `${count(stats.total)} ${stats.total === 1 ? "lead" : "leads"}`}
    </Text>
  );
}
