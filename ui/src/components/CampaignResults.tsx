import { IconListDetails } from "@tabler/icons-react";
import type { Campaign } from "../api/client";
import { ResultTable } from "../results/ResultTable";
import { useSearch } from "../results/search";
import { Empty, Failed } from "./Empty";
import { Loading } from "./Loading";
import { More } from "./More";

/** What the calls of a campaign came to, newest first. */
export function CampaignResults({ campaign }: { campaign: Campaign }) {
  const results = useSearch({ campaign: campaign.uuid });
  if (results.error && !results.data) return <Failed error={results.error} again={() => void results.refetch()} />;
  if (!results.data) return <Loading />;
  const rows = results.data.pages.flatMap(({ items }) => items);
  if (rows.length === 0 && !results.hasNextPage) {
    return (
      <Empty icon={<IconListDetails size={26} />} title="No results yet">
        Each call that ends is here, newest first.
      </Empty>
    );
  }
  return (
    <>
      <ResultTable rows={rows} />
      <More has={results.hasNextPage} loading={results.isFetchingNextPage} onMore={() => void results.fetchNextPage()} />
    </>
  );
}
