import type { Row } from "./csv";
import type { Normalise } from "./numbers";

/** Which field of a lead a column holds: `name`, `number1`, `variable:CITY`; null: it is left out. */
export type Column = string | null;

const NUMBERS = Array.from({ length: 8 }, (_, at) => `number${at + 1}`);

/** The fields of a lead, in words. */
export const FIELDS: { value: string; label: string }[] = [
  { value: "name", label: "Name" },
  ...NUMBERS.map((value, at) => ({ value, label: `Number ${at + 1}` })),
  { value: "ukey", label: "Your key (UKey)" },
  { value: "email", label: "E-mail" },
  { value: "udata", label: "Your data (calls carry it)" },
  { value: "detail", label: "Note" },
];

/** The first three columns of a report of refused rows: a mended report is imported as it is. */
export const REPORT = ["line", "field", "expected"];

/** What a header means to the daemon's own import: case, blanks, - and _ do not count. */
function exact(header: string): Column {
  const plain = header.toLowerCase().replace(/[\s_-]/g, "");
  if (header.toLowerCase().startsWith("variable:")) return `variable:${header.slice(9).trim()}`;
  if (["name", "detail", "ukey", "udata", "email"].includes(plain)) return plain;
  const number = /^(number|phone)([1-8]?)$/.exec(plain);
  return number ? `number${number[2] || "1"}` : null;
}

/** What other headers most likely mean. */
const LIKELY: [RegExp, string][] = [
  [/mail/i, "email"],
  [/phone|tel|mobile|cell|handy|number|nummer|msisdn/i, "number"],
  [/^(full|customer|contact)?[ _-]*name$/i, "name"],
  [/^(customer|contact|account|lead)?[ _-]*(id|key|no)$|reference/i, "ukey"],
  [/note|comment|remark/i, "detail"],
];

/** A field for each column, each at most once. It is a proposal: the user has the last word. */
export function propose(header: string[]): Column[] {
  const isReport = REPORT.every((name, at) => header[at] === name);
  const columns = header.map((name, at) => (isReport && at < REPORT.length ? null : exact(name)));
  const taken = new Set<Column>();
  for (const [at, column] of columns.entries()) {
    if (column !== null && taken.has(column)) columns[at] = null;
    taken.add(column);
  }
  return columns.map((column, at) => {
    if (column !== null || (isReport && at < REPORT.length)) return column;
    const kind = LIKELY.find(([pattern]) => pattern.test(header[at] ?? ""))?.[1];
    const free = kind === "number" ? NUMBERS.find((number) => !taken.has(number)) : kind !== undefined && !taken.has(kind) ? kind : undefined;
    if (free === undefined) return null;
    taken.add(free);
    return free;
  });
}

/** What is wrong with the columns as a whole. */
export function columnsWrong(columns: Column[]): string | null {
  const used = columns.filter((column): column is string => column !== null);
  const twice = used.find((column, at) => used.indexOf(column) !== at);
  if (twice) return `Two columns are both ${FIELDS.find(({ value }) => value === twice)?.label ?? twice}: leave one of them out.`;
  return used.some((column) => column.startsWith("number")) ? null : "Say which column holds the phone number.";
}

export interface Wrong {
  field: string;
  expected: string;
}

export interface Lead {
  numbers: (string | null)[];
  variables: Record<string, string>;
  [field: string]: string | (string | null)[] | Record<string, string>;
}

/** A row: the lead that it is, or why it is none. */
export type Taken = { lead: Lead; wrong?: undefined } | { lead?: undefined; wrong: Wrong };

/** The lead of a row, or what is wrong with it. The daemon checks each lead again. */
export function leadOf(row: Row, columns: Column[], normalise: Normalise): Taken {
  const lead: Lead = { numbers: [], variables: {} };
  const refuse = (field: string, expected: string): Taken => ({ wrong: { field, expected } });
  for (const [at, column] of columns.entries()) {
    const text = (row.cells[at] ?? "").trim();
    if (column === null || text === "") continue;
    if (column.startsWith("number")) {
      if (/\(0\)/.test(text)) return refuse(column, "a number as it is dialed, without (0)");
      const number = normalise(text);
      if (number === null) return refuse(column, "a phone number");
      lead.numbers[Number(column.slice(6)) - 1] = number;
    } else if (column.startsWith("variable:")) {
      lead.variables[column.slice(9)] = text;
    } else {
      lead[column] = text;
    }
  }
  lead.numbers = Array.from(lead.numbers, (number) => number ?? null);
  return lead.numbers.some(Boolean) ? { lead } : refuse("number1", "at least one number");
}
