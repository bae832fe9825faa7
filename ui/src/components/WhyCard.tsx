import { Alert, Anchor, List, Stack, Text } from "@mantine/core";
import { IconInfoCircle, IconPhoneOutgoing } from "@tabler/icons-react";
import { useEffect, useState } from "react";
import { Link } from "react-router-dom";
import { useCampaign, useWhy } from "../api/queries";
import { duration, time } from "./format";

/** Why the campaign does not dial (more), until when, and what helps. */
export function WhyCard({ id }: { id: string }) {
  const { data: why } = useWhy(id);
  if (!why?.text) return null;
  const others = (why.limits ?? []).filter((limit) => limit.text !== why.text);
  return (
    <Alert
      variant="light"
      role="region"
      color={why.dialing ? "teal" : "yellow"}
      icon={why.dialing ? <IconPhoneOutgoing size={20} /> : <IconInfoCircle size={20} />}
      title={why.dialing ? "It dials, and this is why not more" : "Why it does not dial"}
      radius="lg"
      className="why"
    >
      <Stack gap={6}>
        <Text size="sm" className="sentence">
          {why.text}
        </Text>
        {why.advice && (
          <Text size="sm" c="dimmed">
            {why.advice}.
          </Text>
        )}
        {others.length > 0 && (
          <List size="sm" spacing={2} c="dimmed">
            {others.map((limit) => (
              <List.Item key={`${limit.asterisk}${limit.text}`}>
                {limit.asterisk ? `${limit.asterisk}: ` : ""}
                {limit.text}
              </List.Item>
            ))}
          </List>
        )}
        {why.reason === "list_import" && <ToImports campaign={id} />}
        {(why.since || why.until) && (
          <Text size="xs" c="dimmed" className="numbers">
            {why.since && `Since ${time(why.since)}`}
            {why.since && why.until && " · "}
            {why.until && <Until at={why.until} />}
          </Text>
        )}
      </Stack>
    </Alert>
  );
}

/** Where the imports are that it waits for. */
function ToImports({ campaign }: { campaign: string }) {
  const list = useCampaign(campaign).data?.dial_list;
  if (!list) return null;
  return (
    <Anchor component={Link} to={`/lists/${list}?show=imports`} size="sm">
      Show the imports of the list
    </Anchor>
  );
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
