import { Box, Group, Progress, Text } from "@mantine/core";
import type { Agent } from "../api/client";
import { count } from "./format";
import { Tile } from "./Tile";
import { agentState } from "./tones";

export const AGENT_STATES = ["idle", "busy", "wrap_up", "away"] as const;
export type State = (typeof AGENT_STATES)[number];

/** The colour of each state in charts and bars. */
export const stateColor: Record<State, string> = {
  idle: "var(--c-idle)",
  busy: "var(--c-flight)",
  wrap_up: "var(--c-wrap)",
  away: "var(--c-away)",
};

export function byState(agents: Agent[]): Record<State, number> {
  const counts = { idle: 0, busy: 0, wrap_up: 0, away: 0 };
  for (const agent of agents) counts[agent.state] += 1;
  return counts;
}

/** Agents by what they do, as one bar with its legend. */
export function AgentsBar({ agents, size = 8, legend = true }: { agents: Agent[]; size?: number; legend?: boolean }) {
  const counts = byState(agents);
  return (
    <Box>
      <Progress.Root size={size}>
        {AGENT_STATES.map((state) => (
          <Progress.Section
            key={state}
            value={agents.length === 0 ? 0 : (100 * counts[state]) / agents.length}
            color={stateColor[state]}
            aria-label={`${agentState[state]?.word}: ${counts[state]}`}
          />
        ))}
      </Progress.Root>
      {legend && (
        <Group gap="2px 10px" mt={8}>
          {AGENT_STATES.map((state) => (
            <Group key={state} gap={5} wrap="nowrap">
              <span className="dot" style={{ color: stateColor[state] }} aria-hidden />
              <Text size="xs" c="dimmed" className="numbers">
                {agentState[state]?.word}{" "}
                <Text span inherit fw={650} c="var(--mantine-color-text)">
                  {count(counts[state])}
                </Text>
              </Text>
            </Group>
          ))}
        </Group>
      )}
    </Box>
  );
}

export function AgentsTile({ agents, label = "Idle agents" }: { agents?: Agent[]; label?: string }) {
  const loggedIn = agents?.filter((agent) => agent.state !== "away").length;
  return (
    <Tile
      label={label}
      about="Agents are members of the queues of all Asterisks; one who is in several queues counts for each."
      value={agents && count(byState(agents).idle)}
      unit={loggedIn === undefined ? undefined : `of ${count(loggedIn)} at work`}
    >
      <Box mt="auto" pt="sm">
        {agents && <AgentsBar agents={agents} />}
      </Box>
    </Tile>
  );
}
