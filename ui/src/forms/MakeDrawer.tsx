import { Drawer, Text } from "@mantine/core";
import type { Kind, Row } from "../api/rows";
import { WORDS } from "./layouts";
import { NewList } from "./NewList";
import { RowForm } from "./RowForm";

interface Props {
  kind: Kind;
  opened: boolean;
  onClose: () => void;
  onMade: (row: Row) => void;
}

/** Makes a row of another resource beside the form that needs it. */
export function MakeDrawer({ kind, opened, onClose, onMade }: Props) {
  const { one, hint } = WORDS[kind];
  return (
    <Drawer opened={opened} onClose={onClose} position="right" size="xl" title={`New ${one}`} closeOnClickOutside={false} closeButtonProps={{ "aria-label": "Close" }}>
      <Text size="sm" c="dimmed" mb="lg">
        {hint}
      </Text>
      {kind === "dial-lists" ? <NewList onMade={onMade} /> : <RowForm kind={kind} within="drawer" onDone={onMade} onCancel={onClose} />}
    </Drawer>
  );
}
