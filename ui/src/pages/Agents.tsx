import { Page } from "../components/Page";

export function AgentsPage() {
  return <Page title="Agents">{null}</Page>;
}
