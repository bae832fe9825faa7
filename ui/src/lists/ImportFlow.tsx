import { Alert, Button, Group, Progress as Bar, SegmentedControl, Select, SimpleGrid, Stack, Text, Title } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { IconAlertCircle, IconDownload } from "@tabler/icons-react";
import { useMemo, useRef, useState, type ReactNode } from "react";
import { save } from "../components/Export";
import { count } from "../components/format";
import { columnsWrong, propose, type Column } from "./columns";
import { ColumnTable } from "./ColumnTable";
import { parse, type Table } from "./csv";
import { FilePicker } from "./FilePicker";
import { importRows, reportOf, type Dedupe, type Progress } from "./importing";
import { asWritten, useNumbers } from "./numbers";
import { Preview } from "./Preview";

interface File_ {
  name: string;
  table: Table;
}

/** Octets that a browser reads in at once; more is for the command line. */
const MOST = 64 * 1024 * 1024;

interface Props {
  list: string;
  /** What to do next, when the rows are in. */
  next: ReactNode;
}

/** From a file to leads: choose it, say what its columns are, see the first rows, take them in. */
export function ImportFlow({ list, next }: Props) {
  const [file, setFile] = useState<File_ | null>(null);
  const [columns, setColumns] = useState<Column[]>([]);
  const [country, setCountry] = useState<string | null>(null);
  const numbers = useNumbers();
  const normalise = useMemo(() => numbers.data?.of(country) ?? asWritten, [numbers.data, country]);
  const [dedupe, setDedupe] = useState<Dedupe>("skip");
  const [progress, setProgress] = useState<Progress | null>(null);
  const [done, setDone] = useState(false);
  const [failed, setFailed] = useState<string | null>(null);
  const stop = useRef<AbortController | null>(null);
  const client = useQueryClient();

  const open = async (chosen: File) => {
    setFailed(null);
    if (chosen.size > MOST) return setFailed(`${chosen.name} has more than 64 MB. On the daemon's host, outbound list import takes files of any size.`);
    const table = parse(await chosen.text());
    if (table.header.length === 0 || table.rows.length === 0) return setFailed(`${chosen.name} has no rows: a first line with the names of the columns is expected, and a line for each lead.`);
    setFile({ name: chosen.name, table });
    setColumns(propose(table.header));
  };
  const start = async () => {
    if (!file) return;
    setFailed(null);
    stop.current = new AbortController();
    setProgress({ all: file.table.rows.length, taken: 0, updated: 0, skipped: 0, refused: [] });
    try {
      setProgress(await importRows({ list, table: file.table, columns, normalise, dedupe, signal: stop.current.signal, onProgress: setProgress }));
      setDone(true);
    } catch (error) {
      if (stop.current.signal.aborted) setFailed("Stopped. The rows that were in stay in; start it again, and with “Skip” it goes on where it was.");
      else setFailed(`${error instanceof Error ? error.message : String(error)} The rows that were in stay in; start it again, and with “Skip” it goes on where it was.`);
      stop.current.abort();
      setProgress(null);
    }
    void client.invalidateQueries({ queryKey: ["leads"] });
    void client.invalidateQueries({ queryKey: ["stats"] });
  };
  const complaint = failed && (
    <Alert color="red" variant="light" role="alert" icon={<IconAlertCircle size={18} />}>
      {failed}
    </Alert>
  );

  if (!file) {
    return (
      <Stack>
        {complaint}
        <FilePicker onFile={(chosen) => void open(chosen)} />
      </Stack>
    );
  }
  if (done && progress) return <Done file={file} progress={progress} next={next} />;
  if (progress) return <Running progress={progress} onStop={() => stop.current?.abort()} />;
  const wrong = columnsWrong(columns);
  return (
    <Stack gap="lg">
      {complaint}
      <section aria-label="Columns of the file">
        <Group justify="space-between" mb="xs">
          <Title order={2} fz="md">
            {file.name}
          </Title>
          <Button variant="subtle" size="compact-sm" onClick={() => setFile(null)}>
            Another file
          </Button>
        </Group>
        <ColumnTable file={file.table} columns={columns} onChange={setColumns} />
      </section>
      {wrong ? (
        <Alert color="orange" variant="light" icon={<IconAlertCircle size={18} />} role="status">
          {wrong}
        </Alert>
      ) : (
        <section aria-label="Preview">
          <Title order={2} fz="md" mb={4}>
            Preview
          </Title>
          <Preview file={file.table} columns={columns} normalise={normalise} />
        </section>
      )}
      <Options country={country} onCountry={setCountry} countries={numbers.data?.countries ?? []} dedupe={dedupe} onDedupe={setDedupe} />
      <Group justify="flex-end">
        <Button onClick={() => void start()} disabled={wrong !== null}>
          Import {rowsOf(file.table.rows.length)}
        </Button>
      </Group>
    </Stack>
  );
}

const rowsOf = (rows: number) => `${count(rows)} ${rows === 1 ? "row" : "rows"}`;

interface OptionsProps {
  country: string | null;
  onCountry: (country: string | null) => void;
  countries: { value: string; label: string }[];
  dedupe: Dedupe;
  onDedupe: (dedupe: Dedupe) => void;
}

function Options({ country, onCountry, countries, dedupe, onDedupe }: OptionsProps) {
  return (
    <div className="fields">
      <Select
        label="Country of numbers without a country code"
        description="All numbers become international ones (+49 …), and those that cannot be dialed are refused. Without a country they stay as they are written."
        placeholder="As they are written"
        data={countries}
        value={country}
        onChange={onCountry}
        searchable
        clearable
        clearButtonProps={{ "aria-label": "No country" }}
        nothingFoundMessage="No country has that name"
        limit={60}
      />
      <div>
        <Text size="sm" fw={500} id="dedupe">
          Rows whose key or number the list has already
        </Text>
        <Text size="xs" c="dimmed" mb={6}>
          {DEDUPES.find(({ value }) => value === dedupe)?.about}
        </Text>
        <SegmentedControl aria-labelledby="dedupe" value={dedupe} onChange={(value) => onDedupe(value as Dedupe)} data={DEDUPES.map(({ value, label }) => ({ value, label }))} />
      </div>
    </div>
  );
}

const DEDUPES: { value: Dedupe; label: string; about: string }[] = [
  { value: "skip", label: "Skip", about: "The lead in the list stays as it is." },
  { value: "update", label: "Update", about: "The lead in the list gets the values of the row; its tries stay." },
  { value: "take", label: "Take too", about: "The list has it twice then." },
];

function Running({ progress, onStop }: { progress: Progress; onStop: () => void }) {
  const through = progress.taken + progress.updated + progress.skipped + progress.refused.length;
  const part = (100 * through) / Math.max(1, progress.all);
  return (
    <Stack>
      <Group justify="space-between">
        <Text fw={600}>Taking the rows in …</Text>
        <Text className="numbers" c="dimmed" size="sm">
          {count(through)} of {count(progress.all)}
        </Text>
      </Group>
      <Bar value={part} size="lg" aria-label={`${Math.floor(part)} % of the rows are through`} animated />
      <Text size="sm" c="dimmed">
        Keep this page open until it is done. A campaign that uses the list may call its new leads at once.
      </Text>
      <Group justify="flex-end">
        <Button variant="default" onClick={onStop}>
          Stop
        </Button>
      </Group>
    </Stack>
  );
}

function Done({ file, progress, next }: { file: File_; progress: Progress; next: ReactNode }) {
  const report = () => save(`${file.name.replace(/\.[^.]*$/, "")}.rejected.csv`, reportOf(file.table, progress.refused));
  const figures = [
    { word: "taken in", value: progress.taken },
    ...(progress.updated > 0 ? [{ word: "updated", value: progress.updated }] : []),
    { word: "skipped", value: progress.skipped },
    { word: "refused", value: progress.refused.length },
  ];
  return (
    <Stack role="status">
      <Title order={2} fz="md">
        {file.name} is in
      </Title>
      <SimpleGrid cols={{ base: 2, xs: figures.length }} maw={560}>
        {figures.map(({ word, value }) => (
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
      {progress.refused.length > 0 && (
        <Alert color="orange" variant="light" title="Some rows were refused">
          <Text size="sm" mb="xs">
            Line {progress.refused[0]?.row.line}: {progress.refused[0]?.field}, {progress.refused[0]?.expected} expected. The report has all of them with the reason; mend it and import it as it is.
          </Text>
          <Button size="xs" variant="default" leftSection={<IconDownload size={15} />} onClick={report}>
            Download the report
          </Button>
        </Alert>
      )}
      <Group gap="xs">{next}</Group>
    </Stack>
  );
}
