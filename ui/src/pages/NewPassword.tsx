import { Alert, Button, Card, Center, PasswordInput, Stack, Text, Title } from "@mantine/core";
import { IconAlertCircle } from "@tabler/icons-react";
import { useEffect, useState, type FormEvent } from "react";
import { ApiError } from "../api/client";
import { useSession } from "../api/session";

/** Where a password was good for one sign-in only. */
export function NewPasswordPage() {
  const { session, setPassword, signOut } = useSession();
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  const [again, setAgain] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<{ field?: string; text: string } | null>(null);
  useEffect(() => {
    document.title = "A password of your own · Asterisk-outbound";
  }, []);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (next !== again) return setError({ field: "again", text: "The two are not the same." });
    setBusy(true);
    setError(null);
    try {
      await setPassword(current, next);
    } catch (caught) {
      const field = caught instanceof ApiError ? caught.field : undefined;
      const expected = caught instanceof ApiError ? caught.problem.expected : undefined;
      setError({ field, text: expected ? `Expected: ${expected}.` : caught instanceof Error ? caught.message : String(caught) });
      setBusy(false);
    }
  };
  const of = (field: string) => (error?.field === field ? error.text : undefined);
  return (
    <Center component="main" mih="100vh" p="md">
      <Card padding="xl" shadow="sm" w="100%" maw={420}>
        <form onSubmit={(event) => void submit(event)}>
          <Stack gap="md">
            <div>
              <Title order={1} fz="lg">
                A password of your own
              </Title>
              <Text size="sm" c="dimmed" mt={4}>
                {session?.name}, the password that you came in with was good for one sign-in. Choose one that only you know.
              </Text>
            </div>
            {error && !["current_password", "password", "again"].includes(error.field ?? "") && (
              <Alert color="red" variant="light" icon={<IconAlertCircle size={18} />} role="alert">
                {error.text}
              </Alert>
            )}
            <input type="text" name="username" autoComplete="username" value={session?.name ?? ""} readOnly hidden />
            <PasswordInput
              label="The password that you came in with"
              autoComplete="current-password"
              required
              withAsterisk={false}
              value={current}
              error={of("current_password")}
              onChange={(event) => setCurrent(event.currentTarget.value)}
            />
            <PasswordInput
              label="Your new password"
              description="10 characters or more, and not your name."
              autoComplete="new-password"
              required
              withAsterisk={false}
              minLength={10}
              value={next}
              error={of("password")}
              onChange={(event) => setNext(event.currentTarget.value)}
            />
            <PasswordInput
              label="Your new password again"
              autoComplete="new-password"
              required
              withAsterisk={false}
              value={again}
              error={of("again")}
              onChange={(event) => setAgain(event.currentTarget.value)}
            />
            <Button type="submit" loading={busy} fullWidth>
              Set the password
            </Button>
            <Button variant="subtle" color="gray" size="compact-sm" onClick={() => void signOut()}>
              Sign out
            </Button>
          </Stack>
        </form>
      </Card>
    </Center>
  );
}
