import { Alert, Button, Center, Stack, Text, ThemeIcon, Title } from "@mantine/core";
import { IconAlertTriangle, IconLock } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useSession } from "../api/session";

/** Nothing is here: says so, and what to do next. */
export function Empty({ icon, title, children, action }: { icon: ReactNode; title: string; children?: ReactNode; action?: ReactNode }) {
  return (
    <Center py={48} px="md">
      <Stack align="center" gap="xs" maw={420} ta="center">
        <ThemeIcon size={52} radius="xl" variant="light" aria-hidden>
          {icon}
        </ThemeIcon>
        <Title order={2} mt={4}>
          {title}
        </Title>
        {children && (
          <Text c="dimmed" size="sm" component="div">
            {children}
          </Text>
        )}
        {action}
      </Stack>
    </Center>
  );
}

/** Who came to the address of a page that is not for his role. */
export function MayNot({ what }: { what: string }) {
  const role = useSession().session?.role;
  return (
    <Empty icon={<IconLock size={26} />} title={`Your role may not ${what}`}>
      You are signed in as {role}. Supervisors and admins may: ask an admin for that role.
    </Empty>
  );
}

/** What could not be read, with the daemon's own words. */
export function Failed({ error, again }: { error: Error; again?: () => void }) {
  return (
    <Alert color="red" variant="light" icon={<IconAlertTriangle size={18} />} title="This could not be read" role="alert">
      <Stack gap="xs" align="flex-start">
        <Text size="sm">{error.message}</Text>
        {again && (
          <Button size="xs" variant="default" onClick={again}>
            Try again
          </Button>
        )}
      </Stack>
    </Alert>
  );
}
