import type { ImportPreview } from "../api/client";

/** Which field of a lead a column holds: `name`, `number1`, `variable:CITY`; null: it is left out. */
export type Column = string | null;
/** A column of the file. */
export type FileColumn = ImportPreview["columns"][number];

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

export const labelOf = (column: string) => FIELDS.find(({ value }) => value === column)?.label ?? column.replace("variable:", "");
/** What a column is called. */
export const titleOf = (column: FileColumn | undefined, at: number) => column?.header || `Column ${at + 1}`;

/** What headers most likely mean that the daemon does not know: in other languages, or with more words around. */
const LIKELY: [RegExp, string][] = [
  [/mail|correo/i, "email"],
  [/^(customer|contact|account|lead|client|kunden?|kontakt|cliente?)?[ _.-]*(id|key|ref|no|nr|number|nummer|num[eé]ro|schl[uü]ssel)\.?$|reference|referenz/i, "ukey"],
  [/phone|tel[eé]f|\btel\b|mobi|cell|celul|handy|nummer|n[uú]mero|number|m[oó]vil|portable|msisdn|festnetz|rufnr|landline/i, "number"],
  [/^(full|customer|contact|client|kunden?|voll|vor- und nach)?[ _-]*name$|^(nombre|nom|nome|naam|kunde|customer|contact|cliente?)$/i, "name"],
  [/note|notiz|comment|kommentar|remark|bemerkung|observa/i, "detail"],
];

/** A column of numbers has some that look like one. */
const looksDialable = (samples: string[]) => samples.length === 0 || samples.some((sample) => /^[+(\d][\d\s()./-]{4,}$/.test(sample) || sample.startsWith("sip:"));

function likely({ header, samples }: FileColumn): string | undefined {
  const fitting = LIKELY.filter(([pattern]) => pattern.test(header)).map(([, field]) => field);
  return fitting.find((field) => field !== "number" || looksDialable(samples));
}

/** A field for each column, each at most once: as the daemon knows the headers; a second number is the next one. The user has the last word. */
export function propose(columns: FileColumn[]): Column[] {
  const taken = new Set<string>();
  const claim = (field: string | undefined) => {
    const free = field?.startsWith("number") ? [field, ...NUMBERS].find((number) => number !== "number" && !taken.has(number)) : field;
    if (free === undefined || taken.has(free)) return null;
    taken.add(free);
    return free;
  };
  const known = columns.map(({ field }) => (field !== null && !taken.has(field) ? claim(field) : null));
  return known.map((field, at) => {
    const column = columns[at];
    if (field !== null || column === undefined) return field;
    // Those of a report on refused rows say nothing about a lead.
    if (/^rejected_(line|field|reason)$/.test(column.header)) return null;
    return claim(column.field ?? likely(column));
  });
}

/** The channel variable that each column may be: named by its header, each once. */
export function variablesOf(columns: FileColumn[]): string[] {
  const taken = new Set<string>();
  return columns.map((column, at) => {
    const plain = titleOf(column, at).normalize("NFD").replace(/\p{M}/gu, "").replace(/[^A-Za-z0-9_]+/g, "_").replace(/^(\d)/, "_$1").toUpperCase().slice(0, 70);
    let name = plain;
    for (let more = 2; taken.has(name); more++) name = `${plain}_${more}`;
    taken.add(name);
    return `variable:${name}`;
  });
}

/** What is wrong with the columns as a whole. */
export function columnsWrong(columns: Column[]): string | null {
  const used = columns.filter((column): column is string => column !== null);
  const twice = used.find((column, at) => used.indexOf(column) !== at);
  if (twice) return `Two columns are both ${labelOf(twice)}: leave one of them out.`;
  return used.some((column) => column.startsWith("number")) ? null : "Say which column holds the phone number.";
}
