import { Box, Group, Progress, Skeleton, Text } from "@mantine/core";
import { daemonTime } from "../api/client";
import { useFinishedSince, useImportedSince } from "../api/progress";
import { useStats } from "../api/queries";
import { count } from "./format";

/** How much of its list a campaign is through with. */
export function ListProgress({ id }: { id: string }) {
  const { data: stats, dataUpdatedAt } = useStats(id);
  const grown = useImportedSince(stats?.dial_list, stats?.counted ? Date.parse(stats.counted) : daemonTime(dataUpdatedAt));
  const since = useFinishedSince(stats?.dial_list, stats?.counted);
  if (!stats) return <Skeleton h={14} w={110} />;
  const total = stats.total + grown;
  if (total === 0) {
    return (
      <Text size="sm" c="dimmed">
        {stats.dial_list === null ? "no list" : "the list is empty"}
      </Text>
    );
  }
  const finished = Math.min(stats.finished + since, total);
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
        <Progress.Section value={(100 * stats.dialing) / total} color="sea.3" aria-label={`${stats.dialing} are being called`} />
      </Progress.Root>
    </Box>
  );
}
