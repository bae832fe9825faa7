import { Button, Menu, Tabs } from "@mantine/core";
import { IconFileImport, IconPencil, IconTrash, IconUsers } from "@tabler/icons-react";
import { useState } from "react";
import { Link, useNavigate, useParams, useSearchParams } from "react-router-dom";
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
import { Imports, RunningImports } from "../lists/Imports";
import { Leads } from "../lists/Leads";
import { RenameModal } from "../lists/ListName";
import { ListSize } from "../lists/size";
import { useListDeletion } from "../lists/useListDeletion";
import { NotFoundPage } from "./NotFound";

/** One dial list: its leads, and the imports that they came by. */
export function ListPage() {
  const { id = "" } = useParams();
  const lists = useDialLists();
  const may = useMay("supervisor");
  const navigate = useNavigate();
  const [query, setQuery] = useSearchParams();
  const shown = query.get("show") === "imports" ? "imports" : "leads";
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
      {shown === "leads" && <RunningImports list={id} />}
      <Tabs value={shown} onChange={(show) => setQuery(show === "imports" ? { show } : {}, { replace: true })} keepMounted={false}>
        <Tabs.List mb="lg" aria-label="Leads and imports">
          <Tabs.Tab value="leads" leftSection={<IconUsers size={16} />}>
            Leads
          </Tabs.Tab>
          <Tabs.Tab value="imports" leftSection={<IconFileImport size={16} />}>
            Imports
          </Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="leads">
          <Leads list={id} action={imports} />
        </Tabs.Panel>
        <Tabs.Panel value="imports">
          <Imports list={id} action={imports} />
        </Tabs.Panel>
      </Tabs>
      <RenameModal list={renaming} onClose={() => rename(null)} />
      {deletion.dialog}
    </Page>
  );
}
