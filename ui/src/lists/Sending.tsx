import { Button, Group, Progress, Stack, Text } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import type { Import } from "../api/client";
import { upload, type ImportWish, type Taken } from "../api/imports";
import { octets } from "../components/format";

/** Sends a file of a list to the daemon: `sent` is null while nothing is on its way, `before` the import that the daemon had of it. */
export function useSending(list: string, file: File) {
  const [sent, setSent] = useState<number | null>(null);
  const [failed, setFailed] = useState<string | null>(null);
  const [before, setBefore] = useState<Import | null>(null);
  const stop = useRef<AbortController | null>(null);
  useEffect(() => () => stop.current?.abort(), []);
  const send = async (wish: ImportWish): Promise<Taken | null> => {
    stop.current = new AbortController();
    setFailed(null);
    setSent(0);
    try {
      const taken = await upload({ list, file, wish, onSent: setSent, signal: stop.current.signal });
      setBefore(taken.again ? taken.row : null);
      return taken;
    } catch (error) {
      setFailed(error instanceof Error ? error.message : String(error));
      return null;
    } finally {
      setSent(null);
    }
  };
  return { sent, failed, before, send, stop: () => stop.current?.abort() };
}

/** How much of a file is sent. */
export function Sending({ file, sent, onStop }: { file: File; sent: number; onStop: () => void }) {
  const part = Math.min(100, (100 * sent) / Math.max(1, file.size));
  return (
    <Stack>
      <Group justify="space-between">
        <Text fw={600}>Sending {file.name} …</Text>
        <Text className="numbers" c="dimmed" size="sm">
          {octets(Math.min(sent, file.size))} of {octets(file.size)}
        </Text>
      </Group>
      <Progress value={part} size="lg" aria-label={`${Math.floor(part)} % of the file are sent`} animated />
      <Text size="sm" c="dimmed">
        Keep this page open until the daemon has the file. Then it may be closed.
      </Text>
      <Group justify="flex-end">
        <Button variant="default" onClick={onStop}>
          Cancel
        </Button>
      </Group>
    </Stack>
  );
}
