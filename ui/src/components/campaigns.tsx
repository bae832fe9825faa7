import { Button, Group, Menu, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { IconChevronDown, IconPhoneOff, IconPlayerPause, IconPlayerPlay, IconPlayerStop } from "@tabler/icons-react";
import { api, data, type Campaign, type Problem } from "../api/client";
import { useMay } from "../api/session";
import { Confirm } from "./Confirm";

type Way = "start" | "pause" | "stop" | "force-stop";

const DONE: Record<Way, string> = { start: "is starting", pause: "is pausing", stop: "is stopping", "force-stop": "hangs up its calls" };

function ask(id: string, way: Way) {
  const params = { params: { path: { id } } };
  switch (way) {
    case "start":
      return data(api.POST("/api/v1/campaigns/{id}/start", params));
    case "pause":
      return data(api.POST("/api/v1/campaigns/{id}/pause", params));
    case "stop":
      return data(api.POST("/api/v1/campaigns/{id}/stop", params));
    case "force-stop":
      return data(api.POST("/api/v1/campaigns/{id}/force-stop", params));
  }
}

/** Starts, pauses or stops a campaign; says what it lacks where the daemon refuses. */
export function useCampaignControl(campaign: Pick<Campaign, "uuid" | "name">) {
  const client = useQueryClient();
  const name = campaign.name ?? "The campaign";
  return useMutation({
    mutationFn: (way: Way) => ask(campaign.uuid, way),
    onSuccess: (row, way) => {
      client.setQueryData(["campaigns", campaign.uuid], row);
      void client.invalidateQueries({ queryKey: ["campaigns"] });
      void client.invalidateQueries({ queryKey: ["why"] });
      notifications.show({ color: "teal", message: `${name} ${DONE[way]}.` });
    },
    onError: (error: Error & { problem?: Partial<Problem> }, way) => {
      notifications.show({ color: "red", title: `${name} does not ${way.replace("-", " ")}`, message: error.message, autoClose: 10_000 });
    },
  });
}

const STARTABLE = ["stop", "pause"];
const PAUSABLE = ["start", "starting"];

/** Start, pause, stop and force-stop, as far as they make sense now and the role allows them. */
export function CampaignControls({ campaign, inFlight }: { campaign: Campaign; inFlight: number }) {
  const may = useMay("supervisor");
  const control = useCampaignControl(campaign);
  const [asking, { open, close }] = useDisclosure();
  if (!may) return null;
  const { status } = campaign;
  const busy = (way: Way) => control.isPending && control.variables === way;
  return (
    <Group gap="xs">
      {STARTABLE.includes(status) && (
        <Button color="teal.9" leftSection={<IconPlayerPlay size={17} />} loading={busy("start")} onClick={() => control.mutate("start")}>
          {status === "pause" ? "Go on" : "Start"}
        </Button>
      )}
      {PAUSABLE.includes(status) && (
        <Button
          variant="default"
          leftSection={<IconPlayerPause size={17} />}
          loading={busy("pause")}
          onClick={() => control.mutate("pause")}
        >
          Pause
        </Button>
      )}
      {status !== "stop" && (
        <Menu position="bottom-end" width={290}>
          <Menu.Target>
            <Button variant="default" rightSection={<IconChevronDown size={15} />} loading={busy("stop") || busy("force-stop")}>
              Stop
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item
              leftSection={<IconPlayerStop size={17} />}
              onClick={() => control.mutate("stop")}
              disabled={status === "stopping" || status === "force_stopping"}
            >
              <Text size="sm">Stop</Text>
              <Text size="xs" c="dimmed">
                No new calls; those in flight go on.
              </Text>
            </Menu.Item>
            <Menu.Item color="red" leftSection={<IconPhoneOff size={17} />} onClick={open} disabled={status === "force_stopping"}>
              <Text size="sm">Force-stop …</Text>
              <Text size="xs" c="dimmed">
                Every call of it is hung up.
              </Text>
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
      )}
      <Confirm
        opened={asking}
        title={`Hang up all calls of ${campaign.name ?? "this campaign"}?`}
        action="Hang up and stop"
        onClose={close}
        onConfirm={() => {
          close();
          control.mutate("force-stop");
        }}
      >
        <Stack gap={4}>
          <Text size="sm">
            {inFlight === 0
              ? "It has no calls at the moment."
              : `${inFlight} ${inFlight === 1 ? "call is" : "calls are"} in flight: customers and agents who talk are cut off.`}
          </Text>
          <Text size="sm" c="dimmed">
            Persons who wait for an agent count as abandoned. Stop alone lets calls end by themselves.
          </Text>
        </Stack>
      </Confirm>
    </Group>
  );
}
