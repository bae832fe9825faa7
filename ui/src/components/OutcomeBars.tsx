import { Box, Group, Progress, Stack, Text } from "@mantine/core";
import type { Figures } from "../api/figures";
import { count, share } from "./format";
import { color, outcome } from "./tones";

/** How calls ended: each outcome with its share. */
export function OutcomeBars({ outcomes, ended }: { outcomes: Figures["outcomes"]; ended: number }) {
  const rows = Object.entries(outcomes).sort((a, b) => b[1] - a[1]);
  if (rows.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        No call has ended in the last 15 minutes.
      </Text>
    );
  }
  return (
    <Stack gap="sm" component="ul" className="bare">
      {rows.map(([name, number]) => {
        const { word, tone } = outcome[name] ?? { word: name, tone: "quiet" as const };
        return (
          <Box component="li" key={name}>
            <Group justify="space-between" gap="xs">
              <Text size="sm">{word}</Text>
              <Text size="sm" className="numbers">
                {count(number)}{" "}
                <Text span c="dimmed" size="xs">
                  {share(number, ended)}
                </Text>
              </Text>
            </Group>
            <Progress value={(100 * number) / ended} color={tone === "quiet" ? "gray.5" : color[tone]} size={6} mt={3} aria-hidden />
          </Box>
        );
      })}
    </Stack>
  );
}
