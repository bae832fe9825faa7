import { Button, Group, Stack, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { ApiError } from "../api/client";
import { createRow, type Row } from "../api/rows";

/** A dial list needs a name only; its leads come by an import. */
export function NewList({ onMade }: { onMade: (row: Row) => void }) {
  const [name, setName] = useState("");
  const client = useQueryClient();
  const make = useMutation({
    mutationFn: () => createRow("dial-lists", { name: name.trim() }),
    onSuccess: ({ row }) => {
      void client.invalidateQueries({ queryKey: ["dial-lists"] });
      onMade(row);
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    // A form within a drawer stands, for React, within the form below it.
    event.stopPropagation();
    make.mutate();
  };
  const { error } = make;
  const text = error instanceof ApiError && error.problem.expected ? `Expected: ${error.problem.expected}.` : error?.message;
  return (
    <form onSubmit={submit}>
      <Stack>
        <TextInput label="Name" description="For people: where the leads are from, or what they are called for." required withAsterisk={false} maxLength={1000} data-autofocus value={name} onChange={(event) => setName(event.currentTarget.value)} error={text} />
        <Group justify="flex-end">
          <Button type="submit" loading={make.isPending}>
            Create the list
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
