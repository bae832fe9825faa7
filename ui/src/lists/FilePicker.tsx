import { Text, ThemeIcon } from "@mantine/core";
import { IconFileImport } from "@tabler/icons-react";
import { useState, type DragEvent } from "react";

/** Takes a file that is dropped, or chosen with a button that the keyboard reaches. */
export function FilePicker({ onFile }: { onFile: (file: File) => void }) {
  const [over, setOver] = useState(false);
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    const file = event.dataTransfer.files[0];
    if (file) onFile(file);
  };
  const drag = (event: DragEvent) => {
    event.preventDefault();
    setOver(true);
  };
  return (
    <label className="dropzone" data-over={over || undefined} onDragOver={drag} onDragEnter={drag} onDragLeave={() => setOver(false)} onDrop={drop}>
      <input
        type="file"
        accept=".csv,.txt,.tsv,text/csv,text/plain"
        aria-label="CSV file"
        onChange={(event) => {
          const file = event.currentTarget.files?.[0];
          if (file) onFile(file);
        }}
      />
      <ThemeIcon size={52} radius="xl" variant="light" aria-hidden>
        <IconFileImport size={28} />
      </ThemeIcon>
      <Text fw={650}>Drop a CSV file here, or choose one</Text>
      <Text size="sm" c="dimmed" ta="center">
        Its first line names the columns; fields are separated by comma, semicolon or tab. Each row is a lead with a name and up to eight numbers.
      </Text>
    </label>
  );
}
