import { Badge, type BadgeProps } from "@mantine/core";
import { agentState, asteriskState, campaignStatus, color, importState, outcome, type Tone } from "./tones";

/** A word with its colour. */
export function Status({ tone, word, live, ...rest }: { tone: Tone; word: string; live?: boolean } & BadgeProps) {
  return (
    <Badge color={color[tone]} leftSection={<span className={live ? "pulse" : "dot"} aria-hidden />} {...rest}>
      {word}
    </Badge>
  );
}

const unknown = (word: string) => ({ word, tone: "quiet" as Tone });

export const CampaignStatus = ({ status }: { status: string }) => <Status {...(campaignStatus[status] ?? unknown(status))} />;
export function AgentState({ state, paused }: { state: string; paused: boolean }) {
  const { word, tone } = agentState[state] ?? unknown(state);
  return <Status tone={tone} word={paused ? `${word}, paused` : word} />;
}

export const Outcome = ({ outcome: name }: { outcome: string }) => <Status {...(outcome[name] ?? unknown(name))} />;
export const AsteriskState = ({ state }: { state: string }) => <Status {...(asteriskState[state] ?? unknown(state))} />;
export const ImportState = ({ state }: { state: string }) => <Status {...(importState[state] ?? unknown(state))} />;
