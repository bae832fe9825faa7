import { Button } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation } from "@tanstack/react-query";
import { IconDownload } from "@tabler/icons-react";
import { write } from "../lists/csv";

/** Has the browser keep a text as a file. */
export function save(name: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  URL.revokeObjectURL(address);
}

interface Props<T> {
  /** Of the file, without its ending. */
  name: string;
  columns: { title: string; of: (row: T) => string | number | null | undefined }[];
  page: (cursor: string | undefined) => Promise<{ items: T[]; next_cursor: string | null }>;
}

/** Rows in one file at most: more than a spreadsheet takes. */
const MOST = 1_000_000;

/** All rows as a CSV file, read page by page. */
export function Export<T>({ name, columns, page }: Props<T>) {
  const reading = useMutation({
    mutationFn: async () => {
      const rows: string[][] = [columns.map(({ title }) => title)];
      let cursor: string | undefined;
      do {
        const { items, next_cursor } = await page(cursor);
        for (const item of items) rows.push(columns.map(({ of }) => String(of(item) ?? "")));
        cursor = next_cursor ?? undefined;
      } while (cursor !== undefined && rows.length <= MOST);
      save(`${name.replace(/[^\p{L}\p{N} _-]/gu, "_")}.csv`, write(rows));
    },
    onError: (error: Error) => notifications.show({ color: "red", title: "Not exported", message: error.message }),
  });
  return (
    <Button variant="default" leftSection={<IconDownload size={17} />} loading={reading.isPending} onClick={() => reading.mutate()}>
      Export
    </Button>
  );
}
