import { useEffect, useState } from "react";
import { AGENT_STATES, byState, type State } from "../components/agents";
import { useAgents } from "./queries";
import { SPAN_MS } from "./figures";

export interface AgentSeries {
  at: number[];
  states: Record<State, number[]>;
}

const MOST = 300;
const seen = new Map<string, AgentSeries>();

/** Agents of a queue by state, since this page looks: the daemon keeps no history of them. */
export function useAgentSeries(queue: string | null | undefined): AgentSeries | undefined {
  const agents = useAgents();
  const [, redraw] = useState(0);
  const at = agents.dataUpdatedAt;
  useEffect(() => {
    if (!agents.data || !queue) return;
    const series = seen.get(queue) ?? { at: [], states: { idle: [], busy: [], wrap_up: [], away: [] } };
    if (series.at.at(-1) === at) return;
    const counts = byState(agents.data.filter((agent) => agent.queue === queue));
    const drop = (series.at[0] ?? at) < at - SPAN_MS || series.at.length >= MOST ? 1 : 0;
    if (series.at.length === 0) {
      // One point alone would be no line.
      series.at.push(at - 2_000);
      for (const state of AGENT_STATES) series.states[state].push(counts[state]);
    }
    const next = { at: [...series.at.slice(drop), at], states: { ...series.states } };
    for (const state of AGENT_STATES) next.states[state] = [...series.states[state].slice(drop), counts[state]];
    seen.set(queue, next);
    redraw((old) => old + 1);
  }, [agents.data, at, queue]);
  return queue ? seen.get(queue) : undefined;
}
