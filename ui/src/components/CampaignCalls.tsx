import { Skeleton, Table, Text } from "@mantine/core";
import { IconPhoneCall } from "@tabler/icons-react";
import type { Campaign, Dialing } from "../api/client";
import { useDialings } from "../api/queries";
import { Empty, Failed } from "./Empty";
import { duration, time } from "./format";
import { Status } from "./Status";
import type { Tone } from "./tones";

/** So many are shown; more can nobody read. */
const SHOWN = 100;

/** Where a call is, in words. */
function stage(dialing: Dialing): { word: string; tone: Tone } {
  if (dialing.agent) return { word: "With an agent", tone: "good" };
  if (dialing.res_dial === 4) return { word: "Answered", tone: "info" };
  if (dialing.dial_begin) return { word: "Ringing", tone: "busy" };
  return { word: "Being placed", tone: "quiet" };
}

/** Calls in flight of a campaign. */
export function CampaignCalls({ campaign }: { campaign: Campaign }) {
  const dialings = useDialings(campaign.uuid);
  if (dialings.error && !dialings.data) return <Failed error={dialings.error} />;
  if (!dialings.data) return <Skeleton h={200} m="md" />;
  if (dialings.data.length === 0) {
    return (
      <Empty icon={<IconPhoneCall size={26} />} title="No calls in flight">
        {campaign.status === "start"
          ? "The line above says what the campaign waits for."
          : "The campaign is not running. Start it to place calls."}
      </Empty>
    );
  }
  const rows = [...dialings.data].sort((a, b) => a.created.localeCompare(b.created));
  return (
    <>
      <Table.ScrollContainer minWidth={720} type="native">
        <Table aria-label="Calls in flight">
          <Table.Thead>
            <Table.Tr>
              <Table.Th pl="lg">Number</Table.Th>
              <Table.Th>Where it is</Table.Th>
              <Table.Th>Agent</Table.Th>
              <Table.Th>Asterisk</Table.Th>
              <Table.Th>Try</Table.Th>
              <Table.Th>Placed</Table.Th>
              <Table.Th ta="right" pr="lg">
                Lasts
              </Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {rows.slice(0, SHOWN).map((dialing) => (
              <Table.Tr key={dialing.uuid}>
                <Table.Td pl="lg" fw={600}>
                  {dialing.number}
                </Table.Td>
                <Table.Td>
                  <Status {...stage(dialing)} />
                </Table.Td>
                <Table.Td className="whole">{dialing.agent ?? "–"}</Table.Td>
                <Table.Td>{dialing.asterisk}</Table.Td>
                <Table.Td>{dialing.try_count}</Table.Td>
                <Table.Td>{time(dialing.created)}</Table.Td>
                <Table.Td ta="right" pr="lg">
                  {duration(dialings.dataUpdatedAt - Date.parse(dialing.created))}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      {rows.length > SHOWN && (
        <Text size="sm" c="dimmed" ta="center" pb="sm">
          and {rows.length - SHOWN} more
        </Text>
      )}
    </>
  );
}
