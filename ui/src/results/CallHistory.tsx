import { Anchor, Skeleton, Text, Timeline, Title } from "@mantine/core";
import { Link } from "react-router-dom";
import { time } from "../components/format";
import { color, outcome as outcomes } from "../components/tones";
import { useHistory, type FullResult } from "./search";

interface Props {
  title: string;
  /** The lead's uuid. */
  lead: string;
  /** The call that is shown already. */
  current?: FullResult;
  onOpen?: (result: FullResult) => void;
}

/** All calls to a lead, the newest first. */
export function CallHistory({ title, lead, current, onOpen }: Props) {
  const history = useHistory(lead);
  const calls = history.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <section aria-label={title}>
      <Title order={2} fz="md" mb="md">
        {title}
      </Title>
      {history.isPending && <Skeleton h={60} />}
      {history.data && calls.length === 0 && (
        <Text size="sm" c="dimmed">
          It has not been called yet.
        </Text>
      )}
      <Timeline active={calls.length} bulletSize={14} lineWidth={2}>
        {calls.map((call) => {
          const { word, tone } = outcomes[call.outcome] ?? { word: call.outcome, tone: "quiet" as const };
          return (
            <Timeline.Item key={call.seq} color={color[tone]} title={<Name call={call} word={word} current={current} onOpen={onOpen} />}>
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
  );
}

function Name({ call, word, current, onOpen }: { call: FullResult; word: string } & Pick<Props, "current" | "onOpen">) {
  if (call.seq === current?.seq) {
    return (
      <Text size="sm" fw={700}>
        {word} <Text span c="dimmed" size="sm">(this one)</Text>
      </Text>
    );
  }
  if (!onOpen) {
    return (
      <Text size="sm" fw={600}>
        {word}
      </Text>
    );
  }
  return (
    <button type="button" className="cellbutton" onClick={() => onOpen(call)}>
      {word}
    </button>
  );
}
