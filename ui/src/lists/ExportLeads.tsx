import { api, data, type Lead } from "../api/client";
import { Export } from "../components/Export";

const NUMBERS = Array.from({ length: 8 }, (_, at) => ({ title: `number${at + 1}`, of: (lead: Lead) => lead.numbers[at] }));

const COLUMNS = [
  ...(["name", "ukey", "email", "udata", "detail"] as const).map((title) => ({ title, of: (lead: Lead) => lead[title] })),
  ...NUMBERS,
  { title: "tries", of: (lead: Lead) => lead.tries.join(" ") },
  { title: "status", of: (lead: Lead) => lead.status },
  { title: "res_dial", of: (lead: Lead) => lead.res_dial },
  { title: "res_dial_detail", of: (lead: Lead) => lead.res_dial_detail },
  { title: "variables", of: ({ variables }: Lead) => (Object.keys(variables).length > 0 ? JSON.stringify(variables) : "") },
  { title: "uuid", of: (lead: Lead) => lead.uuid },
];

/** The leads of a list as a file. */
export function ExportLeads({ list, name }: { list: string; name: string }) {
  return <Export name={name} columns={COLUMNS} page={(cursor) => data(api.GET("/api/v1/leads", { params: { query: { dial_list: list, limit: 1_000, cursor } } }))} />;
}
