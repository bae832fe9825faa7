import { Button, Group, Input, Select } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconPlus } from "@tabler/icons-react";
import { useCampaigns, useDestinations, useDialLists, usePlans } from "../api/queries";
import { nameOf, type Kind } from "../api/rows";
import type { Common } from "./Control";
import { MakeDrawer } from "./MakeDrawer";
import { WORDS } from "./layouts";

/** Which fields hold the uuid of a row of another resource. */
const KINDS: Record<string, Kind> = { plan: "plans", dial_list: "dial-lists", destination: "destinations", next_campaign: "campaigns" };

export const isReference = (path: string) => path in KINDS;

/** All rows of a kind. */
export function useRows(kind: Kind) {
  const all = { plans: usePlans(), "dial-lists": useDialLists(), destinations: useDestinations(), campaigns: useCampaigns() };
  return all[kind];
}

/** A row of another resource, by its name; or a new one, made on the spot. */
export function Reference({ id, path, value, onChange, ...common }: Common & { path: string; value: unknown; onChange: (value: unknown) => void }) {
  const kind = KINDS[path] ?? "plans";
  const { one } = WORDS[kind];
  const rows = useRows(kind);
  const [making, { open, close }] = useDisclosure();
  const choices = (rows.data ?? []).map((row) => ({ value: row.uuid, label: nameOf(row) })).sort((a, b) => a.label.localeCompare(b.label));
  return (
    <Input.Wrapper id={id} {...common}>
      <Group gap="xs" mt={4}>
        <Select
          id={id}
          flex="1 1 150px"
          data={choices}
          value={typeof value === "string" ? value : null}
          onChange={onChange}
          error={Boolean(common.error)}
          searchable
          clearable
          clearButtonProps={{ "aria-label": `Clear ${common.label}` }}
          placeholder={choices.length === 0 ? `No ${one} yet` : "None"}
          nothingFoundMessage={`No ${one} has that name`}
        />
        {kind !== "campaigns" && (
          <Button variant="default" leftSection={<IconPlus size={15} />} onClick={open} flex="none">
            New {kind === "dial-lists" ? "list" : one}
          </Button>
        )}
      </Group>
      <MakeDrawer
        kind={kind}
        opened={making}
        onClose={close}
        onMade={(row) => {
          void rows.refetch();
          onChange(row.uuid);
          close();
        }}
      />
    </Input.Wrapper>
  );
}
