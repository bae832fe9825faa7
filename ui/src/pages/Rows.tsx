import { Button, Menu } from "@mantine/core";
import { IconAdjustments, IconArrowForwardUp, IconPlus, IconTrash } from "@tabler/icons-react";
import { Link } from "react-router-dom";
import type { Campaign, Destination, Plan } from "../api/client";
import { useCampaigns, useDestinations, usePlans } from "../api/queries";
import { deleteRow, nameOf } from "../api/rows";
import { useMay } from "../api/session";
import { Empty, Failed } from "../components/Empty";
import { time } from "../components/format";
import { Loading } from "../components/Loading";
import { Page } from "../components/Page";
import { RowMenu } from "../components/RowMenu";
import { RowTable, type Column } from "../components/RowTable";
import { useDelete } from "../components/useDelete";
import { CHOICES, WORDS } from "../forms/layouts";

const word = (field: string, value: string | null) => (value === null ? "–" : (CHOICES[field]?.[value]?.word ?? value));

/** The campaigns that use a row, by name. */
function users(campaigns: Campaign[] | undefined, field: "plan" | "destination", uuid: string): string {
  const own = (campaigns ?? []).filter((campaign) => campaign[field] === uuid);
  if (own.length <= 2) return own.map(nameOf).join(", ") || "–";
  return `${own.length} campaigns`;
}

export function PlansPage() {
  const plans = usePlans();
  const campaigns = useCampaigns();
  const columns: Column<Plan>[] = [
    { title: "Plan", show: nameOf },
    { title: "Dial mode", show: ({ dial_mode }) => word("dial_mode", dial_mode ?? null) },
    { title: "Trunk", aside: true, show: ({ trunk_name }) => trunk_name ?? "–" },
    { title: "Queue", aside: true, show: ({ queue_name }) => queue_name ?? "–" },
    { title: "Used by", aside: true, show: ({ uuid }) => users(campaigns.data, "plan", uuid) },
    { title: "Changed", aside: true, show: ({ updated, created }) => time(updated ?? created) },
  ];
  return <Rows kind="plans" query={plans} columns={columns} icon={<IconAdjustments size={28} />} />;
}

export function DestinationsPage() {
  const destinations = useDestinations();
  const campaigns = useCampaigns();
  const columns: Column<Destination>[] = [
    { title: "Destination", show: nameOf },
    { title: "Kind", show: ({ kind }) => word("kind", kind ?? null) },
    { title: "Where", show: (row) => (row.kind === "application" ? `${row.application ?? ""}(${row.data ?? ""})` : [row.context, row.exten, row.priority ?? 1].filter(Boolean).join(", ")) },
    { title: "Used by", aside: true, show: ({ uuid }) => users(campaigns.data, "destination", uuid) },
    { title: "Changed", aside: true, show: ({ updated, created }) => time(updated ?? created) },
  ];
  return <Rows kind="destinations" query={destinations} columns={columns} icon={<IconArrowForwardUp size={28} />} />;
}

interface Props<T> {
  kind: "plans" | "destinations";
  query: { data?: T[]; error: Error | null; refetch: () => unknown };
  columns: Column<T>[];
  icon: React.ReactNode;
}

/** All rows of a kind, with what may be done with them. */
function Rows<T extends { uuid: string; name: string | null }>({ kind, query, columns, icon }: Props<T>) {
  const may = useMay("supervisor");
  const { one, title, to, hint } = WORDS[kind];
  const { ask, dialog } = useDelete<T>({ one, nameOf, remove: (row) => deleteRow(kind, row.uuid), stale: kind });
  const create = may && (
    <Button component={Link} to={`${to}/new`} leftSection={<IconPlus size={17} />}>
      New {one}
    </Button>
  );
  return (
    <Page title={title} about={query.data?.length === 0 ? undefined : hint} actions={query.data && query.data.length > 0 ? create : undefined}>
      {query.error && <Failed error={query.error} again={() => void query.refetch()} />}
      {!query.data && !query.error && <Loading />}
      {query.data?.length === 0 && (
        <Empty icon={icon} title={`No ${title.toLowerCase()} yet`} action={create}>
          {hint}
        </Empty>
      )}
      {query.data && query.data.length > 0 && (
        <RowTable
          label={title}
          rows={query.data}
          columns={columns}
          keyOf={(row) => row.uuid}
          to={(row) => `${to}/${row.uuid}`}
          minWidth={720}
          actions={
            may
              ? (row) => (
                  <RowMenu label={`Actions of ${nameOf(row)}`}>
                    <Menu.Item color="red" leftSection={<IconTrash size={16} />} onClick={() => ask(row)}>
                      Delete …
                    </Menu.Item>
                  </RowMenu>
                )
              : undefined
          }
        />
      )}
      {dialog}
    </Page>
  );
}
