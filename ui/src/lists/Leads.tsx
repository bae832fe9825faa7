import { Button, Card, Center, Group, Loader, Select, Text, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useInfiniteQuery } from "@tanstack/react-query";
import { IconUsers } from "@tabler/icons-react";
import { useEffect, useState, type ReactNode } from "react";
import { api, data, type Lead } from "../api/client";
import { Empty, Failed } from "../components/Empty";
import { time } from "../components/format";
import { Loading } from "../components/Loading";
import { RowTable, type Column } from "../components/RowTable";
import { Status } from "../components/Status";
import { LeadDrawer } from "./LeadDrawer";

interface Wanted {
  name: string;
  number: string;
  ukey: string;
  status: Lead["status"] | null;
}

const NOTHING: Wanted = { name: "", number: "", ukey: "", status: null };
const HELD = { idle: { word: "Free", tone: "quiet" }, dialing: { word: "In a call", tone: "busy" }, reserved: { word: "Offered", tone: "info" } } as const;

/** What the last call to a lead came to. */
function lastCall(lead: Lead): string {
  return lead.tries.some((tries) => tries > 0) ? (lead.res_dial_detail ?? "–") : "not called yet";
}

/** Rows that one press brings, and how many requests it may take: each looks for some milliseconds, so that a search in a long list takes several. */
const ROWS = 50;
const REQUESTS = 10;

const orNot = (text: string) => text.trim() || undefined;

async function page(list: string, { name, number, ukey, status }: Wanted, from: string | undefined) {
  const items: Lead[] = [];
  let cursor = from;
  for (let request = 0; request < REQUESTS; request++) {
    const query = { dial_list: list, name: orNot(name), number: orNot(number), ukey: orNot(ukey), status: status ?? undefined, limit: ROWS - items.length, cursor };
    const answer = await data(api.GET("/api/v1/leads", { params: { query } }));
    items.push(...answer.items);
    cursor = answer.next_cursor ?? undefined;
    if (cursor === undefined || items.length >= ROWS) break;
  }
  return { items, next: cursor };
}

/** The leads of one list, page by page. */
export function Leads({ list, action }: { list: string; action?: ReactNode }) {
  const [wanted, want] = useState(NOTHING);
  const [settled] = useDebouncedValue(wanted, 350);
  const [opened, open] = useState<Lead | null>(null);
  const leads = useInfiniteQuery({
    queryKey: ["leads", "of", list, settled],
    queryFn: ({ pageParam }) => page(list, settled, pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }) => next,
    placeholderData: (old) => old,
  });
  const items = leads.data?.pages.flatMap((one) => one.items) ?? [];
  const parts = leads.data?.pages.length ?? 0;
  const [stopped, stop] = useState(false);
  useEffect(() => stop(false), [settled]);
  // A search goes on by itself until it has found something.
  const isSearching = items.length === 0 && leads.hasNextPage && !stopped && !leads.isPlaceholderData;
  const { fetchNextPage, isFetching } = leads;
  useEffect(() => {
    if (isSearching && !isFetching) void fetchNextPage();
  }, [isSearching, isFetching, fetchNextPage]);
  const isFiltered = wanted.name !== "" || wanted.number !== "" || wanted.ukey !== "" || wanted.status !== null;
  const columns: Column<Lead>[] = [
    { title: "Name", show: (lead) => lead.name ?? lead.ukey ?? lead.numbers.find(Boolean) ?? "–" },
    { title: "Numbers", aside: true, show: ({ numbers }) => numbers.filter(Boolean).map((number) => <div key={number} className="whole">{number}</div>) },
    { title: "Your key", aside: true, show: ({ ukey }) => ukey ?? "–" },
    { title: "Tries", right: true, aside: true, show: ({ tries }) => tries.reduce((sum, one) => sum + one, 0) },
    { title: "Last call", show: (lead) => <span className="whole">{lastCall(lead)}</span> },
    { title: "Now", show: ({ status }) => (status === "idle" ? <Text size="sm" c="dimmed">Free</Text> : <Status {...HELD[status]} />) },
    { title: "Changed", aside: true, show: ({ updated, created }) => time(updated ?? created) },
  ];
  if (leads.error) return <Failed error={leads.error} again={() => void leads.refetch()} />;
  if (!leads.data) return <Loading />;
  if (items.length === 0 && !isFiltered && !leads.hasNextPage) {
    return (
      <Empty icon={<IconUsers size={28} />} title="The list has no leads yet" action={action}>
        Import a CSV file with their names and numbers.
      </Empty>
    );
  }
  return (
    <>
      <Card mb="lg" padding="md" component="section" aria-label="Filter">
        <div className="filters">
          <TextInput label="Name" placeholder="or a part of it" value={wanted.name} onChange={(event) => want({ ...wanted, name: event.currentTarget.value })} />
          <TextInput label="Number" placeholder="in full" inputMode="tel" value={wanted.number} onChange={(event) => want({ ...wanted, number: event.currentTarget.value })} />
          <TextInput label="Your key" placeholder="UKey" value={wanted.ukey} onChange={(event) => want({ ...wanted, ukey: event.currentTarget.value })} />
          <Select label="Now" placeholder="Any" clearable clearButtonProps={{ "aria-label": "Any state" }} data={Object.entries(HELD).map(([value, { word }]) => ({ value, label: word }))} value={wanted.status} onChange={(status) => want({ ...wanted, status: status as Lead["status"] | null })} />
        </div>
      </Card>
      {items.length > 0 && <RowTable label="Leads" rows={items} columns={columns} keyOf={({ uuid }) => uuid} onOpen={open} minWidth={860} />}
      {items.length === 0 && !leads.hasNextPage && (
        <Text c="dimmed" ta="center" py="lg">
          No lead of this list fits.
        </Text>
      )}
      {isSearching && (
        <Group justify="center" mt="lg" role="status">
          <Loader size="sm" />
          <Text>{`None in the first ${parts === 1 ? "part" : `${parts} parts`} of the list; looking further`}</Text>
          <Button variant="default" size="sm" onClick={() => stop(true)}>
            Stop
          </Button>
        </Group>
      )}
      {leads.hasNextPage && !isSearching && (
        <Center mt="lg">
          <Button variant="default" loading={leads.isFetchingNextPage} onClick={() => (items.length === 0 ? stop(false) : void fetchNextPage())}>
            {items.length === 0 ? "None so far; look further" : "Show more"}
          </Button>
        </Center>
      )}
      <LeadDrawer lead={opened} onClose={() => open(null)} />
    </>
  );
}
