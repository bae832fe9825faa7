import { Skeleton, Table, Text } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { IconUsers } from "@tabler/icons-react";
import { api, data, type Campaign, type Lead } from "../api/client";
import { Empty, Failed } from "./Empty";
import { time } from "./format";
import { More } from "./More";
import { Status } from "./Status";

const HELD = { dialing: { word: "In a call", tone: "busy" }, reserved: { word: "Offered", tone: "info" } } as const;

/** What the last call came to. */
function last(lead: Lead): string {
  const tried = lead.tries.some((tries) => tries > 0);
  return tried ? (lead.res_dial_detail ?? "–") : "not called yet";
}

/** The leads of a campaign's list. */
export function CampaignLeads({ campaign }: { campaign: Campaign }) {
  const dial_list = campaign.dial_list;
  const leads = useInfiniteQuery({
    queryKey: ["leads", "list", dial_list],
    queryFn: ({ pageParam }) =>
      data(api.GET("/api/v1/leads", { params: { query: { dial_list: dial_list ?? undefined, limit: 50, cursor: pageParam } } })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    enabled: dial_list !== null,
  });
  if (dial_list === null) return <Empty icon={<IconUsers size={26} />} title="The campaign has no list" />;
  if (leads.error && !leads.data) return <Failed error={leads.error} />;
  if (!leads.data) return <Skeleton h={200} m="md" />;
  const rows = leads.data.pages.flatMap((page) => page.items);
  if (rows.length === 0) {
    return (
      <Empty icon={<IconUsers size={26} />} title="The list is empty">
        Import a file into it on the page Lists.
      </Empty>
    );
  }
  return (
    <>
      <Table.ScrollContainer minWidth={620} type="native">
        <Table aria-label="Leads">
          <Table.Thead>
            <Table.Tr>
              <Table.Th pl="lg">Name</Table.Th>
              <Table.Th>Numbers</Table.Th>
              <Table.Th>Tries</Table.Th>
              <Table.Th>Last call</Table.Th>
              <Table.Th>Now</Table.Th>
              <Table.Th ta="right" pr="lg">
                Changed
              </Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {rows.map((lead) => (
              <Table.Tr key={lead.uuid}>
                <Table.Td pl="lg" fw={600}>
                  {lead.name ?? lead.ukey ?? "–"}
                </Table.Td>
                <Table.Td>{lead.numbers?.filter(Boolean).join(", ")}</Table.Td>
                <Table.Td>{lead.tries.reduce((sum, tries) => sum + tries, 0)}</Table.Td>
                <Table.Td>{last(lead)}</Table.Td>
                <Table.Td>
                  {lead.status === "idle" ? (
                    <Text size="sm" c="dimmed">
                      free
                    </Text>
                  ) : (
                    <Status {...HELD[lead.status]} />
                  )}
                </Table.Td>
                <Table.Td ta="right" pr="lg">
                  {time(lead.updated)}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      <More has={leads.hasNextPage} loading={leads.isFetchingNextPage} onMore={() => void leads.fetchNextPage()} />
    </>
  );
}
