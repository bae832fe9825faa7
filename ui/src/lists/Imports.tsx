import { Anchor, Card, Group, Stack, Text } from "@mantine/core";
import { IconFileImport } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { Link } from "react-router-dom";
import type { Import } from "../api/client";
import { hasReport, isOver, useImports, useLeadsOf } from "../api/imports";
import { Empty, Failed } from "../components/Empty";
import { octets, sentence, time } from "../components/format";
import { Loading } from "../components/Loading";
import { More } from "../components/More";
import { ImportState } from "../components/Status";
import { figuresOf, nameOfImport } from "./figures";
import { CancelImport, ImportProgress, ReportLink } from "./ImportProgress";

/** The imports into a list, newest first: what became of each, and how far one is that runs. */
export function Imports({ list, action }: { list: string; action: ReactNode }) {
  const imports = useImports(list);
  if (imports.error && !imports.data) return <Failed error={imports.error} again={() => void imports.refetch()} />;
  if (!imports.data) return <Loading />;
  const rows = imports.data.pages.flatMap(({ items }) => items);
  if (rows.length === 0) {
    return (
      <Empty icon={<IconFileImport size={28} />} title="No file was imported yet" action={action}>
        Each import of a file is here, with what became of its rows.
      </Empty>
    );
  }
  return (
    <Card padding={0}>
      <ul className="bare rows" aria-label="Imports">
        {rows.map((row) => (
          <li key={row.id}>
            <One row={row} />
          </li>
        ))}
      </ul>
      <More has={imports.hasNextPage} loading={imports.isFetchingNextPage} onMore={() => void imports.fetchNextPage()} />
    </Card>
  );
}

/** Those that are not over, for the places where a list is looked at. */
export function RunningImports({ list }: { list: string }) {
  const rows = useImports(list).data?.pages.flatMap(({ items }) => items) ?? [];
  const running = rows.filter((row) => !isOver(row));
  // The end of the newest one shows in the leads.
  useLeadsOf(running[0] ?? rows[0]);
  if (running.length === 0) return null;
  return (
    <Card padding={0} mb="lg" component="section" aria-label="Imports that run">
      <ul className="bare rows">
        {running.map((row) => (
          <li key={row.id}>
            <One row={row} />
          </li>
        ))}
      </ul>
    </Card>
  );
}

function One({ row }: { row: Import }) {
  const over = isOver(row);
  const facts = [time(row.created_at), row.by, octets(row.octets), row.dry_run && "only looked at", over && figuresOf(row)];
  return (
    <Stack gap="xs">
      <Group justify="space-between" gap="xs">
        <div>
          <Group gap="xs">
            <Anchor component={Link} to={`/lists/${row.dial_list}/import?import=${row.id}`} size="sm" fw={600} c="inherit" style={{ overflowWrap: "anywhere" }}>
              {nameOfImport(row)}
            </Anchor>
            <ImportState state={row.state} />
          </Group>
          <Text size="sm" c="dimmed" className="numbers" mt={2}>
            {facts.filter(Boolean).join(" · ")}
          </Text>
        </div>
        {over ? hasReport(row) && <ReportLink row={row} size="compact-sm" /> : <CancelImport row={row} size="compact-sm" />}
      </Group>
      {row.error && (
        <Text size="sm" c="red">
          {sentence(row.error)}
        </Text>
      )}
      {!over && <ImportProgress row={row} />}
    </Stack>
  );
}
