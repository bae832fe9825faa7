import { Box, Group, Progress, Skeleton, Text } from "@mantine/core";
import { useStats } from "../api/queries";
import type { ListStats, Stats } from "../api/client";
import { count } from "./format";

/** How much of its list a campaign is through with. */
export function ListProgress({ id }: { id: string }) {
  const { data: stats } = useStats(id);
  return stats ? <LeadsDone stats={stats} /> : <Skeleton h={14} w={110} />;
}

/** How many leads of a list, or of that of a campaign, are done, and are being called, of all. */
export function LeadsDone({ stats }: { stats: ListStats | Stats }) {
  const { total, finished, dialing } = stats;
  if (total === 0) {
    return (
      <Text size="sm" c="dimmed">
        {stats.dial_list === null ? "no list" : "the list is empty"}
      </Text>
    );
  }
  const part = (100 * finished) / total;
  return (
    <Box miw={112} maw={280}>
      <Group gap={4} wrap="nowrap" justify="space-between">
        <Text size="sm" className="numbers whole">
          {Math.floor(part)} %
        </Text>
        <Text size="xs" c="dimmed" className="numbers" style={{ whiteSpace: "nowrap" }}>
          {count(finished)} / {count(total)}
        </Text>
      </Group>
      <Progress.Root size={4} mt={4}>
        <Progress.Section value={part} aria-label={`${Math.floor(part)} % of the leads are done`} />
        <Progress.Section value={(100 * dialing) / total} color="sea.3" aria-label={`${dialing} are being called`} />
      </Progress.Root>
    </Box>
  );
}
