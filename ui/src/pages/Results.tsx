import { Button, Center, Text } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconSearch } from "@tabler/icons-react";
import { useMemo } from "react";
import { useSearchParams } from "react-router-dom";
import { Empty, Failed } from "../components/Empty";
import { Loading } from "../components/Loading";
import { Page } from "../components/Page";
import { ExportResults } from "../results/ExportResults";
import { Filters } from "../results/Filters";
import { ResultTable } from "../results/ResultTable";
import { FIELDS, useSearch, type Search } from "../results/search";

/** How each call ended: searched, and one in full. */
export function ResultsPage() {
  const [address, setAddress] = useSearchParams();
  const search = useMemo<Search>(() => Object.fromEntries(FIELDS.flatMap((field) => (address.get(field) ? [[field, address.get(field)]] : []))), [address]);
  const [settled] = useDebouncedValue(search, 350);
  const results = useSearch(settled);
  const items = results.data?.pages.flatMap((page) => page.items) ?? [];
  const isSearching = Object.keys(search).length > 0;
  const change = (next: Search) => setAddress(Object.entries(next).filter((entry): entry is [string, string] => Boolean(entry[1])), { replace: true });
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
      {items.length > 0 && <ResultTable rows={items} several />}
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
    </Page>
  );
}
