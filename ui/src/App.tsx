import { Navigate, Route, Routes } from "react-router-dom";
import { LiveProvider } from "./api/live";
import { useSession } from "./api/session";
import { Layout } from "./components/Layout";
import { Loading } from "./components/Loading";
import { NewCampaign } from "./components/NewCampaign";
import { AgentsPage } from "./pages/Agents";
import { EditRowPage, NewRowPage } from "./pages/EditRow";
import { CampaignPage } from "./pages/Campaign";
import { ImportPage } from "./pages/Import";
import { ListPage } from "./pages/List";
import { ListsPage } from "./pages/Lists";
import { NewPasswordPage } from "./pages/NewPassword";
import { NotFoundPage } from "./pages/NotFound";
import { OverviewPage } from "./pages/Overview";
import { ResultsPage } from "./pages/Results";
import { DestinationsPage, PlansPage } from "./pages/Rows";
import { SettingsPage } from "./pages/Settings";
import { SignInPage } from "./pages/SignIn";

/** Who is not signed in sees the sign-in page at every address, and is where he wanted to go when he has signed in. */
export function App() {
  const { session } = useSession();
  if (session === undefined) return <Loading />;
  if (session === null) return <SignInPage />;
  if (session.must_change_password) return <NewPasswordPage />;
  return (
    <LiveProvider>
      <Layout>
        <Routes>
          <Route path="/" element={<OverviewPage actions={<NewCampaign />} />} />
          <Route path="/campaigns" element={<Navigate to="/" replace />} />
          <Route path="/campaigns/new" element={<NewRowPage kind="campaigns" />} />
          <Route path="/campaigns/:id/edit" element={<EditRowPage kind="campaigns" />} />
          <Route path="/plans" element={<PlansPage />} />
          <Route path="/plans/new" element={<NewRowPage kind="plans" />} />
          <Route path="/plans/:id" element={<EditRowPage kind="plans" />} />
          <Route path="/destinations" element={<DestinationsPage />} />
          <Route path="/destinations/new" element={<NewRowPage kind="destinations" />} />
          <Route path="/destinations/:id" element={<EditRowPage kind="destinations" />} />
          <Route path="/campaigns/:id" element={<CampaignPage />} />
          <Route path="/agents" element={<AgentsPage />} />
          <Route path="/lists" element={<ListsPage />} />
          <Route path="/lists/:id/import" element={<ImportPage />} />
          <Route path="/lists/:id" element={<ListPage />} />
          <Route path="/results" element={<ResultsPage />} />
          <Route path="/settings/:tab?" element={<SettingsPage />} />
          <Route path="*" element={<NotFoundPage />} />
        </Routes>
      </Layout>
    </LiveProvider>
  );
}
