import { Anchor, Drawer, Group, Skeleton, Stack, Table, Text, Timeline, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router-dom";
import { api, ApiError, data } from "../api/client";
import { useCampaigns, useDialLists, usePlans } from "../api/queries";
import { nameOf } from "../api/rows";
import { duration, time } from "../components/format";
import { Outcome } from "../components/Status";
import { color, outcome as outcomes } from "../components/tones";
import { useHistory, type FullResult } from "./search";

interface Props {
  result: FullResult | null;
  onClose: () => void;
  onOpen: (result: FullResult) => void;
}

/** One result in full: what was called, how it went, and all calls to this lead. */
export function ResultDrawer({ result, onClose, onOpen }: Props) {
  return (
    <Drawer opened={result !== null} onClose={onClose} position="right" size="lg" title="Result of one call" closeButtonProps={{ "aria-label": "Close" }}>
      {result && <Details result={result} onOpen={onOpen} />}
    </Drawer>
  );
}

function useLead(id: string) {
  return useQuery({
    queryKey: ["leads", id],
    queryFn: () =>
      data(api.GET("/api/v1/leads/{id}", { params: { path: { id } } })).catch((error: unknown) => {
        // Deleted since: its results stay.
        if (error instanceof ApiError && error.status === 404) return null;
        throw error;
      }),
  });
}

const between = (from: string | null | undefined, to: string | null | undefined) => (from && to ? duration(Date.parse(to) - Date.parse(from)) : "–");

function Details({ result, onOpen }: { result: FullResult; onOpen: Props["onOpen"] }) {
  const lead = useLead(result.dl_list_uuid);
  const [campaigns, plans, lists] = [useCampaigns(), usePlans(), useDialLists()];
  const named = (rows: { uuid: string; name: string | null }[] | undefined, uuid: string) => nameOf(rows?.find((row) => row.uuid === uuid) ?? { uuid });
  const facts: [string, React.ReactNode][] = [
    ["Called", time(result.tm_dialing)],
    ["Rang for", between(result.tm_dial_begin, result.tm_dial_end)],
    [result.res_dial === 4 ? "Up for" : "Ended", result.res_dial === 4 ? between(result.tm_dial_end, result.tm_hangup) : time(result.tm_hangup)],
    ["Hang-up", [result.res_hangup, result.res_hangup_detail].filter((part) => part !== null && part !== undefined).join(" ") || "–"],
    ...(result.res_dial_detail ? [["Dialing", result.res_dial_detail] as [string, string]] : []),
    ...(result.res_amd ? [["Machine detection", [result.res_amd, result.res_amd_detail].filter(Boolean).join(", ")] as [string, string]] : []),
    ["Number", `${result.dial_index ?? "–"} of the lead, try ${result.dial_trycnt ?? "–"}`],
    [
      "Campaign",
      <Anchor key="campaign" component={Link} to={`/campaigns/${result.camp_uuid}`} size="sm">
        {named(campaigns.data, result.camp_uuid)}
      </Anchor>,
    ],
    ["Plan", named(plans.data, result.plan_uuid)],
    ["Dial list", named(lists.data, result.dlma_uuid)],
    ["Channel", result.channel_name ?? result.dial_channel ?? "–"],
    ["Dialing", <span key="uuid" className="uuid">{result.dialing_uuid}</span>],
  ];
  return (
    <Stack gap="lg">
      <div>
        <Group justify="space-between" wrap="nowrap">
          <Text fz="xl" fw={680} className="numbers">
            {result.dial_addr}
          </Text>
          <Outcome outcome={result.outcome} />
        </Group>
        {lead.isPending ? (
          <Skeleton h={18} w={160} />
        ) : (
          <Text c="dimmed" size="sm">
            {lead.data ? [lead.data.name, lead.data.ukey && `key ${lead.data.ukey}`, lead.data.email].filter(Boolean).join(" · ") || "A lead without a name" : "Its lead has been deleted."}
          </Text>
        )}
      </div>
      <Table verticalSpacing={6} horizontalSpacing={0} withRowBorders={false} aria-label="Details">
        <Table.Tbody>
          {facts.map(([word, shown], at) => (
            <Table.Tr key={at}>
              <Table.Th scope="row" w={140} className="top">
                {word}
              </Table.Th>
              <Table.Td>{shown}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      <History result={result} onOpen={onOpen} />
    </Stack>
  );
}

/** All calls to the lead of a result. */
function History({ result, onOpen }: { result: FullResult; onOpen: Props["onOpen"] }) {
  const history = useHistory(result.dl_list_uuid);
  const items = history.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <section aria-label="All calls to this lead">
      <Title order={2} fz="md" mb="md">
        All calls to this lead
      </Title>
      {history.isPending && <Skeleton h={60} />}
      <Timeline active={items.length} bulletSize={14} lineWidth={2}>
        {items.map((item) => {
          const { word, tone } = outcomes[item.outcome] ?? { word: item.outcome, tone: "quiet" as const };
          const isThis = item.seq === result.seq;
          return (
            <Timeline.Item
              key={item.seq}
              color={color[tone]}
              title={
                isThis ? (
                  <Text size="sm" fw={700}>
                    {word} <Text span c="dimmed" size="sm">(this one)</Text>
                  </Text>
                ) : (
                  <button type="button" className="cellbutton" onClick={() => onOpen(item)}>
                    {word}
                  </button>
                )
              }
            >
              <Text size="xs" c="dimmed" className="numbers">
                {time(item.tm_hangup)} · {item.dial_addr}
              </Text>
            </Timeline.Item>
          );
        })}
      </Timeline>
    </section>
  );
}
