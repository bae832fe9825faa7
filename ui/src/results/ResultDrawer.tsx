import { Anchor, Drawer, Group, Skeleton, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router-dom";
import { api, ApiError, data } from "../api/client";
import { useCampaigns, useDialLists, usePlans } from "../api/queries";
import { nameOf } from "../api/rows";
import { Facts, type Fact } from "../components/Facts";
import { duration, time } from "../components/format";
import { Outcome } from "../components/Status";
import { CallHistory } from "./CallHistory";
import type { FullResult } from "./search";

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
  const facts: Fact[] = [
    ["Called", time(result.tm_dialing)],
    ["Rang for", between(result.tm_dial_begin, result.tm_dial_end)],
    [result.res_dial === 4 ? "Up for" : "Ended", result.res_dial === 4 ? between(result.tm_dial_end, result.tm_hangup) : time(result.tm_hangup)],
    ["Hang-up", [result.res_hangup, result.res_hangup_detail].filter((part) => part !== null && part !== undefined).join(" ") || "–"],
    ["Dialing", result.res_dial_detail ?? null],
    ["Machine detection", [result.res_amd, result.res_amd && result.res_amd_detail].filter(Boolean).join(", ")],
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
      <Facts facts={facts} />
      <CallHistory title="All calls to this lead" lead={result.dl_list_uuid} current={result} onOpen={onOpen} />
    </Stack>
  );
}
