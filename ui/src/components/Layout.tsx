import { ActionIcon, Anchor, AppShell, Avatar, Box, Burger, Group, Menu, NavLink, ScrollArea, Text, Tooltip, UnstyledButton, useComputedColorScheme, useMantineColorScheme } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { notifications } from "@mantine/notifications";
import { IconAddressBook, IconAdjustments, IconArrowForwardUp, IconBook2, IconHeadset, IconLayoutDashboard, IconLogout, IconMoon, IconSearch, IconSettings, IconSun } from "@tabler/icons-react";
import { useEffect, type ReactNode } from "react";
import { Link, useLocation } from "react-router-dom";
import { useSession } from "../api/session";
import { LinkState, LostBanner } from "./Connection";
import { Logo } from "./Logo";

/** The places of the page. */
const PLACES = [
  { to: "/", label: "Overview", icon: IconLayoutDashboard, also: ["/campaigns"] },
  { to: "/agents", label: "Agents", icon: IconHeadset },
  { to: "/lists", label: "Lists", icon: IconAddressBook },
  { to: "/plans", label: "Plans", icon: IconAdjustments },
  { to: "/destinations", label: "Destinations", icon: IconArrowForwardUp },
  { to: "/results", label: "Results", icon: IconSearch },
  { to: "/settings", label: "Settings", icon: IconSettings },
];

function isAt(path: string, place: (typeof PLACES)[number]): boolean {
  if (place.to === "/") return path === "/" || (place.also?.some((also) => path.startsWith(also)) ?? false);
  return path === place.to || path.startsWith(`${place.to}/`);
}

/** What is around every page: navigation, who is signed in, light or dark, how fresh the figures are. */
export function Layout({ children }: { children: ReactNode }) {
  const [open, { toggle, close }] = useDisclosure();
  const { pathname } = useLocation();
  useEffect(close, [pathname, close]);
  return (
    <AppShell header={{ height: 56 }} navbar={{ width: 220, breakpoint: "sm", collapsed: { mobile: !open } }} padding={{ base: "md", sm: "xl" }}>
      <a href="#content" className="skip">
        Skip to the content
      </a>
      <AppShell.Header>
        <Group h="100%" px="md" justify="space-between" wrap="nowrap">
          <Group gap="sm" wrap="nowrap">
            <Burger opened={open} onClick={toggle} hiddenFrom="sm" size="sm" aria-label={open ? "Close the navigation" : "Open the navigation"} aria-expanded={open} aria-controls="navigation" />
            <UnstyledButton component={Link} to="/" aria-label="Asterisk-outbound, overview">
              <Group gap={10} wrap="nowrap">
                <Logo />
                <Text fw={700} lts={-0.2} visibleFrom="xs">
                  Asterisk-outbound
                </Text>
              </Group>
            </UnstyledButton>
          </Group>
          <Group gap="xs" wrap="nowrap">
            <LinkState />
            <SchemeButton />
            <UserMenu />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="sm" id="navigation" aria-label="Main">
        <AppShell.Section grow component={ScrollArea}>
          {PLACES.map((place) => (
            <NavLink
              key={place.to}
              component={Link}
              to={place.to}
              label={place.label}
              leftSection={<place.icon size={20} stroke={1.7} />}
              active={isAt(pathname, place)}
              aria-current={isAt(pathname, place) ? "page" : undefined}
              variant="light"
              mb={4}
              fw={500}
              className="place"
            />
          ))}
        </AppShell.Section>
        <AppShell.Section px="sm" pb={4}>
          <Anchor href="/api/docs" target="_blank" rel="noreferrer" size="sm" c="dimmed">
            <Group gap={6} component="span">
              <IconBook2 size={16} /> HTTP API
            </Group>
          </Anchor>
        </AppShell.Section>
      </AppShell.Navbar>
      <AppShell.Main id="content" tabIndex={-1}>
        <LostBanner />
        <Box>{children}</Box>
      </AppShell.Main>
    </AppShell>
  );
}

/** Light or dark. */
export function SchemeButton() {
  const { setColorScheme } = useMantineColorScheme();
  const dark = useComputedColorScheme("light", { getInitialValueInEffect: false }) === "dark";
  const label = dark ? "Switch to light" : "Switch to dark";
  return (
    <Tooltip label={label}>
      <ActionIcon variant="subtle" color="gray" size="lg" aria-label={label} onClick={() => setColorScheme(dark ? "light" : "dark")}>
        {dark ? <IconSun size={20} stroke={1.7} /> : <IconMoon size={20} stroke={1.7} />}
      </ActionIcon>
    </Tooltip>
  );
}

function UserMenu() {
  const { session, signOut } = useSession();
  if (!session) return null;
  const leave = () => signOut().catch((error: Error) => notifications.show({ color: "red", title: "Not signed out", message: error.message }));
  return (
    <Menu position="bottom-end" width={200} withArrow>
      <Menu.Target>
        <UnstyledButton aria-label={`Signed in as ${session.name}, ${session.role}`}>
          <Avatar radius="xl" size={34} color="sea" name={session.name} />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          {session.name}, {session.role}
        </Menu.Label>
        <Menu.Item leftSection={<IconLogout size={16} />} onClick={() => void leave()}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
