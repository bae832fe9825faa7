import { Button } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";

/** Has the browser keep a text as a file. */
export function save(name: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  URL.revokeObjectURL(address);
}

interface Props {
  /** Where the daemon has the file, under /api/v1. */
  path: "leads/export" | "results/export";
  /** What narrows it; what is undefined does not. */
  filters: Record<string, string | undefined>;
}

/** All of a list as a CSV file, of any length: the browser takes it from the daemon as it comes. */
export function Export({ path, filters }: Props) {
  const query = new URLSearchParams(Object.entries(filters).filter((entry): entry is [string, string] => entry[1] !== undefined));
  return (
    <Button component="a" href={`/api/v1/${path}?${query}`} download variant="default" leftSection={<IconDownload size={17} />}>
      Export
    </Button>
  );
}
