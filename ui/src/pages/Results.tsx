import { Page } from "../components/Page";

export function ResultsPage() {
  return <Page title="Results">{null}</Page>;
}
