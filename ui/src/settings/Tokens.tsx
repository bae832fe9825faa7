import { Alert, Button, Code, CopyButton, Group, Menu, Modal, NumberInput, Stack, Text, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { IconCheck, IconCopy, IconKey, IconPlus, IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import { api, data } from "../api/client";
import { Empty, Failed } from "../components/Empty";
import { time } from "../components/format";
import { Loading } from "../components/Loading";
import { RowMenu } from "../components/RowMenu";
import { RowTable, type Column } from "../components/RowTable";
import { ShortForm } from "../components/ShortForm";
import { useDelete } from "../components/useDelete";
import { errorOf, roleWord, useTokens, type Role } from "./people";
import { RoleSelect } from "./Users";

type Token = NonNullable<ReturnType<typeof useTokens>["data"]>[number];

/** What programs come in with. */
export function Tokens() {
  const tokens = useTokens();
  const [making, make] = useState(false);
  const deletion = useDelete<Token>({
    one: "token",
    nameOf: ({ name }) => name,
    remove: ({ id }) => api.DELETE("/api/v1/tokens/{id}", { params: { path: { id } } }),
    stale: "tokens",
    warning: () => "Programs that use it are refused at once.",
  });
  const columns: Column<Token>[] = [
    {
      title: "Name",
      show: ({ name }) => (
        <Text size="sm" fw={600}>
          {name}
        </Text>
      ),
    },
    { title: "Role", show: ({ role }) => roleWord(role) },
    { title: "Created", aside: true, show: ({ created_at }) => time(created_at) },
    { title: "Good until", show: ({ expires_at }) => (expires_at ? time(expires_at) : "it is deleted") },
    { title: "Last used", aside: true, show: ({ last_used_at }) => (last_used_at ? time(last_used_at) : "never") },
  ];
  if (tokens.error) return <Failed error={tokens.error} again={() => void tokens.refetch()} />;
  if (!tokens.data) return <Loading />;
  const create = (
    <Button leftSection={<IconPlus size={17} />} onClick={() => make(true)}>
      New token
    </Button>
  );
  return (
    <Stack>
      <Group justify="space-between">
        <Text size="sm" c="dimmed" maw={620}>
          Programs send a token in each request: Authorization: Bearer obt_… It is shown once, when it is made.
        </Text>
        {tokens.data.length > 0 && create}
      </Group>
      {tokens.data.length === 0 ? (
        <Empty icon={<IconKey size={28} />} title="No tokens" action={create}>
          A program that uses the HTTP API needs one.
        </Empty>
      ) : (
        <RowTable
          label="Tokens"
          rows={tokens.data}
          columns={columns}
          keyOf={({ id }) => id}
          minWidth={680}
          actions={(token) => (
            <RowMenu label={`Actions of ${token.name}`}>
              <Menu.Item color="red" leftSection={<IconTrash size={16} />} onClick={() => deletion.ask(token)}>
                Delete …
              </Menu.Item>
            </RowMenu>
          )}
        />
      )}
      <Modal opened={making} onClose={() => make(false)} title="New token" closeOnClickOutside={false} closeButtonProps={{ "aria-label": "Close" }}>
        {making && <TokenForm onDone={() => make(false)} />}
      </Modal>
      {deletion.dialog}
    </Stack>
  );
}

const FIELDS = ["name", "role", "expires_in_days"];

function TokenForm({ onDone }: { onDone: () => void }) {
  const [name, setName] = useState("");
  const [role, setRole] = useState<Role>("viewer");
  const [days, setDays] = useState<number | undefined>(365);
  const client = useQueryClient();
  const creation = useMutation({
    mutationFn: () => data(api.POST("/api/v1/tokens", { body: { name, role, expires_in_days: days ?? 365 } })),
    onSuccess: () => void client.invalidateQueries({ queryKey: ["tokens"] }),
  });
  if (creation.data) return <Made token={(creation.data as { token: string }).token} onDone={onDone} />;
  const error = (field: string) => errorOf(creation.error, field, FIELDS);
  return (
    <ShortForm error={error("")} busy={creation.isPending} submit="Create token" onSubmit={creation.mutate} onCancel={onDone}>
      <TextInput label="Name" description="What uses it: small letters, digits and . - _ @" autoComplete="off" data-autofocus value={name} error={error("name")} onChange={(event) => setName(event.currentTarget.value)} />
      <RoleSelect value={role} error={error("role")} onChange={setRole} />
      <NumberInput label="Good for" description="1 to 3,650 days." suffix=" days" min={1} max={3650} allowDecimal={false} value={days} error={error("expires_in_days")} onChange={(next) => setDays(typeof next === "number" ? next : undefined)} />
    </ShortForm>
  );
}

/** A token, this once. */
function Made({ token, onDone }: { token: string; onDone: () => void }) {
  return (
    <Stack>
      <Alert color="orange" variant="light" icon={<IconKey size={18} />} title="Copy it now">
        It is kept as a hash only, and cannot be shown again.
      </Alert>
      <Code block aria-label="The token" className="token">
        {token}
      </Code>
      <Group justify="flex-end" gap="xs">
        {window.isSecureContext && (
          <CopyButton value={token}>
            {({ copied, copy }) => (
              <Button variant="light" onClick={copy} leftSection={copied ? <IconCheck size={17} /> : <IconCopy size={17} />} data-autofocus>
                {copied ? "Copied" : "Copy"}
              </Button>
            )}
          </CopyButton>
        )}
        <Button onClick={onDone}>Done</Button>
      </Group>
    </Stack>
  );
}
