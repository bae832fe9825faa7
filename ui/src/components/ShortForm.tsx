import { Alert, Button, Group, Stack } from "@mantine/core";
import type { FormEvent, ReactNode } from "react";

interface Props {
  /** What was refused that stands at no field. */
  error?: string;
  busy: boolean;
  /** What the button says. */
  submit: string;
  onSubmit: () => void;
  onCancel: () => void;
  children: ReactNode;
}

/** A few fields in a dialog. */
export function ShortForm({ error, busy, submit, onSubmit, onCancel, children }: Props) {
  const send = (event: FormEvent) => {
    event.preventDefault();
    onSubmit();
  };
  return (
    <form onSubmit={send} noValidate>
      <Stack>
        {error && (
          <Alert color="red" variant="light" role="alert">
            {error}
          </Alert>
        )}
        {children}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onCancel}>
            Cancel
          </Button>
          <Button type="submit" loading={busy}>
            {submit}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
