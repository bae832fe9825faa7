import { Box, Card, Grid, Group, SimpleGrid, Skeleton, Stack, Tabs, Text } from "@mantine/core";
import { IconListDetails, IconPhoneCall, IconUsers } from "@tabler/icons-react";
import { useParams } from "react-router-dom";
import { useAgentSeries } from "../api/agents";
import { ApiError, type Campaign } from "../api/client";
import { useFigures, whole, type Figures } from "../api/figures";
import { useAgents, useCampaign, useDialLists, usePlans } from "../api/queries";
import { percent, useAbandonShare } from "../components/Abandon";
import { AGENT_STATES, AgentsTile, stateColor } from "../components/agents";
import { CampaignControls } from "../components/campaigns";
import { CampaignCalls } from "../components/CampaignCalls";
import { CampaignResults } from "../components/CampaignResults";
import { Chart } from "../components/Chart";
import { Empty, Failed } from "../components/Empty";
import { count, share } from "../components/format";
import { ListProgress } from "../components/ListProgress";
import { ChangeCampaign } from "../components/NewCampaign";
import { OutcomeBars } from "../components/OutcomeBars";
import { Page } from "../components/Page";
import { CampaignStatus } from "../components/Status";
import { Tile } from "../components/Tile";
import { agentState } from "../components/tones";
import { WhyCard } from "../components/WhyCard";
import { Leads } from "../lists/Leads";
import { NotFoundPage } from "./NotFound";

export function CampaignPage() {
  const { id = "" } = useParams();
  const campaign = useCampaign(id);
  if (campaign.error instanceof ApiError && campaign.error.status === 404) return <NotFoundPage />;
  if (campaign.error && !campaign.data) return <Failed error={campaign.error} again={() => void campaign.refetch()} />;
  if (!campaign.data) return <Skeleton h={400} radius="lg" />;
  return <OneCampaign campaign={campaign.data} />;
}

function OneCampaign({ campaign }: { campaign: Campaign }) {
  const figures = useFigures(campaign.uuid);
  const plan = usePlans().data?.find((one) => one.uuid === campaign.plan);
  const list = useDialLists().data?.find((one) => one.uuid === campaign.dial_list);
  const about = [plan ? `${plan.name ?? "a plan"}, ${plan.dial_mode}` : "no plan", list ? (list.name ?? "a list") : "no list", plan?.queue_name && `queue ${plan.queue_name}`];
  return (
    <Page
      title={campaign.name ?? "Campaign"}
      above={{ to: "/", title: "Overview" }}
      beside={<CampaignStatus status={campaign.status} />}
      about={about.filter(Boolean).join(" · ")}
      actions={
        <>
          <ChangeCampaign id={campaign.uuid} />
          <CampaignControls campaign={campaign} inFlight={figures?.inFlight ?? 0} />
        </>
      }
    >
      <Stack gap="md">
        <WhyCard campaign={campaign} />
        <Numbers campaign={campaign} figures={figures} queue={plan?.queue_name} />
        <Charts figures={figures} queue={plan?.queue_name} />
        <Tabs defaultValue="calls" keepMounted={false} mt="md">
          <Tabs.List mb="md" aria-label="Calls, results and leads">
            <Tabs.Tab value="calls" leftSection={<IconPhoneCall size={16} />}>
              Calls
            </Tabs.Tab>
            <Tabs.Tab value="results" leftSection={<IconListDetails size={16} />}>
              Results
            </Tabs.Tab>
            <Tabs.Tab value="leads" leftSection={<IconUsers size={16} />}>
              Leads
            </Tabs.Tab>
          </Tabs.List>
          <Tabs.Panel value="calls">
            <CampaignCalls campaign={campaign} />
          </Tabs.Panel>
          <Tabs.Panel value="results">
            <CampaignResults campaign={campaign} />
          </Tabs.Panel>
          <Tabs.Panel value="leads">{campaign.dial_list ? <Leads list={campaign.dial_list} /> : <Empty icon={<IconUsers size={26} />} title="The campaign has no list" />}</Tabs.Panel>
        </Tabs>
      </Stack>
    </Page>
  );
}

function Numbers({ campaign, figures, queue }: { campaign: Campaign; figures: Figures | null; queue?: string | null }) {
  const abandon = useAbandonShare(campaign.uuid);
  const agents = useAgents().data?.filter((agent) => agent.queue === queue);
  const series = figures?.series;
  const broken = abandon && (abandon.answered === 0 ? "nobody has answered yet" : `${count(abandon.broken)} of ${count(abandon.answered)} in ${abandon.days} ${abandon.days === 1 ? "day" : "days"}`);
  return (
    <SimpleGrid cols={{ base: 2, lg: queue ? 5 : 4 }} spacing="md">
      <Tile label="Calls in flight" value={figures ? count(figures.inFlight) : undefined} note={figures && `${count(figures.talking)} answered`} trend={series?.inFlight} color="var(--c-flight)" />
      <Tile label="Calls placed" value={figures ? count(figures.perMinute) : undefined} unit="a minute" note={<ListProgress id={campaign.uuid} />} trend={series && whole(series.placed)} color="var(--c-placed)" />
      <Tile label="Answer rate" about="Of the calls that ended in the last 15 minutes, those that somebody answered." value={figures ? share(figures.answered, figures.ended) : undefined} note={figures && `${count(figures.answered)} of ${count(figures.ended)} calls`} trend={series && whole(series.answered)} color="var(--c-answer)" />
      <Tile
        label="Abandoned"
        about="Answered calls for which no agent came in time, as the rule of the plan counts them; with a group, of all its campaigns."
        value={abandon ? percent(abandon.share) : undefined}
        unit={abandon ? (abandon.cap === null ? "no cap" : `of ${abandon.cap} %`) : undefined}
        note={abandon && (abandon.usedUp ? `budget used up: ${broken}` : broken)}
        trend={series && whole(series.abandoned)}
        color="var(--c-abandon)"
      />
      {queue && (
        <Box className="lone">
          <AgentsTile agents={agents} />
        </Box>
      )}
    </SimpleGrid>
  );
}

function Charts({ figures, queue }: { figures: Figures | null; queue?: string | null }) {
  const agents = useAgentSeries(queue);
  const series = figures?.series;
  return (
    <Grid gutter="md">
      <Grid.Col span={{ base: 12, lg: 6 }}>
        <Plot title="Calls in flight" ready={series !== undefined}>
          {series && (
            <Chart
              label="Calls in flight"
              at={series.at}
              lines={[
                { name: "In flight", color: "var(--c-flight)", values: series.inFlight },
                { name: "Answered", color: "var(--c-talk)", values: series.talking },
              ]}
            />
          )}
        </Plot>
      </Grid.Col>
      <Grid.Col span={{ base: 12, lg: 6 }}>
        <Plot title="Answers and abandons, each 5 s" ready={series !== undefined}>
          {series && (
            <Chart
              label="Answered and abandoned calls in each 5 seconds"
              kind="bars"
              at={whole(series.at)}
              lines={[
                { name: "Answers", color: "var(--c-answer)", values: whole(series.answered) },
                { name: "Abandoned", color: "var(--c-abandon)", values: whole(series.abandoned) },
              ]}
            />
          )}
        </Plot>
      </Grid.Col>
      <Grid.Col span={{ base: 12, lg: 6 }}>
        <Plot title={queue ? `Agents of ${queue}` : "Agents"} ready={!queue || agents !== undefined}>
          {agents && <Chart label={`Agents of ${queue} by state`} stacked at={agents.at} lines={AGENT_STATES.map((state) => ({ name: agentState[state]?.word ?? state, color: stateColor[state], values: agents.states[state] }))} />}
          {!queue && (
            <Text size="sm" c="dimmed">
              The plan names no queue: its calls need no agents.
            </Text>
          )}
        </Plot>
      </Grid.Col>
      <Grid.Col span={{ base: 12, lg: 6 }}>
        <Plot title="How calls ended, last 15 minutes" ready={figures !== null}>
          {figures && <OutcomeBars outcomes={figures.outcomes} ended={figures.ended} />}
        </Plot>
      </Grid.Col>
    </Grid>
  );
}

function Plot({ title, ready, children }: { title: string; ready: boolean; children: React.ReactNode }) {
  return (
    <Card h="100%" component="section" aria-label={title}>
      <Group justify="space-between" mb="xs">
        <Text component="h2" fw={650} fz="md">
          {title}
        </Text>
      </Group>
      {ready ? children : <Skeleton h={212} />}
    </Card>
  );
}
