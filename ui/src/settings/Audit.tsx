import { Button, Center, Stack, Text } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { IconHistory } from "@tabler/icons-react";
import { api, data } from "../api/client";
import { Empty, Failed } from "../components/Empty";
import { time } from "../components/format";
import { Loading } from "../components/Loading";
import { RowTable, type Column } from "../components/RowTable";
import { Status } from "../components/Status";
import type { Tone } from "../components/tones";
import { roleWord } from "./people";

function useAudit() {
  return useInfiniteQuery({
    queryKey: ["audit"],
    queryFn: ({ pageParam }) => data(api.GET("/api/v1/audit", { params: { query: { limit: 50, cursor: pageParam } } })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next_cursor }) => next_cursor ?? undefined,
  });
}

type Entry = NonNullable<ReturnType<typeof useAudit>["data"]>["pages"][number]["items"][number];

const VERBS: Record<string, string> = { POST: "created", PATCH: "changed", DELETE: "deleted" };

/** plans: plan */
const one = (resource: string) => resource.replace(/s$/, "").replace("-", " ");

/** What was done, as a sentence where the path is known: "changed plan". */
function deed({ method, path, resource, resource_id }: Entry): string {
  if (path.endsWith("/session")) return method === "DELETE" ? "signed out" : "signed in";
  const last = path.split("/").pop() ?? "";
  const isCommand = method === "POST" && resource_id !== null && !path.endsWith(resource_id) && last !== resource;
  return `${isCommand ? last : (VERBS[method] ?? method)} ${resource === null ? path : one(resource)}`;
}

/** What it was done to: by its name, or by the beginning of its uuid. */
const which = (id: string | null) => (id === null ? "–" : /^[0-9a-f]{8}-/.test(id) ? id.slice(0, 8) : id);

function answer(status: number): { tone: Tone; word: string } {
  if (status < 400) return { tone: "good", word: "Done" };
  if (status === 401 || status === 403) return { tone: "bad", word: "Not allowed" };
  return { tone: "warn", word: `Refused (${status})` };
}

/** Who changed what, newest first. */
export function Audit() {
  const audit = useAudit();
  if (audit.error) return <Failed error={audit.error} again={() => void audit.refetch()} />;
  if (!audit.data) return <Loading />;
  const entries = audit.data.pages.flatMap(({ items }) => items);
  const columns: Column<Entry>[] = [
    { title: "Time", show: (entry) => time(entry.time) },
    { title: "Who", show: ({ who, kind }) => (kind === "token" ? `${who} (token)` : who) },
    { title: "What", show: (entry) => <span title={`${entry.method} ${entry.path}`}>{deed(entry)}</span> },
    { title: "Which", aside: true, show: ({ resource_id }) => which(resource_id) },
    { title: "Answer", show: ({ status }) => <Status {...answer(status)} /> },
    { title: "Role", aside: true, show: ({ role }) => roleWord(role) },
    { title: "From", aside: true, show: ({ address }) => address },
  ];
  if (entries.length === 0) {
    return (
      <Empty icon={<IconHistory size={28} />} title="Nothing has been changed yet">
        Each request that could change something stands here, with who sent it and what became of it.
      </Empty>
    );
  }
  return (
    <Stack>
      <Text size="sm" c="dimmed">
        Each request that could change something, newest first. Kept for 400 days.
      </Text>
      <RowTable label="Audit log" rows={entries} columns={columns} keyOf={({ id }) => id} minWidth={820} />
      {audit.hasNextPage && (
        <Center>
          <Button variant="default" loading={audit.isFetchingNextPage} onClick={() => void audit.fetchNextPage()}>
            Show older ones
          </Button>
        </Center>
      )}
    </Stack>
  );
}
