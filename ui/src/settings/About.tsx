import { Anchor, Card, Group, Stack, Table, Text } from "@mantine/core";
import { useVersion } from "../api/openapi";
import { useSession } from "../api/session";
import { Logo } from "../components/Logo";
import { roleWord } from "./people";

/** Which daemon this is. */
export function About() {
  const version = useVersion();
  const { session } = useSession();
  return (
    <Card maw={560}>
      <Stack>
        <Group gap="sm">
          <Logo size={40} />
          <div>
            <Text fw={700}>Asterisk-outbound</Text>
            <Text size="sm" c="dimmed">
              Outbound call campaigns on Asterisk
            </Text>
          </div>
        </Group>
        <Table verticalSpacing={6} horizontalSpacing={0} withRowBorders={false} aria-label="About">
          <Table.Tbody>
            <Table.Tr>
              <Table.Th scope="row" w={140}>
                Version
              </Table.Th>
              <Table.Td>{version.data ?? "–"}</Table.Td>
            </Table.Tr>
            <Table.Tr>
              <Table.Th scope="row">Signed in as</Table.Th>
              <Table.Td>
                {session?.name}, {roleWord(session?.role ?? null)}
              </Table.Td>
            </Table.Tr>
            <Table.Tr>
              <Table.Th scope="row">Licence</Table.Th>
              <Table.Td>MIT or Apache-2.0</Table.Td>
            </Table.Tr>
          </Table.Tbody>
        </Table>
        <Group gap="lg">
          <Anchor href="/api/docs" target="_blank" rel="noreferrer" size="sm">
            The HTTP API
          </Anchor>
          <Anchor href="/api/openapi.json" target="_blank" rel="noreferrer" size="sm">
            Its OpenAPI document
          </Anchor>
        </Group>
      </Stack>
    </Card>
  );
}
