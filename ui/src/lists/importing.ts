import { all, api, ApiError } from "../api/client";
import { makeKey } from "../api/rows";
import { leadOf, REPORT, type Column, type Lead, type Wrong } from "./columns";
import { write, type Row, type Table } from "./csv";

/** What becomes of a row whose key or number the list has already. */
export type Dedupe = "skip" | "take";

export interface Refused extends Wrong {
  row: Row;
}

/** How far an import is, in rows. */
export interface Progress {
  all: number;
  taken: number;
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

/** The keys and numbers that the list has. */
async function known(list: string): Promise<Set<string>> {
  const leads = await all((cursor) => api.GET("/api/v1/leads", { params: { query: { dial_list: list, limit: 1_000, cursor } } }), KNOWN);
  return new Set(leads.flatMap(marksOf));
}

/** Sends one lead; again after a lost connection, under the same key, so that it is made once. */
async function send(list: string, lead: Lead, key: string, signal: AbortSignal): Promise<Wrong | null> {
  for (let again = 0; ; again++) {
    try {
      await api.POST("/api/v1/leads", { body: { ...lead, dial_list: list } as never, headers: { "Idempotency-Key": key }, signal });
      return null;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.status === 422 || error.status === 403) return { field: error.field ?? "", expected: error.problem.expected ?? error.message };
      const isPassing = error.status === 0 || error.status === 503;
      if (!isPassing || again >= 5 || signal.aborted) throw error;
      await new Promise((done) => window.setTimeout(done, 1_000 * (again + 1)));
    }
  }
}

interface Asked {
  list: string;
  table: Table;
  columns: Column[];
  dedupe: Dedupe;
  signal: AbortSignal;
  onProgress: (progress: Progress) => void;
}

/** Takes the rows of a file into a list. What is in stays in when it is stopped; with "skip" it goes on where it was. */
export async function importRows({ list, table, columns, dedupe, signal, onProgress }: Asked): Promise<Progress> {
  const progress: Progress = { all: table.rows.length, taken: 0, skipped: 0, refused: [] };
  const run = makeKey();
  const have = dedupe === "skip" ? await known(list) : new Set<string>();
  const rows = table.rows[Symbol.iterator]();
  const one = async (row: Row) => {
    const { lead, wrong: bad } = leadOf(row, columns);
    if (bad) return void progress.refused.push({ ...bad, row });
    const marks = dedupe === "skip" ? marksOf(lead) : [];
    if (marks.some((mark) => have.has(mark))) return void progress.skipped++;
    for (const mark of marks) have.add(mark);
    const wrong = await send(list, lead, `${run}-${row.line}`, signal);
    if (wrong) progress.refused.push({ ...wrong, row });
    else progress.taken++;
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
