import { all, api, ApiError } from "../api/client";
import { makeKey } from "../api/rows";
import { leadOf, REPORT, type Column, type Lead, type Wrong } from "./columns";
import { write, type Row, type Table } from "./csv";
import type { Normalise } from "./numbers";

/** What becomes of a row whose key or number the list has already. */
export type Dedupe = "skip" | "update" | "take";

export interface Refused extends Wrong {
  row: Row;
}

/** How far an import is, in rows. */
export interface Progress {
  all: number;
  taken: number;
  updated: number;
  skipped: number;
  refused: Refused[];
}

/** Requests that are on their way at once. */
const AT_ONCE = 6;
/** Leads of the list that are read to know what it has already. */
const KNOWN = 100_000;

const marksOf = (lead: { ukey?: unknown; numbers: (string | null)[] }): string[] => [
  ...(typeof lead.ukey === "string" ? [`key ${lead.ukey}`] : []),
  ...lead.numbers.filter((number): number is string => Boolean(number)).map((number) => `number ${number}`),
];

/** The leads of the list by key and number. Those that are taken in meanwhile have no uuid here: they come from this very file. */
async function known(list: string): Promise<Map<string, string | null>> {
  const leads = await all((cursor) => api.GET("/api/v1/leads", { params: { query: { dial_list: list, limit: 1_000, cursor } } }), KNOWN);
  return new Map(leads.flatMap((lead) => marksOf(lead).map((mark) => [mark, lead.uuid] as const)));
}

/** Does it again after a lost connection. What is wrong with the row is an answer, not an error. */
async function send(what: () => Promise<unknown>, signal: AbortSignal): Promise<Wrong | null> {
  for (let again = 0; ; again++) {
    try {
      await what();
      return null;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.status === 422 || (error.status === 403 && error.field)) return { field: error.field ?? "", expected: error.problem.expected ?? error.message };
      const isPassing = error.status === 0 || error.status === 503;
      if (!isPassing || again >= 5 || signal.aborted) throw error;
      await new Promise((done) => window.setTimeout(done, 1_000 * (again + 1)));
    }
  }
}

/** What a change sets: without variables in the file those of the lead stay. */
const given = ({ variables, ...lead }: Lead) => (Object.keys(variables).length > 0 ? { ...lead, variables } : lead);

interface Asked {
  list: string;
  table: Table;
  columns: Column[];
  normalise: Normalise;
  dedupe: Dedupe;
  signal: AbortSignal;
  onProgress: (progress: Progress) => void;
}

/** Takes the rows of a file into a list. What is in stays in when it is stopped; with "skip" it goes on where it was. */
export async function importRows({ list, table, columns, normalise, dedupe, signal, onProgress }: Asked): Promise<Progress> {
  const progress: Progress = { all: table.rows.length, taken: 0, updated: 0, skipped: 0, refused: [] };
  const run = makeKey();
  const have = dedupe === "take" ? new Map<string, string | null>() : await known(list);
  const rows = table.rows[Symbol.iterator]();
  const one = async (row: Row) => {
    const { lead, wrong: bad } = leadOf(row, columns, normalise);
    if (bad) return void progress.refused.push({ ...bad, row });
    const marks = dedupe === "take" ? [] : marksOf(lead);
    const same = marks.find((mark) => have.has(mark));
    const id = same === undefined ? null : (have.get(same) ?? null);
    if (same !== undefined && (dedupe === "skip" || id === null)) return void progress.skipped++;
    for (const mark of marks) have.set(mark, id);
    // The same key for each try: so a lead whose answer was lost is made once.
    const headers = { "Idempotency-Key": `${run}-${row.line}` };
    const create = () => api.POST("/api/v1/leads", { body: { ...lead, dial_list: list } as never, headers, signal });
    const change = (uuid: string) => api.PATCH("/api/v1/leads/{id}", { params: { path: { id: uuid } }, body: given(lead) as never, signal });
    const wrong = await send(() => (id === null ? create() : change(id)), signal);
    if (wrong) progress.refused.push({ ...wrong, row });
    else if (id === null) progress.taken++;
    else progress.updated++;
  };
  const work = async () => {
    for (const row of rows) {
      signal.throwIfAborted();
      await one(row);
      onProgress({ ...progress });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  progress.refused.sort((a, b) => a.row.line - b.row.line);
  return progress;
}

/** The refused rows as a file that can be mended and imported as it is. */
export function reportOf({ header }: Table, refused: Refused[]): string {
  return write([[...REPORT, ...header], ...refused.map(({ row, field, expected }) => [String(row.line), field, expected, ...row.cells])]);
}
