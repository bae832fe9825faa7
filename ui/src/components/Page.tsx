import { Box, Group, Text, Title } from "@mantine/core";
import { useEffect, type ReactNode } from "react";
import { Link } from "react-router-dom";

interface Props {
  title: string;
  /** Behind the title: a status. */
  beside?: ReactNode;
  /** Under the title, in one line. */
  about?: ReactNode;
  /** Buttons, at the right. */
  actions?: ReactNode;
  /** The pages above this one. */
  above?: { to: string; title: string };
  children: ReactNode;
}

/** A page: its title (also of the window), its actions, its content. */
export function Page({ title, beside, about, actions, above, children }: Props) {
  useEffect(() => {
    document.title = `${title} · Asterisk-outbound`;
  }, [title]);
  return (
    <Box maw={1400} mx="auto">
      {above && (
        <Text component={Link} to={above.to} size="sm" c="dimmed" mb={4} display="block" truncate className="plain">
          {above.title}
        </Text>
      )}
      <Group justify="space-between" align="flex-start" mb="lg" gap="sm">
        <Box miw={0}>
          <Group gap="sm">
            <Title order={1}>{title}</Title>
            {beside}
          </Group>
          {about && (
            <Text c="dimmed" size="sm" mt={2} component="div">
              {about}
            </Text>
          )}
        </Box>
        {actions && <Group gap="xs">{actions}</Group>}
      </Group>
      {children}
    </Box>
  );
}
