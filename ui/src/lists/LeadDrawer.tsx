import { Drawer, Stack, Text } from "@mantine/core";
import type { Lead } from "../api/client";
import { Facts, type Fact } from "../components/Facts";
import { time } from "../components/format";
import { CallHistory } from "../results/CallHistory";

/** One lead: what is known of it, and its calls. */
export function LeadDrawer({ lead, onClose }: { lead: Lead | null; onClose: () => void }) {
  return (
    <Drawer opened={lead !== null} onClose={onClose} position="right" size="lg" title="Lead" closeButtonProps={{ "aria-label": "Close" }}>
      {lead && <Details lead={lead} />}
    </Drawer>
  );
}

function Details({ lead }: { lead: Lead }) {
  const facts: Fact[] = [
    ...lead.numbers.flatMap((number, at): Fact[] =>
      number === null ? [] : [[`Number ${at + 1}`, <span key={at}>{number} <Text span size="sm" c="dimmed">{lead.tries[at] === 1 ? "1 try" : `${lead.tries[at] ?? 0} tries`}</Text></span>]],
    ),
    ["Your key", lead.ukey],
    ["E-mail", lead.email],
    ["Your data", lead.udata],
    ["Note", lead.detail],
    ...Object.entries(lead.variables).map(([name, value]): Fact => [name, value]),
    ["Created", time(lead.created)],
    ["Lead", <span key="uuid" className="uuid">{lead.uuid}</span>],
  ];
  return (
    <Stack gap="lg">
      <Text fz="xl" fw={680}>
        {lead.name ?? "A lead without a name"}
      </Text>
      <Facts facts={facts} />
      <CallHistory title="Calls" lead={lead.uuid} />
    </Stack>
  );
}
