import { Alert, Stack } from "@mantine/core";
import { IconAlertCircle } from "@tabler/icons-react";
import { useRef, useState, type ReactNode } from "react";
import { useSearchParams } from "react-router-dom";
import { FILE_OCTETS, HEAD_OCTETS } from "../api/imports";
import { useMay } from "../api/session";
import { MayNot } from "../components/Empty";
import { FilePicker } from "./FilePicker";
import { FollowImport } from "./FollowImport";
import { PrepareImport, type Chosen } from "./PrepareImport";

interface Props {
  list: string;
  /** What to do next, when the rows are in. */
  next: ReactNode;
}

/** From a file to leads: choose it, say what its columns are, see the first rows, have them taken in. Which import it is stands in the address. */
export function ImportFlow({ list, next }: Props) {
  const may = useMay("supervisor");
  const [query, setQuery] = useSearchParams();
  const [chosen, choose] = useState<Chosen | null>(null);
  const [failed, setFailed] = useState<string | null>(null);
  const opened = useRef(0);
  const id = query.get("import");

  const open = async (file: File) => {
    setFailed(null);
    if (file.size > FILE_OCTETS) return setFailed(`${file.name} has more than 4 GiB: divide it into parts, each with the line of headers.`);
    try {
      const head = await file.slice(0, HEAD_OCTETS).arrayBuffer();
      choose({ key: ++opened.current, file, head });
    } catch {
      setFailed(`${file.name} cannot be read. Is it a folder, or is it gone?`);
    }
  };
  const another = () => {
    choose(null);
    setQuery({}, { replace: true });
  };

  if (id) return <FollowImport id={id} next={next} onAnother={another} />;
  if (!may) return <MayNot what="import leads" />;
  if (chosen) return <PrepareImport key={chosen.key} list={list} chosen={chosen} onAnother={another} onTaken={(row) => setQuery({ import: row.id }, { replace: true })} />;
  return (
    <Stack>
      {failed && (
        <Alert color="red" variant="light" role="alert" icon={<IconAlertCircle size={18} />}>
          {failed}
        </Alert>
      )}
      <FilePicker onFile={(file) => void open(file)} />
    </Stack>
  );
}
