import { Export } from "../components/Export";

/** The leads of a list as a file, which can be imported again. */
export function ExportLeads({ list }: { list: string }) {
  return <Export path="leads/export" filters={{ dial_list: list }} />;
}
