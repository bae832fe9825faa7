import { ScrollArea, Tabs } from "@mantine/core";
import { IconHistory, IconInfoCircle, IconKey, IconServer, IconUsers, IconWebhook } from "@tabler/icons-react";
import { useEffect, useRef } from "react";
import { Navigate, useNavigate, useParams } from "react-router-dom";
import { useMay } from "../api/session";
import { Page } from "../components/Page";
import { About } from "../settings/About";
import { Asterisks } from "../settings/Asterisks";
import { Audit } from "../settings/Audit";
import { Tokens } from "../settings/Tokens";
import { Users } from "../settings/Users";
import { Webhooks } from "../settings/Webhooks";

const TABS = [
  { name: "asterisks", title: "Asterisk servers", icon: IconServer, admin: false, Content: Asterisks },
  { name: "users", title: "Users", icon: IconUsers, admin: true, Content: Users },
  { name: "tokens", title: "Tokens", icon: IconKey, admin: true, Content: Tokens },
  { name: "webhooks", title: "Webhooks", icon: IconWebhook, admin: true, Content: Webhooks },
  { name: "audit", title: "Audit log", icon: IconHistory, admin: true, Content: Audit },
  { name: "about", title: "About", icon: IconInfoCircle, admin: false, Content: About },
];

/** The servers, who may come in, what was done. Each has an address of its own. */
export function SettingsPage() {
  const { tab = "asterisks" } = useParams();
  const navigate = useNavigate();
  const isAdmin = useMay("admin");
  const tabs = TABS.filter(({ admin }) => isAdmin || !admin);
  const shown = tabs.find(({ name }) => name === tab);
  const tabList = useRef<HTMLDivElement>(null);
  // On a phone not all of them are in view.
  useEffect(() => tabList.current?.querySelector("[data-active]")?.scrollIntoView({ block: "nearest", inline: "center" }), [tab]);
  if (!shown) return <Navigate to="/settings" replace />;
  return (
    <Page title="Settings">
      <Tabs value={tab} onChange={(name) => name && navigate(`/settings/${name}`)} keepMounted={false}>
        <ScrollArea type="never" mb="lg" className="tabsaround">
          <Tabs.List className="tabs" ref={tabList}>
            {tabs.map(({ name, title, icon: Icon }) => (
              <Tabs.Tab key={name} value={name} leftSection={<Icon size={17} stroke={1.7} />}>
                {title}
              </Tabs.Tab>
            ))}
          </Tabs.List>
        </ScrollArea>
        <Tabs.Panel value={tab}>
          <shown.Content />
        </Tabs.Panel>
      </Tabs>
    </Page>
  );
}
