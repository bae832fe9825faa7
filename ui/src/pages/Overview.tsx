import { Box, Button, Card, Grid, Group, SimpleGrid, Skeleton, Stack, Table, Text, TextInput } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { IconPhoneOutgoing, IconSearch } from "@tabler/icons-react";
import { useState, type ReactNode } from "react";
import { Link, useNavigate } from "react-router-dom";
import { type Campaign } from "../api/client";
import { useFigures, whole } from "../api/figures";
import { useAsterisks, useCampaigns, useDialLists, usePlans, useAgents } from "../api/queries";
import { useMay } from "../api/session";
import { AbandonMeter } from "../components/Abandon";
import { Chart } from "../components/Chart";
import { Empty, Failed } from "../components/Empty";
import { count, share } from "../components/format";
import { ListProgress } from "../components/ListProgress";
import { Page } from "../components/Page";
import { Reason } from "../components/Reason";
import { CampaignStatus } from "../components/Status";
import { AgentsTile } from "../components/agents";
import { Tile } from "../components/Tile";

const RUNS = ["start", "starting", "pausing", "stopping", "force_stopping", "pause", "stop"];

/** What runs comes first, then by name. */
function sorted(campaigns: Campaign[]): Campaign[] {
  const rank = (campaign: Campaign) => RUNS.indexOf(campaign.status);
  return [...campaigns].sort((a, b) => rank(a) - rank(b) || (a.name ?? "").localeCompare(b.name ?? ""));
}

export function OverviewPage({ actions }: { actions?: ReactNode }) {
  const campaigns = useCampaigns();
  const may = useMay("supervisor");
  const wide = useMediaQuery("(min-width: 62em)", true, { getInitialValueInEffect: false });
  const [wanted, setWanted] = useState("");
  const rows = sorted(campaigns.data ?? []).filter((row) => (row.name ?? row.uuid).toLowerCase().includes(wanted.toLowerCase()));
  const running = campaigns.data?.filter((row) => row.status === "start").length;
  return (
    <Page
      title="Overview"
      about={
        running === undefined
          ? undefined
          : running === 1
            ? "1 campaign is running"
            : `${running === 0 ? "No" : running} campaigns are running`
      }
      actions={actions}
    >
      <Stack gap="lg">
        <Room />
        {campaigns.error && !campaigns.data && <Failed error={campaigns.error} again={() => void campaigns.refetch()} />}
        {campaigns.isPending && <Skeleton h={180} radius="lg" />}
        {campaigns.data?.length === 0 && (
          <Card>
            <Empty
              icon={<IconPhoneOutgoing size={26} />}
              title="No campaigns yet"
              action={
                may && (
                  <Button component={Link} to="/lists" variant="default" mt="xs">
                    Import a list
                  </Button>
                )
              }
            >
              A campaign calls the leads of a list, as its plan says. Import a list first; then make a campaign, and its plan beside it.
            </Empty>
          </Card>
        )}
        {campaigns.data && campaigns.data.length > 0 && (
          <Card padding={0} component="section" aria-labelledby="campaigns">
            <Group justify="space-between" px="lg" py="md">
              <Text component="h2" id="campaigns" fw={650} fz="md">
                Campaigns
              </Text>
              {campaigns.data.length > 5 && (
                <TextInput
                  size="xs"
                  w={220}
                  placeholder="Find by name"
                  aria-label="Find a campaign by name"
                  leftSection={<IconSearch size={14} />}
                  value={wanted}
                  onChange={(event) => setWanted(event.currentTarget.value)}
                />
              )}
            </Group>
            {wide ? <CampaignTable rows={rows} /> : <CampaignCards rows={rows} />}
            {rows.length === 0 && (
              <Text c="dimmed" size="sm" ta="center" pb="lg">
                No campaign has a name with “{wanted}”.
              </Text>
            )}
          </Card>
        )}
      </Stack>
    </Page>
  );
}

/** The whole room in four numbers and a chart. */
function Room() {
  const figures = useFigures();
  const agents = useAgents().data;
  const asterisks = useAsterisks().data;
  const away = asterisks?.filter((asterisk) => asterisk.state !== "ready");
  const series = figures?.series;
  return (
    <Grid gutter="md">
      <Grid.Col span={{ base: 12, md: 6 }}>
        <SimpleGrid cols={2} spacing="md" h="100%">
          <Tile
            label="Calls in flight"
            value={figures && count(figures.inFlight)}
            note={figures && `${count(figures.talking)} answered, ${count(figures.inFlight - figures.talking)} ringing`}
            trend={series?.inFlight}
            color="var(--c-flight)"
          />
          <Tile
            label="Calls placed"
            value={figures && count(figures.perMinute)}
            unit="a minute"
            note={
              asterisks &&
              (away?.length
                ? `${away.map((one) => one.name).join(", ")}: not ready`
                : `${asterisks.length} Asterisk ${asterisks.length === 1 ? "server" : "servers"} ready`)
            }
            trend={series && whole(series.placed)}
            color="var(--c-placed)"
          />
          <Tile
            label="Answer rate"
            about="Of the calls that ended in the last 15 minutes, those that somebody answered."
            value={figures && share(figures.answered, figures.ended)}
            note={figures && `${count(figures.answered)} of ${count(figures.ended)} calls`}
            trend={series && whole(series.answered)}
            color="var(--c-answer)"
          />
          <AgentsTile agents={agents} />
        </SimpleGrid>
      </Grid.Col>
      <Grid.Col span={{ base: 12, md: 6 }}>
        <Card h="100%">
          <Text component="h2" fw={650} fz="md" mb="xs">
            Calls
          </Text>
          {series ? (
            <Chart
              label="Calls in flight in the last 15 minutes"
              at={series.at}
              lines={[
                { name: "In flight", color: "var(--c-flight)", values: series.inFlight },
                { name: "Answered", color: "var(--c-talk)", values: series.talking },
              ]}
              height={210}
            />
          ) : (
            <Skeleton h={210} />
          )}
        </Card>
      </Grid.Col>
    </Grid>
  );
}

function CampaignTable({ rows }: { rows: Campaign[] }) {
  return (
    <Table layout="fixed" aria-label="Campaigns">
      <Table.Thead>
        <Table.Tr>
          <Table.Th w="30%" pl="lg">
            Campaign
          </Table.Th>
          <Table.Th w="12%">Status</Table.Th>
          <Table.Th w="17%">Progress</Table.Th>
          <Table.Th ta="right">In flight</Table.Th>
          <Table.Th ta="right">A minute</Table.Th>
          <Table.Th ta="right">Answer rate</Table.Th>
          <Table.Th w="12%" pr="lg">
            Abandoned
          </Table.Th>
        </Table.Tr>
      </Table.Thead>
      {rows.map((row) => (
        <CampaignRow key={row.uuid} row={row} />
      ))}
    </Table>
  );
}

function useNames(row: Campaign): string {
  const [plans, lists] = [usePlans().data, useDialLists().data];
  if (!plans || !lists) return "\u00a0";
  const plan = plans.find((one) => one.uuid === row.plan);
  const list = lists.find((one) => one.uuid === row.dial_list);
  return [plan ? `${plan.name ?? "a plan"} (${plan.dial_mode})` : "no plan", list ? (list.name ?? "a list") : "no list"].join(" · ");
}

function CampaignRow({ row }: { row: Campaign }) {
  const go = useNavigate();
  const figures = useFigures(row.uuid);
  const to = `/campaigns/${row.uuid}`;
  return (
    <Table.Tbody className="linked" onClick={() => void go(to)}>
      <Table.Tr className="halved">
        <Table.Td pl="lg">
          <CampaignName row={row} to={to} />
        </Table.Td>
        <Table.Td>
          <CampaignStatus status={row.status} />
        </Table.Td>
        <Table.Td>
          <ListProgress id={row.uuid} />
        </Table.Td>
        <Table.Td ta="right">{figures ? count(figures.inFlight) : "–"}</Table.Td>
        <Table.Td ta="right">{figures ? count(figures.perMinute) : "–"}</Table.Td>
        <Table.Td ta="right">{figures ? share(figures.answered, figures.ended) : "–"}</Table.Td>
        <Table.Td pr="lg">
          <AbandonMeter id={row.uuid} />
        </Table.Td>
      </Table.Tr>
      <Table.Tr>
        <Table.Td colSpan={7} px="lg" pt={4}>
          <Reason id={row.uuid} />
        </Table.Td>
      </Table.Tr>
    </Table.Tbody>
  );
}

function CampaignName({ row, to }: { row: Campaign; to: string }) {
  const names = useNames(row);
  return (
    <>
      <Text component={Link} to={to} fw={600} size="sm" className="plain" onClick={(event) => event.stopPropagation()}>
        {row.name ?? row.uuid}
      </Text>
      <Text size="xs" c="dimmed" truncate>
        {names}
      </Text>
    </>
  );
}

/** The same on a phone. */
function CampaignCards({ rows }: { rows: Campaign[] }) {
  return (
    <Box>
      {rows.map((row) => (
        <CampaignCard key={row.uuid} row={row} />
      ))}
    </Box>
  );
}

function CampaignCard({ row }: { row: Campaign }) {
  const figures = useFigures(row.uuid);
  return (
    <Box px="md" py="md" className="part">
      <Group justify="space-between" align="flex-start" wrap="nowrap" mb={4}>
        <Box miw={0}>
          <CampaignName row={row} to={`/campaigns/${row.uuid}`} />
        </Box>
        <Box flex="none">
          <CampaignStatus status={row.status} />
        </Box>
      </Group>
      <Box mb="sm">
        <Reason id={row.uuid} />
      </Box>
      <SimpleGrid cols={2} spacing="md" verticalSpacing="sm">
        <Small label="Progress">
          <ListProgress id={row.uuid} />
        </Small>
        <Small label="Abandoned">
          <AbandonMeter id={row.uuid} />
        </Small>
        <Small label="In flight">{figures ? `${count(figures.inFlight)} · ${count(figures.perMinute)} a minute` : "–"}</Small>
        <Small label="Answer rate">{figures ? share(figures.answered, figures.ended) : "–"}</Small>
      </SimpleGrid>
    </Box>
  );
}

function Small({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div>
      <Text size="xs" c="dimmed">
        {label}
      </Text>
      <Text size="sm" component="div" className="numbers">
        {children}
      </Text>
    </div>
  );
}
