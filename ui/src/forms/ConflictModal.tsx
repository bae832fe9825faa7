import { Button, Group, Modal, Stack, Table, Text } from "@mantine/core";
import { span, valuesOf, type Values } from "./fields";
import type { Conflict } from "./useRowForm";

interface Props {
  conflict: Conflict | null;
  values: Values;
  one: string;
  /** `mine`: what was changed here stays changed. */
  onSettle: (mine: boolean) => void;
}

function text(path: string, value: unknown): string {
  if (value === null || value === undefined) return "–";
  if (typeof value === "number" && path.endsWith("_ms")) return span(value);
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** Somebody else was faster: what he changed, and what is to become of it. */
export function ConflictModal({ conflict, values, one, onSettle }: Props) {
  const theirs = conflict ? valuesOf(conflict.theirs.row, conflict.fields) : {};
  return (
    <Modal opened={conflict !== null} onClose={() => onSettle(true)} title={`Somebody else changed this ${one}`} closeButtonProps={{ "aria-label": "Close" }}>
      <Stack>
        <Text size="sm">It was changed after you opened it, so nothing of yours has been saved yet.</Text>
        <Table.ScrollContainer minWidth={300} type="native">
          <Table>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Field</Table.Th>
                <Table.Th>Now stored</Table.Th>
                <Table.Th>In your form</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {conflict?.fields.map(({ path, label }) => (
                <Table.Tr key={path}>
                  <Table.Td>{label}</Table.Td>
                  <Table.Td>{text(path, theirs[path])}</Table.Td>
                  <Table.Td>{text(path, values[path])}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={() => onSettle(false)}>
            Reload, and drop my changes
          </Button>
          <Button onClick={() => onSettle(true)} data-autofocus>
            Keep my changes, and look again
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
