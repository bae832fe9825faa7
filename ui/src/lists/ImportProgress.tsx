import { Alert, Button, Group, Progress, SimpleGrid, Stack, Text } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import type { Import } from "../api/client";
import { hasReport, REPORT_DAYS, reportOf, useCancel } from "../api/imports";
import { useMay } from "../api/session";
import { count } from "../components/format";
import { figures, figuresOf, nameOfImport, partOf } from "./figures";

/** An import that is not over: how far it is, and a way to end it. */
export function ImportProgress({ row }: { row: Import }) {
  const part = partOf(row);
  const waits = row.state === "waiting";
  return (
    <Stack gap="xs">
      <Group justify="space-between" wrap="nowrap">
        <Text size="sm" className="numbers">
          {waits ? "It waits for the imports before it." : `${count(row.rows)} ${row.rows === 1 ? "row" : "rows"}: ${figuresOf(row)}`}
        </Text>
        {!waits && (
          <Text size="sm" c="dimmed" className="numbers oneline">
            {Math.floor(part)} %
          </Text>
        )}
      </Group>
      <Progress value={part} size="lg" aria-label={`${Math.floor(part)} % of ${nameOfImport(row)} are read`} animated={!waits} />
    </Stack>
  );
}

/** Ends an import that is not over. */
export function CancelImport({ row, size }: { row: Import; size?: string }) {
  const cancel = useCancel();
  if (!useMay("supervisor")) return null;
  return (
    <Button variant="default" size={size} aria-label={`Cancel the import of ${nameOfImport(row)}`} loading={cancel.isPending} onClick={() => cancel.mutate(row.id)}>
      Cancel
    </Button>
  );
}

/** The refused rows of an import, as a file. */
export function ReportLink({ row, size }: { row: Import; size?: string }) {
  return (
    <Button component="a" href={reportOf(row.id)} download size={size} variant="default" leftSection={<IconDownload size={15} />} aria-label={`Download the report on ${nameOfImport(row)}`}>
      {size === "compact-sm" ? "Report" : "Download the report"}
    </Button>
  );
}

/** What an import came to. */
export function ImportFigures({ row }: { row: Import }) {
  const all = figures(row);
  return (
    <>
      <SimpleGrid cols={{ base: 2, xs: all.length }} maw={560}>
        {all.map(({ word, value }) => (
          <div key={word}>
            <Text fz={28} fw={680} className="numbers">
              {count(value)}
            </Text>
            <Text size="sm" c="dimmed">
              {word}
            </Text>
          </div>
        ))}
      </SimpleGrid>
      {row.refused > 0 && (
        <Alert color="orange" variant="light" title={row.refused === 1 ? "A row was refused" : "Some rows were refused"}>
          {hasReport(row) ? (
            <>
              <Text size="sm" mb="xs">
                The report has each of them with its line, the column, and what was expected there. Mend it and import it as it is; it is kept for {REPORT_DAYS} days.
              </Text>
              <ReportLink row={row} size="xs" />
            </>
          ) : (
            <Text size="sm">The report on them was kept for {REPORT_DAYS} days, and is gone. Import the file again: rows that are in are skipped.</Text>
          )}
        </Alert>
      )}
    </>
  );
}
