import { Button, Checkbox, Group, Menu, Modal, Select, Stack, Switch, Text, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { IconPencil, IconPlus, IconTrash, IconWebhook } from "@tabler/icons-react";
import { useState } from "react";
import { api, type Webhook } from "../api/client";
import { useCampaigns } from "../api/queries";
import { nameOf } from "../api/rows";
import { Empty, Failed } from "../components/Empty";
import { Loading } from "../components/Loading";
import { RowMenu } from "../components/RowMenu";
import { RowTable, type Column } from "../components/RowTable";
import { ShortForm } from "../components/ShortForm";
import { Status } from "../components/Status";
import { useDelete } from "../components/useDelete";
import { DeliveriesDrawer } from "./Deliveries";
import { errorOf } from "./people";
import { TYPES, useWebhooks } from "./webhooks";

/** Who is told by HTTP of what happens. */
export function Webhooks() {
  const webhooks = useWebhooks();
  const campaigns = useCampaigns();
  const [opened, open] = useState<Webhook | null>(null);
  const [asked, ask] = useState<Webhook | "new" | null>(null);
  const deletion = useDelete<Webhook>({
    one: "webhook",
    nameOf: ({ url }) => url,
    remove: ({ id }) => api.DELETE("/api/v1/webhooks/{id}", { params: { path: { id } } }),
    stale: "webhooks",
    warning: () => "What waits for it goes with it.",
  });
  const columns: Column<Webhook>[] = [
    { title: "Address", show: ({ url }) => <span style={{ overflowWrap: "anywhere" }}>{url}</span> },
    { title: "Is told of", aside: true, show: ({ types }) => types.map((type) => TYPES[type]).join(", ") },
    { title: "Campaign", aside: true, show: ({ campaign }) => (campaign === null ? "all" : nameOf(campaigns.data?.find(({ uuid }) => uuid === campaign) ?? { uuid: campaign })) },
    { title: "State", show: ({ enabled }) => <Status {...(enabled ? { word: "On", tone: "good" } : { word: "Off", tone: "quiet" })} /> },
  ];
  if (webhooks.error) return <Failed error={webhooks.error} again={() => void webhooks.refetch()} />;
  if (!webhooks.data) return <Loading />;
  const create = (
    <Button leftSection={<IconPlus size={17} />} onClick={() => ask("new")}>
      New webhook
    </Button>
  );
  return (
    <Stack>
      <Group justify="space-between">
        <Text size="sm" c="dimmed" maw={620}>
          Programs of yours are told by HTTP when calls end, campaigns start or stop, or imports are over, as often as it takes. Choose one to see what became of each delivery.
        </Text>
        {webhooks.data.length > 0 && create}
      </Group>
      {webhooks.data.length === 0 ? (
        <Empty icon={<IconWebhook size={28} />} title="No webhooks" action={create}>
          A CRM that should know each result at once needs one.
        </Empty>
      ) : (
        <RowTable
          label="Webhooks"
          rows={webhooks.data}
          columns={columns}
          keyOf={({ id }) => id}
          onOpen={open}
          minWidth={680}
          actions={(webhook) => (
            <RowMenu label={`Actions of ${webhook.url}`}>
              <Menu.Item leftSection={<IconPencil size={16} />} onClick={() => ask(webhook)}>
                Change …
              </Menu.Item>
              <Menu.Item color="red" leftSection={<IconTrash size={16} />} onClick={() => deletion.ask(webhook)}>
                Delete …
              </Menu.Item>
            </RowMenu>
          )}
        />
      )}
      <DeliveriesDrawer webhook={opened} onClose={() => open(null)} />
      <Modal opened={asked !== null} onClose={() => ask(null)} title={asked === "new" ? "New webhook" : "Change the webhook"} closeButtonProps={{ "aria-label": "Close" }}>
        {asked && <WebhookForm old={asked === "new" ? undefined : asked} onDone={() => ask(null)} />}
      </Modal>
      {deletion.dialog}
    </Stack>
  );
}

/** 32 hexadecimal digits that nobody guesses. */
const newSecret = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (octet) => octet.toString(16).padStart(2, "0")).join("");

const FIELDS = ["url", "secret", "types", "campaign"];

function WebhookForm({ old, onDone }: { old?: Webhook; onDone: () => void }) {
  const campaigns = useCampaigns();
  const [url, setUrl] = useState(old?.url ?? "");
  const [secret, setSecret] = useState(() => (old ? "" : newSecret()));
  const [types, setTypes] = useState<Webhook["types"]>(old?.types ?? ["dialing.ended"]);
  const [campaign, setCampaign] = useState(old?.campaign ?? null);
  const [enabled, setEnabled] = useState(old?.enabled ?? true);
  const client = useQueryClient();
  const change = useMutation({
    mutationFn: async (): Promise<unknown> => {
      const body = { url: url.trim(), types, campaign, enabled };
      if (!old) return api.POST("/api/v1/webhooks", { body: { ...body, secret } });
      return api.PATCH("/api/v1/webhooks/{id}", { params: { path: { id: old.id } }, body: { ...body, secret: secret || undefined } });
    },
    onSuccess: () => {
      notifications.show({ color: "teal", message: `The webhook is ${old ? "changed" : "created"}.` });
      void client.invalidateQueries({ queryKey: ["webhooks"] });
      onDone();
    },
  });
  const error = (field: string) => errorOf(change.error, field, FIELDS);
  return (
    <ShortForm error={error("")} busy={change.isPending} submit={old ? "Save" : "Create webhook"} onSubmit={change.mutate} onCancel={onDone}>
      <TextInput label="Address" description="Where it is told, by http or https." placeholder="https://crm.example.org/calls" type="url" autoComplete="off" data-autofocus value={url} error={error("url")} onChange={(event) => setUrl(event.currentTarget.value)} />
      <TextInput
        label="Secret"
        description={old ? "16 characters or more; empty: it stays." : "What deliveries are signed with. Give it to the receiver now: it is not shown again."}
        autoComplete="off"
        value={secret}
        error={error("secret")}
        onChange={(event) => setSecret(event.currentTarget.value)}
      />
      <Checkbox.Group label="Is told of" value={types} error={error("types")} onChange={(next) => setTypes(next as Webhook["types"])}>
        <Stack gap="xs" mt="xs">
          {Object.entries(TYPES).map(([value, label]) => (
            <Checkbox key={value} value={value} label={label} />
          ))}
        </Stack>
      </Checkbox.Group>
      <Select label="Campaign" placeholder="All campaigns" clearable searchable clearButtonProps={{ "aria-label": "All campaigns" }} data={(campaigns.data ?? []).map((row) => ({ value: row.uuid, label: nameOf(row) }))} value={campaign} error={error("campaign")} onChange={setCampaign} />
      <Switch label="Switched on" description="Off: what happens meanwhile it is not told later." checked={enabled} onChange={(event) => setEnabled(event.currentTarget.checked)} />
    </ShortForm>
  );
}
