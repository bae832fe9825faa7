// Each place as it looks at a desk and on a phone, by day and by night, with names that are long: nothing is wider than the window, and all that
// is operated has a name. The pictures are for people.

import { type Daemon, expect, fits, isNamed, keep, signIn, startDemo, test } from "./daemon";

const LONG = "Spring customers of the northern region, second wave";

test.describe("each place", () => {
  let daemon: Daemon;
  test.beforeAll(async () => {
    daemon = await startDemo("--customers", "300", "--agents", "12");
  });
  test.afterAll(() => daemon.kill());

  for (const scheme of ["light", "dark"] as const) {
    test(`fits into the window, ${scheme}`, async ({ page }) => {
      await page.emulateMedia({ colorScheme: scheme });
      const look = async (name: string) => {
        for (const [width, height] of [[1440, 900], [390, 844]] as const) {
          await page.setViewportSize({ width, height });
          await fits(page);
          await keep(page, `${name}-${width}-${scheme}`);
        }
      };
      await page.goto(daemon.url);
      await expect(page.getByRole("button", { name: "Sign in" })).toBeVisible();
      await look("sign-in");
      await page.setViewportSize({ width: 1440, height: 900 });
      await signIn(page, daemon.url);
      const make = async (path: string, body: object): Promise<string> => {
        const made = await page.request.post(`${daemon.url}/api/v1/${path}`, { data: body, headers: { "X-Requested-With": "test" } });
        expect(made.status()).toBe(201);
        return (await made.json()).uuid;
      };
      const list = await make("dial-lists", { name: `${LONG} (${scheme})` });
      await make("leads", { dial_list: list, name: "A customer with a long name GmbH & Co. KG", ukey: "K-1", numbers: ["+4930555001", "+49170555001"] });
      await make("campaigns", { name: `Sale, ${LONG} (${scheme})`, dial_list: list });
      const { items } = await (await page.request.get(`${daemon.url}/api/v1/campaigns?name=Demo%20campaign`)).json();
      const places = {
        overview: "/",
        campaign: `/campaigns/${items[0].uuid}`,
        agents: "/agents",
        lists: "/lists",
        list: `/lists/${list}`,
        "new-import": `/lists/${list}/import`,
        plans: "/plans",
        "plan-form": "/plans/new",
        "campaign-form": "/campaigns/new",
        "destination-form": "/destinations/new",
        results: "/results",
        settings: "/settings",
        users: "/settings/users",
        tokens: "/settings/tokens",
        webhooks: "/settings/webhooks",
        audit: "/settings/audit",
      };
      for (const [name, place] of Object.entries(places)) {
        await page.setViewportSize({ width: 1440, height: 900 });
        await page.goto(daemon.url + place);
        await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
        await expect(page.locator(".mantine-Skeleton-root, .mantine-Loader-root")).toHaveCount(0);
        await isNamed(page);
        await look(name);
      }
    });
  }
});
