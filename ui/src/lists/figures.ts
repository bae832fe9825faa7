import type { Import } from "../api/client";
import { count } from "../components/format";

/** What became of the rows of an import; those taken in and refused always, the others where there are some. */
export function figures(row: Import): { word: string; value: number }[] {
  const all = [
    { word: "taken in", value: row.imported, always: true },
    { word: "updated", value: row.updated, always: false },
    { word: "skipped", value: row.skipped, always: false },
    { word: "refused", value: row.refused, always: true },
  ];
  return all.filter(({ value, always }) => always || value > 0);
}

/** "40 taken in, 1 refused" */
export const figuresOf = (row: Import) => figures(row).map(({ word, value }) => `${count(value)} ${word}`).join(", ");

/** How much of the file is read, in percent. */
export const partOf = ({ octets, octets_read }: Import) => Math.min(100, (100 * octets_read) / Math.max(1, octets));

/** What the file is called. */
export const nameOfImport = ({ name, id }: Import) => name || `Import ${id.slice(0, 8)}`;
