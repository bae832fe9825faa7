import { Button, Drawer, Group, Text, Title } from "@mantine/core";
import { useState } from "react";
import { nameOf, type Kind, type Row } from "../api/rows";
import { ImportFlow } from "../lists/ImportFlow";
import { Loading } from "../components/Loading";
import { useBeginning } from "./beginning";
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
      {kind === "dial-lists" ? <ListWithLeads onMade={onMade} /> : <Other kind={kind} onMade={onMade} onClose={onClose} />}
    </Drawer>
  );
}

function Other({ kind, onMade, onClose }: Omit<Props, "opened">) {
  const beginning = useBeginning(kind);
  return beginning ? <RowForm kind={kind} beginning={beginning} within="drawer" onDone={onMade} onCancel={onClose} /> : <Loading />;
}

/** A list, and at once the leads for it. */
function ListWithLeads({ onMade }: { onMade: Props["onMade"] }) {
  const [list, setList] = useState<Row | null>(null);
  if (!list) return <NewList onMade={setList} />;
  const use = <Button onClick={() => onMade(list)}>Use this list</Button>;
  return (
    <>
      <Group justify="space-between" mb="md">
        <Title order={2}>{nameOf(list)}</Title>
        <Button variant="subtle" size="compact-sm" onClick={() => onMade(list)}>
          Import later
        </Button>
      </Group>
      <ImportFlow list={list.uuid} next={use} />
    </>
  );
}
