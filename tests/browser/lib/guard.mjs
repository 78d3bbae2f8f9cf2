// What must hold on every page, whoever opens it: no request to another host, a strict content security policy,
// no error in the console, nothing that runs off the side, nothing that locks people out.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { readFile } from "node:fs/promises";

const axeSource = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
/** WCAG 2.2 AA, as axe names its parts. */
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** Watches every page of a context; `broken` fills with what must not happen. */
export async function guard(context, home) {
  const broken = [];
  const own = new URL(home).host;
  await context.route("**/*", (route) => {
    const url = new URL(route.request().url());
    if (url.host === own || url.protocol === "data:") return route.continue();
    broken.push(`request to another host: ${url.href}`);
    return route.abort();
  });
  context.on("response", async (response) => {
    const kind = response.headers()["content-type"] ?? "";
    if (!kind.startsWith("text/html")) return;
    const policy = response.headers()["content-security-policy"] ?? "";
    if (!/default-src '(none|self)'/.test(policy)) broken.push(`no strict policy on ${response.url()}: ${policy}`);
    if (/unsafe-|\*/.test(policy)) broken.push(`a policy with holes on ${response.url()}: ${policy}`);
  });
  context.on("console", (message) => {
    if (message.type() === "error") broken.push(`console on ${message.page()?.url()}: ${message.text()}`);
  });
  context.on("weberror", (error) => broken.push(`script error: ${error.error().message}`));
  return broken;
}

/** Fails on violations that keep people from using the page. Runs in the developer tools' world: the page's policy stays as it is. */
export async function accessible(page) {
  await page.evaluate(axeSource);
  const result = await page.evaluate(
    (rules) => globalThis.axe.run(document, { runOnly: { type: "tag", values: rules }, resultTypes: ["violations"] }),
    RULES,
  );
  const serious = result.violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  const told = serious.map(({ id, help, nodes }) => `${id}: ${help}\n    ${nodes.map((node) => node.html).join("\n    ")}`);
  assert.equal(told.length, 0, `${page.url()}\n  ${told.join("\n  ")}`);
}

/** Fails if the page is wider than the window: tables scroll in their own box, the page does not. */
export async function fits(page) {
  const { wide, window_width } = await page.evaluate(() => ({
    wide: document.documentElement.scrollWidth,
    window_width: globalThis.innerWidth,
  }));
  assert.ok(wide <= window_width, `${page.url()} is ${wide} px wide in a window of ${window_width} px`);
}
