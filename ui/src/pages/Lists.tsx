import { Button, Menu, Modal } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconAddressBook, IconFileImport, IconPencil, IconPlus, IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import { useNavigate } from "react-router-dom";
import type { DialList } from "../api/client";
import { useCampaigns, useDialLists } from "../api/queries";
import { nameOf } from "../api/rows";
import { useMay } from "../api/session";
import { Empty, Failed } from "../components/Empty";
import { time } from "../components/format";
import { Loading } from "../components/Loading";
import { Page } from "../components/Page";
import { RowMenu } from "../components/RowMenu";
import { RowTable, type Column } from "../components/RowTable";
import { NewList } from "../forms/NewList";
import { RenameModal } from "../lists/ListName";
import { ListSize } from "../lists/size";
import { useListDeletion } from "../lists/useListDeletion";

/** All dial lists. */
export function ListsPage() {
  const lists = useDialLists();
  const campaigns = useCampaigns();
  const may = useMay("supervisor");
  const navigate = useNavigate();
  const [making, { open, close }] = useDisclosure();
  const [renaming, rename] = useState<DialList | null>(null);
  const deletion = useListDeletion();
  const columns: Column<DialList>[] = [
    { title: "List", show: nameOf },
    { title: "Leads", show: ({ uuid }) => <ListSize id={uuid} /> },
    { title: "Used by", aside: true, show: ({ uuid }) => (campaigns.data ?? []).filter(({ dial_list }) => dial_list === uuid).map(nameOf).join(", ") || "–" },
    { title: "Created", aside: true, show: ({ created }) => time(created) },
  ];
  const create = may && (
    <Button leftSection={<IconPlus size={17} />} onClick={open}>
      New list
    </Button>
  );
  const actions = (list: DialList) => (
    <RowMenu label={`Actions of ${nameOf(list)}`}>
      <Menu.Item leftSection={<IconFileImport size={16} />} onClick={() => navigate(`/lists/${list.uuid}/import`)}>
        Import …
      </Menu.Item>
      <Menu.Item leftSection={<IconPencil size={16} />} onClick={() => rename(list)}>
        Rename …
      </Menu.Item>
      <Menu.Item color="red" leftSection={<IconTrash size={16} />} onClick={() => deletion.ask(list)}>
        Delete …
      </Menu.Item>
    </RowMenu>
  );
  return (
    <Page title="Lists" about="A dial list holds the leads that a campaign calls." actions={lists.data && lists.data.length > 0 ? create : undefined}>
      {lists.error && <Failed error={lists.error} again={() => void lists.refetch()} />}
      {!lists.data && !lists.error && <Loading />}
      {lists.data?.length === 0 && (
        <Empty icon={<IconAddressBook size={28} />} title="No lists yet" action={create}>
          Make a list, then import a CSV file into it: the leads that a campaign is to call.
        </Empty>
      )}
      {lists.data && lists.data.length > 0 && <RowTable label="Dial lists" rows={lists.data} columns={columns} keyOf={({ uuid }) => uuid} to={({ uuid }) => `/lists/${uuid}`} actions={may ? actions : undefined} minWidth={620} />}
      <Modal opened={making} onClose={close} title="New list" closeButtonProps={{ "aria-label": "Close" }}>
        <NewList onMade={(row) => navigate(`/lists/${row.uuid}/import`)} />
      </Modal>
      <RenameModal list={renaming} onClose={() => rename(null)} />
      {deletion.dialog}
    </Page>
  );
}
