import { Button, Menu } from "@mantine/core";
import { IconFileImport, IconPencil, IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import { Link, useNavigate, useParams } from "react-router-dom";
import type { DialList } from "../api/client";
import { useDialLists } from "../api/queries";
import { nameOf } from "../api/rows";
import { useMay } from "../api/session";
import { Failed } from "../components/Empty";
import { Loading } from "../components/Loading";
import { NewCampaign } from "../components/NewCampaign";
import { Page } from "../components/Page";
import { RowMenu } from "../components/RowMenu";
import { ExportLeads } from "../lists/ExportLeads";
import { Leads } from "../lists/Leads";
import { RenameModal } from "../lists/ListName";
import { ListSize } from "../lists/size";
import { useListDeletion } from "../lists/useListDeletion";
import { NotFoundPage } from "./NotFound";

/** One dial list: its leads. */
export function ListPage() {
  const { id = "" } = useParams();
  const lists = useDialLists();
  const may = useMay("supervisor");
  const navigate = useNavigate();
  const [renaming, rename] = useState<DialList | null>(null);
  const deletion = useListDeletion(() => navigate("/lists"));
  if (lists.error && !lists.data) return <Failed error={lists.error} again={() => void lists.refetch()} />;
  if (!lists.data) return <Loading />;
  const list = lists.data.find(({ uuid }) => uuid === id);
  if (!list) return <NotFoundPage />;
  const imports = may && (
    <Button component={Link} to={`/lists/${id}/import`} leftSection={<IconFileImport size={17} />}>
      Import
    </Button>
  );
  const actions = (
    <>
      {imports}
      <ExportLeads list={id} />
      <NewCampaign list={id} variant="default" />
      {may && (
        <RowMenu label="More actions">
          <Menu.Item leftSection={<IconPencil size={16} />} onClick={() => rename(list)}>
            Rename …
          </Menu.Item>
          <Menu.Item color="red" leftSection={<IconTrash size={16} />} onClick={() => deletion.ask(list)}>
            Delete …
          </Menu.Item>
        </RowMenu>
      )}
    </>
  );
  return (
    <Page title={nameOf(list)} above={{ to: "/lists", title: "Lists" }} about={<ListSize id={id} />} actions={actions}>
      <Leads list={id} action={imports} />
      <RenameModal list={renaming} onClose={() => rename(null)} />
      {deletion.dialog}
    </Page>
  );
}
