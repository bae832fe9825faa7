import { Alert, Anchor, Group, List, Stack, Text } from "@mantine/core";
import { IconInfoCircle, IconPhoneOutgoing } from "@tabler/icons-react";
import { useEffect, useState } from "react";
import { Link } from "react-router-dom";
import type { Campaign, Why } from "../api/client";
import { useWhy } from "../api/queries";
import { useMay } from "../api/session";
import { labelOf } from "../forms/fields";
import { duration, sentence, time } from "./format";

/** Why the campaign does not dial (more), until when, and what helps. */
export function WhyCard({ campaign }: { campaign: Campaign }) {
  const { data: why } = useWhy(campaign.uuid);
  const may = useMay("supervisor");
  if (!why?.text) return null;
  const others = (why.limits ?? []).filter((limit) => limit.text !== why.text);
  const steps = stepsOf(why, campaign, may);
  return (
    <Alert
      variant="light"
      role="region"
      color={why.dialing ? "teal" : "yellow"}
      icon={why.dialing ? <IconPhoneOutgoing size={20} /> : <IconInfoCircle size={20} />}
      title={why.dialing ? "It dials, and this is why not more" : "Why it does not dial"}
      radius="lg"
    >
      <Stack gap={6}>
        <Text size="sm">{sentence(why.text)}</Text>
        {why.advice && <Text size="sm">{inLabels(why.advice)}.</Text>}
        {others.length > 0 && (
          <List size="sm" spacing={2} c="dimmed">
            {others.map((limit) => (
              <List.Item key={`${limit.asterisk}${limit.text}`}>
                {limit.asterisk ? `${limit.asterisk}: ${limit.text}` : sentence(limit.text)}
                {limit.advice && limit.advice !== why.advice ? `. ${inLabels(limit.advice)}.` : ""}
              </List.Item>
            ))}
          </List>
        )}
        {(why.since || why.until) && (
          <Text size="xs" c="dimmed" className="numbers">
            {why.since && `Since ${time(why.since)}`}
            {why.since && why.until && " · "}
            {why.until && <Until at={why.until} />}
          </Text>
        )}
        {steps.length > 0 && (
          <Group gap="md">
            {steps.map(({ to, label }) => (
              <Anchor key={to} component={Link} to={to} size="sm" fw={600}>
                {label}
              </Anchor>
            ))}
          </Group>
        )}
      </Stack>
    </Alert>
  );
}

/** The daemon names fields as its API does; here they are called as in the forms. Those of its config keep their names. */
const inLabels = (advice: string) => advice.replace(/\b([a-z_]+) of the (?=plan|campaign\b)/g, (_, field: string) => `“${labelOf(field)}” of the `);

type Step = "agents" | "asterisks" | "campaign" | "import" | "imports" | "plan";

/** Where the cause of a reason is seen, or changed. */
const STEPS: Partial<Record<Why["reason"], Step[]>> = {
  abandon_budget: ["plan"],
  agents_left_alone: ["agents"],
  agents_spoken_for: ["agents"],
  asterisk_channels: ["asterisks"],
  asterisk_not_connected: ["asterisks"],
  asterisk_rate: ["asterisks"],
  asterisk_refuses: ["asterisks"],
  campaign_channels: ["campaign"],
  campaign_rate: ["campaign"],
  list_empty: ["import"],
  list_import: ["imports"],
  list_used_up: ["import", "plan"],
  no_destination: ["campaign"],
  no_dial_list: ["campaign"],
  no_dial_mode: ["plan"],
  no_idle_agent: ["agents"],
  no_plan: ["campaign"],
  no_queue: ["plan"],
  no_such_queue: ["plan"],
  nobody_logged_in: ["agents"],
  outside_schedule: ["campaign"],
  retry_delay: ["plan"],
  service_level: ["plan"],
  trunk_channels: ["asterisks"],
  trunk_congested: ["asterisks"],
  trunk_rate: ["asterisks"],
  trunks: ["asterisks"],
};

function stepsOf(why: Why, { uuid, plan, dial_list }: Campaign, may: boolean): { to: string; label: string }[] {
  const places: Record<Step, { to: string; label: string } | false> = {
    agents: { to: "/agents", label: "Show the agents" },
    asterisks: { to: "/settings", label: "Show the Asterisk servers and trunks" },
    campaign: may && { to: `/campaigns/${uuid}/edit`, label: "Change the campaign" },
    import: may && dial_list !== null && { to: `/lists/${dial_list}/import`, label: "Import leads" },
    imports: dial_list !== null && { to: `/lists/${dial_list}?show=imports`, label: "Show the imports of the list" },
    plan: plan !== null && { to: `/plans/${plan}`, label: may ? "Change the plan" : "Show the plan" },
  };
  return (STEPS[why.reason] ?? []).flatMap((step) => places[step] || []);
}

/** A time that is to come, counted down. */
function Until({ at }: { at: string }) {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = window.setInterval(() => setNow(Date.now()), 1_000);
    return () => window.clearInterval(timer);
  }, []);
  const left = Date.parse(at) - now;
  if (!(left > 0)) return null;
  return `until ${time(at)}${left < 3_600_000 ? `, ${duration(left)} to go` : ""}`;
}
