import { Alert, Button, Group, Stack, Text, Title } from "@mantine/core";
import { IconAlertCircle } from "@tabler/icons-react";
import type { ReactNode } from "react";
import type { Import } from "../api/client";
import { isOver, useImport, useLeadsOf } from "../api/imports";
import { useMay } from "../api/session";
import { Failed } from "../components/Empty";
import { sentence, time } from "../components/format";
import { Loading } from "../components/Loading";
import { ImportState } from "../components/Status";
import { nameOfImport } from "./figures";
import { CancelImport, ImportFigures, ImportProgress } from "./ImportProgress";

interface Props {
  id: string;
  next: ReactNode;
  onAnother: () => void;
}

/** One import, from its beginning to what it came to. */
export function FollowImport({ id, next, onAnother }: Props) {
  const { data: row, error, refetch } = useImport(id);
  const may = useMay("supervisor");
  useLeadsOf(row);
  if (!row) return error ? <Failed error={error} again={() => void refetch()} /> : <Loading />;
  const another = may && (
    <Button variant="subtle" onClick={onAnother}>
      Another file
    </Button>
  );
  return (
    <Stack>
      <div role="status">
        <Group gap="sm">
          <Title order={2} fz="md" style={{ overflowWrap: "anywhere" }}>
            {titleOfImport(row)}
          </Title>
          {!isOver(row) && <ImportState state={row.state} />}
        </Group>
        <Text size="sm" c="dimmed">
          {row.by}, {time(row.created_at)}
        </Text>
      </div>
      {isOver(row) ? <Over row={row} next={next} another={another} /> : <Under row={row} />}
    </Stack>
  );
}

/** What is said first of an import. */
function titleOfImport(row: Import): string {
  const name = nameOfImport(row);
  if (!isOver(row)) return row.dry_run ? `Looking at the rows of ${name} …` : `Importing ${name} …`;
  if (row.state === "failed") return `The import of ${name} has failed`;
  if (row.state === "cancelled") return `The import of ${name} was cancelled`;
  return row.dry_run ? `${name} was only looked at` : `${name} is in`;
}

function Under({ row }: { row: Import }) {
  return (
    <>
      <ImportProgress row={row} />
      <Text size="sm" c="dimmed">
        The daemon has the file: you may close this page, and the import goes on.{" "}
        {row.dry_run
          ? "No row is taken in: it says only what would become of them."
          : row.usable === "complete"
            ? "Campaigns call nobody of the list until it is over."
            : "Campaigns that use the list may call its new leads already."}
      </Text>
      <Group justify="flex-end">
        <CancelImport row={row} />
      </Group>
    </>
  );
}

function Over({ row, next, another }: { row: Import; next: ReactNode; another: ReactNode }) {
  return (
    <>
      {row.error && (
        <Alert color="red" variant="light" role="alert" icon={<IconAlertCircle size={18} />}>
          {sentence(row.error)}
        </Alert>
      )}
      <ImportFigures row={row} />
      {row.state !== "done" && (
        <Text size="sm" c="dimmed">
          Leads that are in stay in. Import the same file with the same choices once more, and it goes on from there.
        </Text>
      )}
      <Group gap="xs">
        {next}
        {another}
      </Group>
    </>
  );
}
