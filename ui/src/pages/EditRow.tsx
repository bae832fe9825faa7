import { notifications } from "@mantine/notifications";
import { useQueryClient } from "@tanstack/react-query";
import { IconPlayerPlay } from "@tabler/icons-react";
import { useNavigate, useParams } from "react-router-dom";
import { api } from "../api/client";
import { nameOf, useHeld, type Kind, type Row } from "../api/rows";
import { useMay } from "../api/session";
import { Failed, MayNot } from "../components/Empty";
import { Loading } from "../components/Loading";
import { Page } from "../components/Page";
import { useBeginning } from "../forms/beginning";
import { WORDS } from "../forms/layouts";
import { RowForm } from "../forms/RowForm";

/** Where a form is left to: the row's own page, or its table. */
const after = (kind: Kind, row: { uuid: string } | undefined) => (kind === "campaigns" && row ? `/campaigns/${row.uuid}` : kind === "campaigns" ? "/" : WORDS[kind].to);

/** A new row. */
export function NewRowPage({ kind }: { kind: Kind }) {
  const { one, to, title, hint } = WORDS[kind];
  const may = useMay("supervisor");
  const navigate = useNavigate();
  const client = useQueryClient();
  const beginning = useBeginning(kind);
  const done = async (row: Row, way: string) => {
    notifications.show({ color: "teal", message: `${nameOf(row)} is created.` });
    if (way === "start") {
      await api.POST("/api/v1/campaigns/{id}/start", { params: { path: { id: row.uuid } } }).catch((error: Error) => {
        notifications.show({ color: "red", title: `${nameOf(row)} does not start`, message: error.message, autoClose: 10_000 });
      });
      void client.invalidateQueries({ queryKey: ["campaigns"] });
    }
    navigate(after(kind, row), { state: { saved: true } });
  };
  return (
    <Page title={`New ${one}`} about={hint} above={kind === "campaigns" ? { to: "/", title: "Overview" } : { to, title }}>
      {!may && <MayNot what={`make a ${one}`} />}
      {may && !beginning && <Loading />}
      {may && beginning && (
        <RowForm
          kind={kind}
          beginning={beginning}
          onDone={(row, way) => void done(row, way)}
          onCancel={() => navigate(after(kind, undefined))}
          ways={kind === "campaigns" ? [{ value: "start", label: "Create and start", icon: <IconPlayerPlay size={16} /> }] : []}
        />
      )}
    </Page>
  );
}

/** A row that is there. */
export function EditRowPage({ kind }: { kind: Kind }) {
  const { id = "" } = useParams();
  const { one, to, title } = WORDS[kind];
  const held = useHeld(kind, id);
  const navigate = useNavigate();
  const done = (row: Row) => {
    notifications.show({ color: "teal", message: `${nameOf(row)} is saved.` });
    navigate(after(kind, row), { state: { saved: true } });
  };
  const name = held.data ? nameOf(held.data.row) : `A ${one}`;
  return (
    <Page title={kind === "campaigns" ? `Change ${name}` : name} above={kind === "campaigns" ? { to: `/campaigns/${id}`, title: name } : { to, title }}>
      {held.error && <Failed error={held.error} again={() => void held.refetch()} />}
      {held.isPending && <Loading />}
      {held.data && <RowForm kind={kind} held={held.data} onDone={done} onCancel={() => navigate(after(kind, held.data.row))} />}
    </Page>
  );
}
