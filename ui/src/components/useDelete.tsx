import { Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { Confirm } from "./Confirm";

interface Asked<T> {
  /** "plan" */
  one: string;
  nameOf: (row: T) => string;
  remove: (row: T) => Promise<unknown>;
  /** What to read anew. */
  stale: string;
  /** What else goes with it, in a sentence. */
  warning?: (row: T) => ReactNode;
  onDone?: () => void;
}

/** Deleting with a question before it: `ask(row)` opens what is in `dialog`. */
export function useDelete<T>({ one, nameOf, remove, stale, warning, onDone }: Asked<T>) {
  const [asked, ask] = useState<T | null>(null);
  const client = useQueryClient();
  const deletion = useMutation({
    mutationFn: remove,
    onSuccess: (_, row) => {
      notifications.show({ color: "teal", message: `${nameOf(row)} is deleted.` });
      void client.invalidateQueries({ queryKey: [stale] });
      onDone?.();
    },
    onError: (error: Error, row) => notifications.show({ color: "red", title: `${nameOf(row)} is not deleted`, message: error.message, autoClose: 10_000 }),
    onSettled: () => ask(null),
  });
  const dialog = (
    <Confirm opened={asked !== null} title={`Delete ${one} ${asked ? nameOf(asked) : ""}?`} action={`Delete ${one}`} busy={deletion.isPending} onClose={() => ask(null)} onConfirm={() => asked && deletion.mutate(asked)}>
      <Text size="sm">{(asked && warning?.(asked)) ?? "This cannot be taken back."}</Text>
    </Confirm>
  );
  return { ask, dialog };
}
