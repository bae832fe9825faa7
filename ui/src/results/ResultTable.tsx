import { useState } from "react";
import { useCampaigns } from "../api/queries";
import { nameOf } from "../api/rows";
import { duration, time } from "../components/format";
import { RowTable, type Column } from "../components/RowTable";
import { Outcome } from "../components/Status";
import { ResultDrawer } from "./ResultDrawer";
import type { FullResult } from "./search";

/** How long the callee was on the line. */
const lasted = ({ res_dial, tm_dial_end, tm_hangup }: FullResult) => (res_dial === 4 && tm_dial_end && tm_hangup ? duration(Date.parse(tm_hangup) - Date.parse(tm_dial_end)) : "–");

/** Results, each of which opens in full; with the campaign of each, if they are of several. */
export function ResultTable({ rows, several = false }: { rows: FullResult[]; several?: boolean }) {
  const campaigns = useCampaigns();
  const [opened, open] = useState<FullResult | null>(null);
  const columns: Column<FullResult>[] = [
    { title: "Number", show: ({ dial_addr }) => dial_addr },
    { title: "Outcome", show: ({ outcome }) => <Outcome outcome={outcome} /> },
    { title: "Ended", show: ({ tm_hangup }) => time(tm_hangup) },
    { title: "Up for", right: true, aside: true, show: lasted },
    { title: "Campaign", aside: true, show: ({ camp_uuid }) => nameOf(campaigns.data?.find(({ uuid }) => uuid === camp_uuid) ?? { uuid: camp_uuid }) },
    { title: "Try", right: true, aside: true, show: ({ dial_trycnt }) => dial_trycnt ?? "–" },
    { title: "Hang-up", aside: true, show: ({ res_hangup_detail }) => res_hangup_detail ?? "–" },
  ];
  const shown = several ? columns : columns.filter(({ title }) => title !== "Campaign");
  return (
    <>
      <RowTable label="Results" rows={rows} columns={shown} keyOf={({ seq }) => seq} onOpen={open} minWidth={860} />
      <ResultDrawer result={opened} onClose={() => open(null)} onOpen={open} />
    </>
  );
}
