import { Anchor, Drawer, Skeleton, Stack, Table, Text, Timeline, Title } from "@mantine/core";
import { Link } from "react-router-dom";
import type { Lead } from "../api/client";
import { time } from "../components/format";
import { color, outcome as outcomes } from "../components/tones";
import { useHistory } from "../results/search";

/** One lead: what is known of it, and its calls. */
export function LeadDrawer({ lead, onClose }: { lead: Lead | null; onClose: () => void }) {
  return (
    <Drawer opened={lead !== null} onClose={onClose} position="right" size="lg" title="Lead" closeButtonProps={{ "aria-label": "Close" }}>
      {lead && <Details lead={lead} />}
    </Drawer>
  );
}

function Details({ lead }: { lead: Lead }) {
  const history = useHistory(lead.uuid);
  const calls = history.data?.pages.flatMap((page) => page.items) ?? [];
  const facts: [string, React.ReactNode][] = [
    ...lead.numbers.flatMap((number, at): [string, React.ReactNode][] =>
      number === null ? [] : [[`Number ${at + 1}`, <span key={at}>{number} <Text span size="sm" c="dimmed">{lead.tries[at] === 1 ? "1 try" : `${lead.tries[at] ?? 0} tries`}</Text></span>]],
    ),
    ["Your key", lead.ukey],
    ["E-mail", lead.email],
    ["Your data", lead.udata],
    ["Note", lead.detail],
    ...Object.entries(lead.variables).map(([name, value]): [string, React.ReactNode] => [name, value]),
    ["Created", time(lead.created)],
    ["Lead", <span key="uuid" className="uuid">{lead.uuid}</span>],
  ];
  return (
    <Stack gap="lg">
      <Text fz="xl" fw={680}>
        {lead.name ?? "A lead without a name"}
      </Text>
      <Table verticalSpacing={6} horizontalSpacing={0} withRowBorders={false} aria-label="Details">
        <Table.Tbody>
          {facts
            .filter(([, shown]) => shown !== null && shown !== "")
            .map(([word, shown], at) => (
              <Table.Tr key={at}>
                <Table.Th scope="row" w={140} className="top">
                  {word}
                </Table.Th>
                <Table.Td>{shown}</Table.Td>
              </Table.Tr>
            ))}
        </Table.Tbody>
      </Table>
      <section aria-label="Calls">
        <Title order={2} fz="md" mb="md">
          Calls
        </Title>
        {history.isPending && <Skeleton h={40} />}
        {history.data && calls.length === 0 && (
          <Text size="sm" c="dimmed">
            It has not been called yet.
          </Text>
        )}
        <Timeline active={calls.length} bulletSize={14} lineWidth={2}>
          {calls.map((call) => {
            const { word, tone } = outcomes[call.outcome] ?? { word: call.outcome, tone: "quiet" as const };
            return (
              <Timeline.Item key={call.seq} color={color[tone]} title={<Text size="sm" fw={600}>{word}</Text>}>
                <Text size="xs" c="dimmed" className="numbers">
                  {time(call.tm_hangup)} ·{" "}
                  <Anchor component={Link} to={`/results?number=${encodeURIComponent(call.dial_addr)}`} size="xs">
                    {call.dial_addr}
                  </Anchor>
                </Text>
              </Timeline.Item>
            );
          })}
        </Timeline>
      </section>
    </Stack>
  );
}
