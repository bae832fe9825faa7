import "@mantine/core/styles.css";
import "@mantine/notifications/styles.css";
import "./style.css";
import "./forms.css";

import { MantineProvider } from "@mantine/core";
import { Notifications } from "@mantine/notifications";
import { QueryClientProvider } from "@tanstack/react-query";
import { setNonce } from "get-nonce";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { createBrowserRouter, RouterProvider } from "react-router-dom";
import { queries } from "./api/queries";
import { SessionProvider } from "./api/session";
import { App } from "./App";
import { theme } from "./theme";

/** The daemon's word, with each page, that a style made here is ours. */
const nonce = () => document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? "";

// What keeps the page still behind a dialog makes a style of its own.
setNonce(nonce());

/** One route for all places, which are in App: a router that knows of loading is one that can ask before a form is left. */
const router = createBrowserRouter(
  [
    {
      path: "*",
      element: (
        <SessionProvider>
          <App />
        </SessionProvider>
      ),
    },
  ],
  { future: { v7_relativeSplatPath: true } },
);

const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <MantineProvider theme={theme} defaultColorScheme="auto" getStyleNonce={nonce}>
        <Notifications position="bottom-right" limit={4} />
        <QueryClientProvider client={queries}>
          <RouterProvider router={router} future={{ v7_startTransition: true }} />
        </QueryClientProvider>
      </MantineProvider>
    </StrictMode>,
  );
}
