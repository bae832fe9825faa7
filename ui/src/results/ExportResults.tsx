import { api, data } from "../api/client";
import { Export } from "../components/Export";
import { parametersOf, type FullResult, type Search } from "./search";

const FIELDS = ["seq", "outcome", "dial_addr", "tm_dialing", "tm_dial_begin", "tm_dial_end", "tm_hangup", "res_dial", "res_hangup", "res_hangup_detail", "res_amd", "dial_index", "dial_trycnt", "channel_name", "camp_uuid", "plan_uuid", "dlma_uuid", "dl_list_uuid", "dialing_uuid"] as const;

const COLUMNS = FIELDS.map((title) => ({ title, of: (result: FullResult) => result[title] }));

async function page(search: Search, cursor: string | undefined) {
  const answer = await data(api.GET("/api/v1/results", { params: { query: { ...parametersOf(search), limit: 1_000, cursor } } }));
  return { items: answer.items as FullResult[], next_cursor: answer.next_cursor };
}

/** What a search finds as a file, with the names of the results file. A search by key is one of a few leads: their results are on the page. */
export function ExportResults({ search }: { search: Search }) {
  if (search.ukey) return null;
  return <Export name="results" columns={COLUMNS} page={(cursor) => page(search, cursor)} />;
}
