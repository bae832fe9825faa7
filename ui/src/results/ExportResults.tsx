import { Export } from "../components/Export";
import { parametersOf, type Search } from "./search";

/** What a search finds as a file, with the names of the results file. A search by key is one of a few leads: their results are on the page. */
export function ExportResults({ search }: { search: Search }) {
  if (search.ukey) return null;
  return <Export path="results/export" filters={parametersOf(search)} />;
}
