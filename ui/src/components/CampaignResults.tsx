import { Skeleton, Table } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { IconListDetails } from "@tabler/icons-react";
import { api, data, type Campaign } from "../api/client";
import { Empty, Failed } from "./Empty";
import { duration, time } from "./format";
import { More } from "./More";
import { Outcome } from "./Status";

/** What the calls of a campaign came to, newest first. */
export function CampaignResults({ campaign }: { campaign: Campaign }) {
  const results = useInfiniteQuery({
    queryKey: ["results", "campaign", campaign.uuid],
    queryFn: ({ pageParam }) =>
      data(api.GET("/api/v1/results", { params: { query: { campaign: campaign.uuid, limit: 50, cursor: pageParam } } })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next_cursor ?? undefined,
    refetchInterval: (query) => ((query.state.data?.pages.length ?? 0) > 1 ? false : 5_000),
  });
  if (results.error && !results.data) return <Failed error={results.error} />;
  if (!results.data) return <Skeleton h={200} m="md" />;
  const rows = results.data.pages.flatMap((page) => page.items) as (Record<string, string | number | null> & {
    seq: number;
    dial_addr: string;
    outcome: string;
  })[];
  if (rows.length === 0 && !results.hasNextPage) {
    return (
      <Empty icon={<IconListDetails size={26} />} title="No results yet">
        Each call that ends is here, newest first.
      </Empty>
    );
  }
  const lasted = (row: (typeof rows)[number]) =>
    row.res_dial === 4 && row.tm_dial_end && row.tm_hangup
      ? duration(Date.parse(String(row.tm_hangup)) - Date.parse(String(row.tm_dial_end)))
      : "–";
  return (
    <>
      <Table.ScrollContainer minWidth={620} type="native">
        <Table aria-label="Results">
          <Table.Thead>
            <Table.Tr>
              <Table.Th pl="lg">Number</Table.Th>
              <Table.Th>Outcome</Table.Th>
              <Table.Th>Cause of the hang-up</Table.Th>
              <Table.Th>Try</Table.Th>
              <Table.Th>Ended</Table.Th>
              <Table.Th ta="right" pr="lg">
                Talk
              </Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {rows.map((row) => (
              <Table.Tr key={row.seq}>
                <Table.Td pl="lg" fw={600}>
                  {row.dial_addr}
                </Table.Td>
                <Table.Td>
                  <Outcome outcome={row.outcome} />
                </Table.Td>
                <Table.Td>{row.res_hangup_detail ?? "–"}</Table.Td>
                <Table.Td>{row.dial_trycnt}</Table.Td>
                <Table.Td>{time(row.tm_hangup ?? row.tm_dial_end)}</Table.Td>
                <Table.Td ta="right" pr="lg">
                  {lasted(row)}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      <More has={results.hasNextPage} loading={results.isFetchingNextPage} onMore={() => void results.fetchNextPage()} />
    </>
  );
}
