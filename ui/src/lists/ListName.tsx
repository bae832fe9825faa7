import { Button, Group, Modal, Stack, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import type { DialList } from "../api/client";
import { changeRow, nameOf, readRow } from "../api/rows";

/** Gives a list another name. */
export function RenameModal({ list, onClose }: { list: DialList | null; onClose: () => void }) {
  return (
    <Modal opened={list !== null} onClose={onClose} title={`Rename ${list ? nameOf(list) : ""}`} closeButtonProps={{ "aria-label": "Close" }}>
      {list && <Rename list={list} onDone={onClose} />}
    </Modal>
  );
}

function Rename({ list, onDone }: { list: DialList; onDone: () => void }) {
  const [name, setName] = useState(list.name ?? "");
  const client = useQueryClient();
  const change = useMutation({
    mutationFn: async () => changeRow("dial-lists", list.uuid, { name: name.trim() }, (await readRow("dial-lists", list.uuid)).etag),
    onSuccess: () => {
      notifications.show({ color: "teal", message: `The list is called ${name.trim()} now.` });
      void client.invalidateQueries({ queryKey: ["dial-lists"] });
      onDone();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    change.mutate();
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        <TextInput label="Name" required withAsterisk={false} maxLength={1000} data-autofocus value={name} error={change.error?.message} onChange={(event) => setName(event.currentTarget.value)} />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onDone}>
            Cancel
          </Button>
          <Button type="submit" loading={change.isPending}>
            Rename
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
