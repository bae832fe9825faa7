import { Button, Card, Group, Select, TextInput } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { useCampaigns, useDialLists } from "../api/queries";
import { nameOf } from "../api/rows";
import { outcome as outcomes } from "../components/tones";
import type { Search } from "./search";

interface Props {
  search: Search;
  onChange: (search: Search) => void;
}

/** What is searched for, field by field. */
export function Filters({ search, onChange }: Props) {
  const campaigns = useCampaigns();
  const lists = useDialLists();
  const set = (part: Search) => onChange({ ...search, ...part });
  const choices = (rows: { uuid: string; name: string | null }[] | undefined) => (rows ?? []).map((row) => ({ value: row.uuid, label: nameOf(row) }));
  const isEmpty = Object.values(search).every((value) => !value);
  return (
    <Card mb="lg" padding="md" component="section" aria-label="Search">
      <div className="filters">
        <TextInput label="Number" placeholder="in full" inputMode="tel" value={search.number ?? ""} onChange={(event) => set({ number: event.currentTarget.value })} />
        <TextInput label="Your key" placeholder="UKey" value={search.ukey ?? ""} onChange={(event) => set({ ukey: event.currentTarget.value })} />
        <Select label="Outcome" placeholder="Any" clearable clearButtonProps={{ "aria-label": "Any outcome" }} data={Object.entries(outcomes).map(([value, { word }]) => ({ value, label: word }))} value={search.outcome ?? null} onChange={(value) => set({ outcome: value ?? undefined })} />
        <Select label="Campaign" placeholder="Any" clearable searchable clearButtonProps={{ "aria-label": "Any campaign" }} data={choices(campaigns.data)} value={search.campaign ?? null} onChange={(value) => set({ campaign: value ?? undefined })} />
        <Select label="Dial list" placeholder="Any" clearable searchable clearButtonProps={{ "aria-label": "Any dial list" }} data={choices(lists.data)} value={search.dial_list ?? null} onChange={(value) => set({ dial_list: value ?? undefined })} />
        <TextInput label="Ended since" type="datetime-local" className="double" value={search.since ?? ""} onChange={(event) => set({ since: event.currentTarget.value })} />
        <TextInput label="Ended before" type="datetime-local" className="double" value={search.until ?? ""} onChange={(event) => set({ until: event.currentTarget.value })} />
      </div>
      {!isEmpty && (
        <Group mt="sm" gap="xs">
          <Button size="xs" variant="subtle" color="gray" leftSection={<IconX size={14} />} onClick={() => onChange({})}>
            Clear the search
          </Button>
        </Group>
      )}
    </Card>
  );
}
