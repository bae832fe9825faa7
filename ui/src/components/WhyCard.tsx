import { Alert, List, Stack, Text } from "@mantine/core";
import { IconInfoCircle, IconPhoneOutgoing } from "@tabler/icons-react";
import { useEffect, useState } from "react";
import { useWhy } from "../api/queries";
import { duration, time } from "./format";

/** Why the campaign does not dial (more), until when, and what helps. */
export function WhyCard({ id }: { id: string }) {
  const { data: why } = useWhy(id);
  if (!why?.text) return null;
  const others = (why.limits ?? []).filter((limit) => limit.text !== why.text);
  return (
    <Alert
      variant="light"
      color={why.dialing ? "teal" : "yellow"}
      icon={why.dialing ? <IconPhoneOutgoing size={20} /> : <IconInfoCircle size={20} />}
      title={why.dialing ? "It dials. What it dials no more for:" : "Why it does not dial"}
      radius="lg"
    >
      <Stack gap={6}>
        <Text size="sm">
          {why.text}
          {why.until && <Until at={why.until} />}
        </Text>
        {why.advice && (
          <Text size="sm" c="dimmed">
            {why.advice}
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
        {why.since && (
          <Text size="xs" c="dimmed">
            since {time(why.since)}
          </Text>
        )}
      </Stack>
    </Alert>
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
  return (
    <Text span inherit fw={650} className="numbers">
      {" "}
      {left < 3_600_000 ? `${duration(left)} to go` : `until ${time(at)}`}
    </Text>
  );
}
