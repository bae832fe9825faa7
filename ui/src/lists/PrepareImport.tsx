import { Alert, Button, Group, Stack, Text, Title } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { IconAlertCircle, IconHistory } from "@tabler/icons-react";
import { useState } from "react";
import type { Import } from "../api/client";
import { HEAD_OCTETS, isOver, lookAt } from "../api/imports";
import { count, octets, sentence, time } from "../components/format";
import { Loading } from "../components/Loading";
import { UnsavedGuard } from "../forms/UnsavedGuard";
import { columnsWrong, propose, type Column } from "./columns";
import { ColumnTable } from "./ColumnTable";
import { figuresOf } from "./figures";
import { BEGINNING, ImportOptions, wishOf, type Options } from "./ImportOptions";
import { Preview } from "./Preview";
import { Sending, useSending } from "./Sending";

/** A file, and the beginning of it. */
export interface Chosen {
  key: number;
  file: File;
  head: ArrayBuffer;
}

interface Props {
  list: string;
  chosen: Chosen;
  onAnother: () => void;
  onTaken: (row: Import) => void;
}

/** Rows that the daemon looks at for a preview. */
const ROWS = 100;
/** Changes that follow each other so soon are one question. */
const SETTLE_MS = 250;

const listed = (columns: Column[]) => columns.map((column) => column ?? "").join(",");

/** What the daemon makes of the beginning of the file; first without a choice of columns, from which a choice is proposed. */
function usePreview({ key, head }: Chosen, columns: Column[] | null, { default_country, encoding }: Options) {
  const wish = { columns: columns ? listed(columns) : undefined, default_country: default_country ?? undefined, encoding, rows: ROWS };
  const [settled] = useDebouncedValue(wish, SETTLE_MS);
  const asked = columns && settled.columns === undefined ? wish : settled;
  return useQuery({
    queryKey: ["import-preview", key, asked],
    queryFn: ({ signal }) => lookAt(head, asked, signal),
    placeholderData: (old) => old,
    staleTime: Infinity,
    refetchOnWindowFocus: false,
  });
}

/** Before the import: the columns, the first rows, and what is to be done with them. */
export function PrepareImport({ list, chosen, onAnother, onTaken }: Props) {
  const { file } = chosen;
  const [own, choose] = useState<Column[] | null>(null);
  const [options, setOptions] = useState<Options>(BEGINNING);
  const preview = usePreview(chosen, own, options);
  const sending = useSending(list, file);
  const shown = preview.data;
  // As soon as it is known what the columns are, the choice is there.
  if (own === null && shown && !preview.isPlaceholderData) choose(propose(shown.columns));

  const start = async (again: boolean) => {
    const taken = await sending.send({ ...wishOf(options), columns: listed(own ?? []), again: again || undefined });
    if (taken && !(taken.again && isOver(taken.row))) onTaken(taken.row);
  };

  if (sending.sent !== null) {
    return (
      <>
        <UnsavedGuard when title="Leave while the file is being sent?">
          The daemon has not all of it yet: nothing of it is imported then.
        </UnsavedGuard>
        <Sending file={file} sent={sending.sent} onStop={sending.stop} />
      </>
    );
  }
  const before = sending.before;
  if (before) return <Before row={before} name={file.name} onAgain={() => void start(true)} onShow={() => onTaken(before)} onAnother={onAnother} />;
  if (!own || !shown) {
    return preview.error ? <Unusable name={file.name} error={preview.error} onAnother={onAnother} options={options} onOptions={setOptions} /> : <Loading />;
  }
  const wrong = columnsWrong(own) ?? (preview.error ? inWords(preview.error) : shown.problem);
  const isWhole = file.size < HEAD_OCTETS && shown.rows.length < ROWS;
  return (
    <Stack gap="lg">
      {sending.failed && <Complaint text={sending.failed} />}
      <Head file={file} onAnother={onAnother} />
      <div className="prepare">
        <section aria-labelledby="columns">
          <Title order={3} id="columns" mb={4}>
            What its columns are
          </Title>
          <ColumnTable file={shown.columns} columns={own} onChange={choose} />
          {wrong && (
            <Alert color="orange" variant="light" icon={<IconAlertCircle size={18} />} role="status" mt="xs">
              {sentence(wrong)}
            </Alert>
          )}
        </section>
        <section aria-labelledby="options">
          <Title order={3} id="options" mb="sm">
            What is done with its rows
          </Title>
          <ImportOptions options={options} found={hasMark(chosen.head) ? "UTF-16" : shown.encoding} onChange={setOptions} />
        </section>
      </div>
      {!wrong && (
        <section aria-labelledby="preview">
          <Title order={3} id="preview" mb={4}>
            What comes of them
          </Title>
          <Preview preview={shown} columns={own} whole={isWhole} busy={preview.isPlaceholderData} />
        </section>
      )}
      <Group justify="flex-end">
        <Button onClick={() => void start(false)} disabled={wrong !== null || shown.rows.length === 0}>
          {isWhole ? `Import ${count(shown.rows.length)} ${shown.rows.length === 1 ? "row" : "rows"}` : "Import all rows"}
        </Button>
      </Group>
    </Stack>
  );
}

/** Whether a file begins with the mark of UTF-16, by which the daemon goes whatever encoding it is told. */
function hasMark(head: ArrayBuffer): boolean {
  const [first, second] = new Uint8Array(head);
  return (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
}

/** What the daemon says of a file, without the name of the field that it came in. */
const inWords = (error: Error) => error.message.replace(/^body: /, "");

function Head({ file, onAnother }: { file: File; onAnother: () => void }) {
  return (
    <Group justify="space-between" wrap="nowrap" align="flex-start">
      <Title order={2} style={{ overflowWrap: "anywhere" }}>
        {file.name}{" "}
        <Text span size="sm" c="dimmed" fw={400} className="oneline">
          {octets(file.size)}
        </Text>
      </Title>
      <Button variant="default" size="xs" onClick={onAnother} flex="none">
        Another file
      </Button>
    </Group>
  );
}

function Complaint({ text }: { text: string }) {
  return (
    <Alert color="red" variant="light" role="alert" icon={<IconAlertCircle size={18} />}>
      {text}
    </Alert>
  );
}

interface UnusableProps {
  name: string;
  error: Error;
  options: Options;
  onOptions: (options: Options) => void;
  onAnother: () => void;
}

/** What the daemon cannot read as a file of rows, as it says why. */
function Unusable({ name, error, options, onOptions, onAnother }: UnusableProps) {
  const isEncoding = error.message.includes("UTF-8") && options.encoding !== "windows-1252";
  return (
    <Stack>
      <Complaint text={`${name}: ${inWords(error)}`} />
      <Group gap="xs">
        {isEncoding && <Button onClick={() => onOptions({ ...options, encoding: "windows-1252" })}>Read it as Windows-1252</Button>}
        <Button variant={isEncoding ? "default" : "filled"} onClick={onAnother}>
          Another file
        </Button>
      </Group>
    </Stack>
  );
}

interface BeforeProps {
  row: Import;
  name: string;
  onAgain: () => void;
  onShow: () => void;
  onAnother: () => void;
}

/** The same file was imported before: nothing was done now. */
function Before({ row, name, onAgain, onShow, onAnother }: BeforeProps) {
  return (
    <Stack role="status">
      <Alert color="blue" variant="light" icon={<IconHistory size={18} />} title={`${name} was imported before`}>
        <Text size="sm">
          {row.by} has imported this very file into this list, with the same choices: {time(row.created_at)}, {figuresOf(row)}. So nothing was done now.
        </Text>
      </Alert>
      <Group gap="xs">
        <Button variant="default" onClick={onShow}>
          Show that import
        </Button>
        <Button variant="default" onClick={onAgain}>
          Import it again
        </Button>
        <Button variant="subtle" onClick={onAnother}>
          Another file
        </Button>
      </Group>
    </Stack>
  );
}
