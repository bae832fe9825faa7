import { Alert, Group, Text, Tooltip } from "@mantine/core";
import { IconPlugConnectedX } from "@tabler/icons-react";
import { useLive } from "../api/live";
import { time } from "./format";

const WORDS = {
  connecting: { word: "Connecting", about: "The daemon is asked for what is new.", color: "var(--mantine-color-dimmed)", className: "dot" },
  events: { word: "Live", about: "The daemon tells of each change at once.", color: "var(--mantine-color-teal-6)", className: "pulse" },
  polling: { word: "Live", about: "What is shown is asked for every 2 seconds.", color: "var(--mantine-color-teal-6)", className: "pulse" },
  lost: { word: "Offline", about: "The daemon does not answer.", color: "var(--mantine-color-red-6)", className: "dot" },
};

/** How fresh the figures are, in one word. */
export function LinkState() {
  const { word, about, color, className } = WORDS[useLive().link];
  return (
    <Tooltip label={about}>
      <Group gap={8} wrap="nowrap" px={6} tabIndex={0} role="note" aria-label={`${word}: ${about}`}>
        <span className={className} style={{ color }} aria-hidden />
        <Text size="sm" c="dimmed" fw={500}>
          {word}
        </Text>
      </Group>
    </Tooltip>
  );
}

/** Says, also to screen readers, that what is shown is old. */
export function LostBanner() {
  const { link, lostSince } = useLive();
  return (
    <div aria-live="assertive">
      {link === "lost" && (
        <Alert
          color="red"
          variant="filled"
          mb="lg"
          radius="md"
          icon={<IconPlugConnectedX size={20} />}
          title="Lost the connection to the daemon"
        >
          What you see is as of {time(lostSince)}. The page is up to date again by itself when the daemon answers.
        </Alert>
      )}
    </div>
  );
}
