import { Button, Center, Text } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconSearch } from "@tabler/icons-react";
import { useMemo, useState } from "react";
import { useSearchParams } from "react-router-dom";
import { useCampaigns } from "../api/queries";
import { nameOf } from "../api/rows";
import { Empty, Failed } from "../components/Empty";
import { duration, time } from "../components/format";
import { Loading } from "../components/Loading";
import { Page } from "../components/Page";
import { RowTable, type Column } from "../components/RowTable";
import { Outcome } from "../components/Status";
import { ExportResults } from "../results/ExportResults";
import { Filters } from "../results/Filters";
import { ResultDrawer } from "../results/ResultDrawer";
import { FIELDS, useSearch, type FullResult, type Search } from "../results/search";

/** How each call ended: searched, and one in full. */
export function ResultsPage() {
  const [address, setAddress] = useSearchParams();
  const search = useMemo<Search>(() => Object.fromEntries(FIELDS.flatMap((field) => (address.get(field) ? [[field, address.get(field)]] : []))), [address]);
  const [settled] = useDebouncedValue(search, 350);
  const results = useSearch(settled);
  const campaigns = useCampaigns();
  const [opened, open] = useState<FullResult | null>(null);
  const items = results.data?.pages.flatMap((page) => page.items) ?? [];
  const isSearching = Object.keys(search).length > 0;
  const change = (next: Search) => setAddress(Object.entries(next).filter((entry): entry is [string, string] => Boolean(entry[1])), { replace: true });
  const columns: Column<FullResult>[] = [
    { title: "Number", show: ({ dial_addr }) => <span className="numbers">{dial_addr}</span> },
    { title: "Outcome", show: ({ outcome }) => <Outcome outcome={outcome} /> },
    { title: "Ended", show: ({ tm_hangup }) => time(tm_hangup) },
    { title: "Up for", right: true, show: (row) => (row.res_dial === 4 && row.tm_dial_end && row.tm_hangup ? duration(Date.parse(row.tm_hangup) - Date.parse(row.tm_dial_end)) : "–") },
    { title: "Campaign", show: ({ camp_uuid }) => nameOf(campaigns.data?.find(({ uuid }) => uuid === camp_uuid) ?? { uuid: camp_uuid }) },
    { title: "Try", right: true, show: ({ dial_trycnt }) => dial_trycnt ?? "–" },
    { title: "Hang-up", show: ({ res_hangup_detail }) => res_hangup_detail ?? "–" },
  ];
  return (
    <Page title="Results" about="How each call ended, newest first." actions={items.length > 0 && <ExportResults search={settled} />}>
      <Filters search={search} onChange={change} />
      {results.error && <Failed error={results.error} again={() => void results.refetch()} />}
      {results.isPending && <Loading />}
      {results.data && items.length === 0 && !results.hasNextPage && (
        <Empty icon={<IconSearch size={28} />} title={isSearching ? "Nothing fits" : "No results yet"}>
          {isSearching ? "Take a part of the search away; numbers must be written as the lead has them." : "Each call that has ended stands here. Start a campaign to see the first ones."}
        </Empty>
      )}
      {items.length > 0 && <RowTable label="Results" rows={items} columns={columns} keyOf={({ seq }) => seq} onOpen={open} minWidth={860} />}
      <div role="status">
        {results.hasNextPage && (
          <Center mt="lg">
            <Button variant="default" loading={results.isFetchingNextPage} onClick={() => void results.fetchNextPage()}>
              {items.length === 0 ? "Nothing among the latest; search further back" : "Show older ones"}
            </Button>
          </Center>
        )}
        {results.data && items.length > 0 && !results.hasNextPage && (
          <Text size="sm" c="dimmed" ta="center" mt="lg">
            {items.length === 1 ? "One result." : `These are all ${items.length}.`}
          </Text>
        )}
      </div>
      <ResultDrawer result={opened} onClose={() => open(null)} onOpen={open} />
    </Page>
  );
}
