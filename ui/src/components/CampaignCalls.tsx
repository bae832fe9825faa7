import { Text } from "@mantine/core";
import { IconPhoneCall } from "@tabler/icons-react";
import type { Campaign, Dialing } from "../api/client";
import { useDialings } from "../api/queries";
import { Empty, Failed } from "./Empty";
import { count, duration, time } from "./format";
import { Loading } from "./Loading";
import { RowTable, type Column } from "./RowTable";
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
  if (!dialings.data) return <Loading />;
  if (dialings.data.length === 0) {
    return (
      <Empty icon={<IconPhoneCall size={26} />} title="No calls in flight">
        {campaign.status === "start"
          ? "At the top of this page stands what the campaign waits for."
          : "The campaign is not running. Start it to place calls."}
      </Empty>
    );
  }
  const rows = [...dialings.data].sort((a, b) => a.created.localeCompare(b.created));
  const columns: Column<Dialing>[] = [
    { title: "Number", show: ({ number }) => <b>{number}</b> },
    { title: "Where it is", show: (dialing) => <Status {...stage(dialing)} /> },
    { title: "Agent", aside: true, show: ({ agent }) => agent ?? "–" },
    { title: "Asterisk", aside: true, show: ({ asterisk }) => asterisk },
    { title: "Try", right: true, aside: true, show: ({ try_count }) => try_count },
    { title: "Placed", aside: true, show: ({ created }) => time(created) },
    { title: "Lasts", right: true, show: ({ created }) => duration(dialings.dataUpdatedAt - Date.parse(created)) },
  ];
  return (
    <>
      <RowTable label="Calls in flight" rows={rows.slice(0, SHOWN)} columns={columns} keyOf={({ uuid }) => uuid} minWidth={720} />
      {rows.length > SHOWN && (
        <Text size="sm" c="dimmed" ta="center" pt="sm">
          and {count(rows.length - SHOWN)} more
        </Text>
      )}
    </>
  );
}
