import { Card, Group, Progress, SimpleGrid, Stack, Table, Text, Title } from "@mantine/core";
import { IconServer } from "@tabler/icons-react";
import type { Asterisk } from "../api/client";
import { useAsterisks } from "../api/queries";
import { Empty, Failed } from "../components/Empty";
import { count } from "../components/format";
import { Loading } from "../components/Loading";
import { AsteriskState } from "../components/Status";

interface Trunk {
  name: string;
  calls: number;
  max_channels: number | null;
  max_cps: number | null;
}

/** What the Asterisks are, and what each carries against its limits. */
export function Asterisks() {
  const asterisks = useAsterisks();
  if (asterisks.error) return <Failed error={asterisks.error} again={() => void asterisks.refetch()} />;
  if (!asterisks.data) return <Loading />;
  if (asterisks.data.length === 0) {
    return (
      <Empty icon={<IconServer size={28} />} title="No Asterisk is configured">
        Each has a section [[asterisk]] in the daemon's configuration file: name, address, user and secret of its manager.conf.
      </Empty>
    );
  }
  return (
    <SimpleGrid cols={{ base: 1, lg: 2 }}>
      {asterisks.data.map((asterisk) => (
        <Server key={asterisk.name} asterisk={asterisk} />
      ))}
    </SimpleGrid>
  );
}

function Server({ asterisk }: { asterisk: Asterisk }) {
  const { name, state, why, calls, max_channels, max_cps } = asterisk;
  const trunks = asterisk.trunks as unknown as Trunk[];
  return (
    <Card component="section" aria-label={`Asterisk ${name}`}>
      <Group justify="space-between">
        <Title order={2}>{name}</Title>
        <AsteriskState state={state} />
      </Group>
      {why && (
        <Text size="sm" c="dimmed" mt={4}>
          {why}. It gets no calls until it is ready, and is tried again by itself.
        </Text>
      )}
      <Stack gap={6} mt="md">
        <Group justify="space-between">
          <Text size="sm" c="dimmed">
            Channels in use
          </Text>
          <Text size="sm" fw={600} className="numbers">
            {count(calls)} of {count(max_channels)}
          </Text>
        </Group>
        <Progress value={max_channels > 0 ? (100 * calls) / max_channels : 0} size="sm" aria-label={`${calls} of ${max_channels} channels in use`} />
        <Group justify="space-between">
          <Text size="sm" c="dimmed">
            Most calls per second
          </Text>
          <Text size="sm" fw={600} className="numbers">
            {max_cps}
          </Text>
        </Group>
      </Stack>
      {trunks.length > 0 && (
        <Table.ScrollContainer minWidth={300} type="native" mt="md">
          <Table verticalSpacing={6} horizontalSpacing={0} aria-label={`Trunks of ${name}`}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Trunk</Table.Th>
                <Table.Th ta="right">Calls</Table.Th>
                <Table.Th ta="right">Most at once</Table.Th>
                <Table.Th ta="right">Per second</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {trunks.map((trunk) => (
                <Table.Tr key={trunk.name}>
                  <Table.Td fw={600}>{trunk.name}</Table.Td>
                  <Table.Td ta="right">{count(trunk.calls)}</Table.Td>
                  <Table.Td ta="right">{trunk.max_channels === null ? "no limit" : count(trunk.max_channels)}</Table.Td>
                  <Table.Td ta="right">{trunk.max_cps ?? "no limit"}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
    </Card>
  );
}
