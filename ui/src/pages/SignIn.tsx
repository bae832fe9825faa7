import { Alert, Button, Card, Center, Group, PasswordInput, Stack, Text, TextInput, Title } from "@mantine/core";
import { IconAlertCircle } from "@tabler/icons-react";
import { useEffect, useState, type FormEvent } from "react";
import { ApiError } from "../api/client";
import { useSession } from "../api/session";
import { Logo } from "../components/Logo";

/** In words that help: the daemon says the same for a wrong name and a wrong password. */
function words(error: unknown): string {
  if (!(error instanceof ApiError)) return String(error);
  if (error.status === 401) return "That name and password do not go together.";
  return error.message;
}

export function SignInPage() {
  const { signIn } = useSession();
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  useEffect(() => {
    document.title = "Sign in · Asterisk-outbound";
  }, []);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      await signIn(name.trim(), password);
    } catch (caught) {
      setError(words(caught));
      setBusy(false);
    }
  };
  return (
    <Center component="main" mih="100vh" p="md">
      <Stack w="100%" maw={380} gap="lg">
        <Group gap="sm" justify="center">
          <Logo size={40} />
          <Text fw={700} fz={22} lts={-0.4}>
            Asterisk-outbound
          </Text>
        </Group>
        <Card padding="xl" shadow="sm">
          <form onSubmit={(event) => void submit(event)}>
            <Stack gap="md">
              <Title order={1} fz="lg">
                Sign in
              </Title>
              {error && (
                <Alert color="red" variant="light" icon={<IconAlertCircle size={18} />} role="alert">
                  {error}
                </Alert>
              )}
              <TextInput
                label="Name"
                name="username"
                autoComplete="username"
                autoCapitalize="none"
                spellCheck={false}
                required
                withAsterisk={false}
                autoFocus
                value={name}
                onChange={(event) => setName(event.currentTarget.value)}
              />
              <PasswordInput
                label="Password"
                name="password"
                autoComplete="current-password"
                required
                withAsterisk={false}
                value={password}
                onChange={(event) => setPassword(event.currentTarget.value)}
              />
              <Button type="submit" loading={busy} fullWidth mt={4}>
                Sign in
              </Button>
            </Stack>
          </form>
        </Card>
        <Text size="sm" c="dimmed" ta="center">
          The first start of the daemon printed a password for admin. In the demo it stands in the terminal.
        </Text>
      </Stack>
    </Center>
  );
}
