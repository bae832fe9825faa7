import { Alert, Box, Card, Group, Paper, Select, SimpleGrid, Skeleton, Stack, Text, ThemeIcon } from "@mantine/core";
import { IconHeadset, IconInfoCircle } from "@tabler/icons-react";
import { useEffect, useRef, useState } from "react";
import type { Agent } from "../api/client";
import { useAgents, useQueues } from "../api/queries";
import { AGENT_STATES, AgentsBar, byState, stateColor } from "../components/agents";
import { Empty, Failed } from "../components/Empty";
import { count, duration } from "../components/format";
import { Page } from "../components/Page";
import { AgentState } from "../components/Status";
import { agentState } from "../components/tones";

const key = (agent: Agent) => `${agent.asterisk}\n${agent.queue}\n${agent.interface}`;

/** Since when each agent does what he does, as far as this page has seen it. */
function useSince(agents: Agent[] | undefined): Map<string, number> {
  const known = useRef(new Map<string, { state: string; since: number | null }>());
  const [since, setSince] = useState(new Map<string, number>());
  useEffect(() => {
    if (!agents) return;
    const first = known.current.size === 0;
    for (const agent of agents) {
      const old = known.current.get(key(agent));
      if (old?.state !== agent.state) known.current.set(key(agent), { state: agent.state, since: first ? null : Date.now() });
    }
    setSince(new Map([...known.current].flatMap(([name, { since: at }]) => (at === null ? [] : [[name, at] as const]))));
  }, [agents]);
  return since;
}

/** A clock for what counts up. */
function useNow(): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = window.setInterval(() => setNow(Date.now()), 1_000);
    return () => window.clearInterval(timer);
  }, []);
  return now;
}

export function AgentsPage() {
  const agents = useAgents();
  const since = useSince(agents.data);
  const [queue, setQueue] = useState<string | null>(null);
  const [state, setState] = useState<string | null>(null);
  const queues = [...new Set(agents.data?.map((agent) => agent.queue))].sort();
  const here = (agents.data ?? []).filter((agent) => queue === null || agent.queue === queue);
  const shown = here
    .filter((agent) => state === null || agent.state === state)
    .sort((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }) || a.queue.localeCompare(b.queue));
  return (
    <Page
      title="Agents"
      about={agents.data && `${count(here.filter((agent) => agent.state !== "away").length)} of ${count(here.length)} are at work`}
      actions={
        <>
          <Select data={queues} value={queue} onChange={setQueue} placeholder="All queues" clearable aria-label="Queue" w={170} />
          <Select
            data={AGENT_STATES.map((value) => ({ value, label: agentState[value]?.word ?? value }))}
            value={state}
            onChange={setState}
            placeholder="All states"
            clearable
            aria-label="State"
            w={150}
          />
        </>
      }
    >
      {agents.error && !agents.data && <Failed error={agents.error} again={() => void agents.refetch()} />}
      {agents.isPending && <Skeleton h={220} radius="lg" />}
      {agents.data?.length === 0 && (
        <Card>
          <Empty icon={<IconHeadset size={26} />} title="No agents">
            Agents are the members of Asterisk’s queues. Add them there (queues.conf, or AddQueueMember), and name the queue in a plan.
          </Empty>
        </Card>
      )}
      {agents.data && agents.data.length > 0 && (
        <Stack gap="lg">
          <Totals agents={here} />
          <Waiting queue={queue} />
          {shown.length === 0 ? (
            <Text c="dimmed" ta="center" py="xl">
              No agent is in that state now.
            </Text>
          ) : (
            <SimpleGrid component="ul" className="bare" cols={{ base: 2, xs: 3, md: 4, lg: 5, xl: 6 }} spacing="sm">
              {shown.map((agent) => (
                <AgentCard key={key(agent)} agent={agent} since={since.get(key(agent))} several={queues.length > 1} />
              ))}
            </SimpleGrid>
          )}
        </Stack>
      )}
    </Page>
  );
}

/** How many do what, large enough for a wall. */
function Totals({ agents }: { agents: Agent[] }) {
  const counts = byState(agents);
  return (
    <Card>
      <SimpleGrid cols={{ base: 2, sm: 4 }} mb="md">
        {AGENT_STATES.map((state) => (
          <Group key={state} gap="sm" wrap="nowrap">
            <Box w={4} h={44} bdrs={2} bg={stateColor[state]} aria-hidden />
            <div>
              <Text fz={30} fw={680} lh={1.1} className="numbers">
                {count(counts[state])}
              </Text>
              <Text size="sm" c="dimmed">
                {agentState[state]?.word}
              </Text>
            </div>
          </Group>
        ))}
      </SimpleGrid>
      <AgentsBar agents={agents} size={10} legend={false} />
    </Card>
  );
}

/** Callers in the queues that no campaign has called: agents are for them too. */
function Waiting({ queue }: { queue: string | null }) {
  const queues = useQueues().data?.filter((one) => (queue === null || one.queue === queue) && one.other_callers > 0);
  if (!queues?.length) return null;
  return (
    <Alert color="yellow" variant="light" icon={<IconInfoCircle size={18} />}>
      Other callers wait: {queues.map((one) => `${count(one.other_callers)} in ${one.queue} (${one.asterisk})`).join(", ")}. Campaigns leave
      agents for them.
    </Alert>
  );
}

function AgentCard({ agent, since, several }: { agent: Agent; since?: number; several: boolean }) {
  const now = useNow();
  return (
    <Paper component="li" withBorder radius="md" p="sm" className="agent" style={{ borderLeftColor: stateColor[agent.state] }}>
      <Group gap={8} wrap="nowrap" mb={8}>
        <ThemeIcon variant="light" color="gray" radius="xl" size={26} aria-hidden>
          <IconHeadset size={15} />
        </ThemeIcon>
        <Box miw={0}>
          <Text size="sm" fw={600} truncate title={agent.name}>
            {agent.name}
          </Text>
          <Text size="xs" c="dimmed" truncate title={agent.interface}>
            {several ? `${agent.queue} · ${agent.interface}` : agent.interface}
          </Text>
        </Box>
      </Group>
      <Group justify="space-between" gap={4} wrap="nowrap">
        <AgentState state={agent.state} paused={agent.paused} />
        <Text size="xs" c="dimmed" className="numbers">
          {since === undefined ? "" : duration(now - since)}
        </Text>
      </Group>
    </Paper>
  );
}
