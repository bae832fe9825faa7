import { Badge, Button, Group, Menu, Modal, PasswordInput, Select, Stack, Switch, Text, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { IconKey, IconPlus, IconTrash, IconUserCog } from "@tabler/icons-react";
import { useState } from "react";
import { api } from "../api/client";
import { useSession } from "../api/session";
import { Failed } from "../components/Empty";
import { time } from "../components/format";
import { Loading } from "../components/Loading";
import { RowMenu } from "../components/RowMenu";
import { RowTable, type Column } from "../components/RowTable";
import { ShortForm } from "../components/ShortForm";
import { useDelete } from "../components/useDelete";
import { errorOf, ROLES, roleWord, useUsers, type Role } from "./people";

type User = NonNullable<ReturnType<typeof useUsers>["data"]>[number];
type Asked = { what: "create" } | { what: "role" | "password"; user: User };

/** Who may come in, and as what. */
export function Users() {
  const users = useUsers();
  const own = useSession().session?.name;
  const [asked, ask] = useState<Asked | null>(null);
  const deletion = useDelete<User>({
    one: "user",
    nameOf: ({ name }) => name,
    remove: ({ name }) => api.DELETE("/api/v1/users/{name}", { params: { path: { name } } }),
    stale: "users",
    warning: ({ name }) => `${name} is signed out at once, and cannot come in any more. The audit log keeps what was done under this name.`,
  });
  const columns: Column<User>[] = [
    {
      title: "Name",
      show: ({ name }) => (
        <Group gap="xs" wrap="nowrap">
          <Text size="sm" fw={600}>
            {name}
          </Text>
          {name === own && <Badge color="gray">you</Badge>}
        </Group>
      ),
    },
    { title: "Role", show: ({ role }) => roleWord(role) },
    { title: "Password", aside: true, show: ({ must_change_password }) => (must_change_password ? "to be changed at the next sign-in" : "own") },
    { title: "Created", aside: true, show: ({ created_at }) => time(created_at) },
  ];
  if (users.error) return <Failed error={users.error} again={() => void users.refetch()} />;
  if (!users.data) return <Loading />;
  return (
    <Stack>
      <Group justify="space-between">
        <Text size="sm" c="dimmed" maw={620}>
          People sign in here with name and password. A role counts at once; the last admin stays one.
        </Text>
        <Button leftSection={<IconPlus size={17} />} onClick={() => ask({ what: "create" })}>
          New user
        </Button>
      </Group>
      <RowTable
        label="Users"
        rows={users.data}
        columns={columns}
        keyOf={({ name }) => name}
        actions={(user) => (
          <RowMenu label={`Actions of ${user.name}`}>
            <Menu.Item leftSection={<IconUserCog size={16} />} onClick={() => ask({ what: "role", user })}>
              Change the role …
            </Menu.Item>
            {user.name !== own && (
              <Menu.Item leftSection={<IconKey size={16} />} onClick={() => ask({ what: "password", user })}>
                Set a password …
              </Menu.Item>
            )}
            <Menu.Item color="red" leftSection={<IconTrash size={16} />} onClick={() => deletion.ask(user)}>
              Delete …
            </Menu.Item>
          </RowMenu>
        )}
      />
      <Modal opened={asked !== null} onClose={() => ask(null)} title={titleOf(asked)} closeButtonProps={{ "aria-label": "Close" }}>
        {asked && <UserForm asked={asked} onDone={() => ask(null)} />}
      </Modal>
      {deletion.dialog}
    </Stack>
  );
}

function titleOf(asked: Asked | null): string {
  if (asked === null) return "";
  if (asked.what === "create") return "New user";
  return asked.what === "role" ? `The role of ${asked.user.name}` : `A password for ${asked.user.name}`;
}

interface Given {
  name: string;
  role: Role;
  password: string;
  must_change_password: boolean;
}

async function send(asked: Asked, { name, role, password, must_change_password }: Given): Promise<unknown> {
  if (asked.what === "create") return api.POST("/api/v1/users", { body: { name, role, password, must_change_password } });
  const params = { path: { name: asked.user.name } };
  if (asked.what === "role") return api.PATCH("/api/v1/users/{name}", { params, body: { role } });
  return api.POST("/api/v1/users/{name}/password", { params, body: { password, must_change_password } });
}

const FIELDS = ["name", "role", "password"];

function UserForm({ asked, onDone }: { asked: Asked; onDone: () => void }) {
  const user = asked.what === "create" ? undefined : asked.user;
  const [given, setGiven] = useState<Given>({ name: user?.name ?? "", role: user?.role ?? "supervisor", password: "", must_change_password: true });
  const set = (part: Partial<Given>) => setGiven({ ...given, ...part });
  const client = useQueryClient();
  const change = useMutation({
    mutationFn: () => send(asked, given),
    onSuccess: () => {
      notifications.show({ color: "teal", message: asked.what === "create" ? `${given.name} is created.` : `${given.name} is changed.` });
      void client.invalidateQueries({ queryKey: ["users"] });
      onDone();
    },
  });
  const error = (field: string) => errorOf(change.error, field, FIELDS);
  return (
    <ShortForm error={error("")} busy={change.isPending} submit={asked.what === "create" ? "Create user" : "Save"} onSubmit={change.mutate} onCancel={onDone}>
      {asked.what === "create" && <TextInput label="Name" description="Small letters, digits and . - _ @" autoComplete="off" data-autofocus value={given.name} error={error("name")} onChange={(event) => set({ name: event.currentTarget.value })} />}
      {asked.what !== "password" && <RoleSelect value={given.role} error={error("role")} onChange={(role) => set({ role })} />}
      {asked.what !== "role" && (
        <>
          <PasswordInput label="Password" description="10 characters or more, and not the name." autoComplete="new-password" value={given.password} error={error("password")} onChange={(event) => set({ password: event.currentTarget.value })} />
          <Switch label="Must be changed at the first sign-in" checked={given.must_change_password} onChange={(event) => set({ must_change_password: event.currentTarget.checked })} />
        </>
      )}
    </ShortForm>
  );
}

/** A role, with what it may. */
export function RoleSelect({ value, onChange, error }: { value: Role; onChange: (role: Role) => void; error?: string }) {
  return (
    <Select
      label="Role"
      description={ROLES.find((role) => role.value === value)?.about}
      data={ROLES.map(({ value: role, label }) => ({ value: role, label }))}
      value={value}
      error={error}
      allowDeselect={false}
      onChange={(role) => role && onChange(role as Role)}
    />
  );
}
