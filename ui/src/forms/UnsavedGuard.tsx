import { Button, Group, Modal, Stack, Text } from "@mantine/core";
import { useEffect, type ReactNode } from "react";
import { useBlocker } from "react-router-dom";

interface Props {
  when: boolean;
  title?: string;
  /** What is lost. */
  children?: ReactNode;
}

/** Asks before changes are lost: by a way within the page, or out of it. */
export function UnsavedGuard({ when, title = "Leave without saving?", children = "What you have filled in is lost." }: Props) {
  const blocker = useBlocker(({ currentLocation, nextLocation, historyAction }) => {
    const saved = (nextLocation.state as { saved?: boolean } | null)?.saved === true && historyAction !== "POP";
    return when && !saved && currentLocation.pathname !== nextLocation.pathname;
  });
  useEffect(() => {
    if (!when) return;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", ask);
    return () => window.removeEventListener("beforeunload", ask);
  }, [when]);
  const stay = () => blocker.reset?.();
  return (
    <Modal opened={blocker.state === "blocked"} onClose={stay} title={title} closeButtonProps={{ "aria-label": "Close" }}>
      <Stack>
        <Text size="sm">{children}</Text>
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={() => blocker.proceed?.()}>
            Leave
          </Button>
          <Button onClick={stay} data-autofocus>
            Stay
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
