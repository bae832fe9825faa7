import { Page } from "../components/Page";

export function ListsPage() {
  return <Page title="Lists">{null}</Page>;
}
