import { Button, Drawer, Group, SegmentedControl, Stack, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { IconSend } from "@tabler/icons-react";
import { useState } from "react";
import { api, type Delivery, type Webhook } from "../api/client";
import { Empty, Failed } from "../components/Empty";
import { time } from "../components/format";
import { Loading } from "../components/Loading";
import { More } from "../components/More";
import { Status } from "../components/Status";
import { deliveryState, TYPES, useDeliveries } from "./webhooks";

/** What a webhook was told, and what became of it. */
export function DeliveriesDrawer({ webhook, onClose }: { webhook: Webhook | null; onClose: () => void }) {
  return (
    <Drawer opened={webhook !== null} onClose={onClose} position="right" size="lg" title="Deliveries" closeButtonProps={{ "aria-label": "Close" }}>
      {webhook && <Deliveries webhook={webhook} />}
    </Drawer>
  );
}

const ALL = "all";
const STATES = [{ value: ALL, label: "All" }, ...Object.entries(deliveryState).map(([value, { word }]) => ({ value, label: word }))];

function Deliveries({ webhook }: { webhook: Webhook }) {
  const [state, setState] = useState(ALL);
  const deliveries = useDeliveries(webhook.id, state === ALL ? undefined : (state as Delivery["state"]));
  const rows = deliveries.data?.pages.flatMap(({ items }) => items);
  return (
    <Stack>
      <Text size="sm" c="dimmed" style={{ overflowWrap: "anywhere" }}>
        {webhook.url}
      </Text>
      <SegmentedControl aria-label="Deliveries that stand so" data={STATES} value={state} onChange={setState} />
      {deliveries.error && <Failed error={deliveries.error} again={() => void deliveries.refetch()} />}
      {!rows && !deliveries.error && <Loading />}
      {rows?.length === 0 && (
        <Empty icon={<IconSend size={26} />} title={state === ALL ? "It has been told nothing yet" : "None"}>
          {state === ALL && "Each call that ends from now on, or what else it is told of, stands here."}
        </Empty>
      )}
      {rows && rows.length > 0 && (
        <ul className="bare rows" aria-label="Deliveries">
          {rows.map((row) => (
            <li key={row.uuid}>
              <One webhook={webhook.id} row={row} />
            </li>
          ))}
        </ul>
      )}
      <More has={deliveries.hasNextPage} loading={deliveries.isFetchingNextPage} onMore={() => void deliveries.fetchNextPage()} />
    </Stack>
  );
}

function One({ webhook, row }: { webhook: string; row: Delivery }) {
  const client = useQueryClient();
  const retry = useMutation({
    mutationFn: () => api.POST("/api/v1/webhooks/{id}/deliveries/{delivery}/retry", { params: { path: { id: webhook, delivery: row.uuid } } }),
    onError: (error: Error) => notifications.show({ color: "red", title: "Not sent again", message: error.message }),
    onSettled: () => client.invalidateQueries({ queryKey: ["deliveries"] }),
  });
  const answer = row.error ?? (row.status === null ? null : `answered ${row.status}`);
  const facts = [time(row.begun), row.tries > 0 && (row.tries === 1 ? "1 try" : `${row.tries} tries`), answer, row.state === "waiting" && row.due && `next at ${time(row.due)}`];
  return (
    <Group justify="space-between" wrap="nowrap" gap="xs">
      <div>
        <Group gap="xs">
          <Text size="sm" fw={600}>
            {TYPES[row.type]}
          </Text>
          <Status {...deliveryState[row.state]} />
        </Group>
        <Text size="sm" c="dimmed" className="numbers" mt={2} style={{ overflowWrap: "anywhere" }}>
          {facts.filter(Boolean).join(" · ")}
        </Text>
      </div>
      {row.state !== "done" && (
        <Button size="compact-sm" variant="default" flex="none" loading={retry.isPending} onClick={() => retry.mutate()} aria-label={`Send again what began at ${time(row.begun)}`}>
          Send again
        </Button>
      )}
    </Group>
  );
}
