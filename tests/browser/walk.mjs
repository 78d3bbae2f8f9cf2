// The main job, as a person does it: sign in, find a record, change it, read its history, see everything held about a
// person, erase the person, keep the certificate. Once with and once without JavaScript; then pictures at three widths.
import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";
import { api } from "./lib/api.mjs";
import { startDemo } from "./lib/demo.mjs";
import { accessible, fits, guard } from "./lib/guard.mjs";

const program = process.env.OBHUT_BIN ?? assert.fail("OBHUT_BIN names the program");
const pictures = process.env.OBHUT_SCREENSHOTS ?? join(tmpdir(), "obhut-screenshots");
const WIDTHS = [
  { width: 1440, height: 900 },
  { width: 768, height: 1024 },
  { width: 390, height: 844 },
];
/** A page of a build for tests on a busy machine. */
const PAGE_LIMIT_MS = 20_000;

let demo, browser, profile, tenant, caller;

before(async () => {
  demo = await startDemo(program);
  profile = await mkdtemp(join(tmpdir(), "obhut-chromium-"));
  browser = await chromium.launch({
    executablePath: process.env.OBHUT_CHROMIUM ?? "/usr/bin/chromium",
    // Without a sandbox, because tests may run as root; quiet, so that every request seen is the pages' own.
    args: [
      "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
      "--disable-background-networking", "--disable-component-update", "--disable-sync", `--crash-dumps-dir=${profile}`,
    ],
  });
  tenant = await withModule("order");
  caller = api(demo.api, tenant.token);
  await mkdir(pictures, { recursive: true });
  await rm(join(pictures, "failed.png"), { force: true });
});

after(async () => {
  await browser?.close();
  await demo?.stop();
  if (profile) await rm(profile, { recursive: true, force: true });
});

/** The first business that has a module. */
async function withModule(name) {
  for (const candidate of demo.tenants) {
    const { status, body } = await api(demo.api, candidate.token).get("modules");
    assert.equal(status, 200, `GET modules for ${candidate.name}`);
    const modules = Array.isArray(body) ? body : body.items;
    if (modules.some((module) => module.name === name)) return candidate;
  }
  return assert.fail(`no sample business has the module ${name}`);
}

const find = (page, name) => page.locator(`[data-test="${name}"]`);
const go = (page, path) => page.goto(new URL(path, demo.pages).href);

/** A page of a fresh browser, guarded; `story` runs on it, and what the guard found fails the test. */
async function inBrowser(options, story) {
  const context = await browser.newContext({ viewport: WIDTHS[0], locale: "de-DE", ...options });
  context.setDefaultTimeout(PAGE_LIMIT_MS);
  const broken = await guard(context, demo.pages);
  const page = await context.newPage();
  try {
    await story(page, context);
  } catch (error) {
    await page.screenshot({ path: join(pictures, "failed.png") }).catch(() => {});
    throw new Error(`${error.message}\n  on ${page.url()}`, { cause: error });
  } finally {
    await context.close();
  }
  assert.deepEqual(broken, []);
}

async function signIn(page) {
  await go(page, "/");
  await find(page, "signin-tenant").fill(tenant.name);
  await find(page, "signin-login").fill(tenant.login);
  await find(page, "signin-password").fill(tenant.password);
  await find(page, "signin-submit").click();
  await find(page, "navigation").waitFor();
}

/** A person of the walk's own, so that nothing here depends on what the sample data say. */
function person(family_name) {
  return caller.create("contact", {
    kind: "person", given_name: "Änne", family_name, emails: [`aenne@${family_name.toLowerCase()}.example`],
    phones: ["+49 30 1234567"], notes: "Ruft lieber an.", origin: "Browser walk", activity: "customer-care",
  });
}

async function mainJob(page, family_name) {
  const { id } = await person(family_name);
  await signIn(page);

  // Find: folded search, filter, sort in both directions.
  await go(page, "/m/contact");
  await find(page, "list").waitFor();
  assert.ok(await find(page, "row").count() > 1);
  await find(page, "list-search").fill(family_name.toUpperCase());
  await find(page, "list-search").press("Enter");
  await page.waitForURL(/[?&]q=/);
  assert.equal(await find(page, "row").count(), 1, "the search finds the person whatever the case");
  await go(page, "/m/contact");
  await find(page, "list-filter").locator('[name="filter[kind]"]').selectOption("person");
  await find(page, "list-apply").click();
  await page.waitForURL(/filter(\[|%5B)kind(\]|%5D)=person/i);
  const titles = () => find(page, "row").locator("a").first().innerText();
  await find(page, "list-sort-title").click();
  await page.waitForURL(/sort=title/);
  const first = await titles();
  await find(page, "list-sort-title").click();
  await page.waitForURL(/sort=-title/);
  assert.notEqual(await titles(), first, "the other direction begins elsewhere");

  // Open, change, read what changed.
  await go(page, `/m/contact?q=${family_name}`);
  await find(page, "row").first().locator("a").first().click();
  await page.waitForURL(new RegExp(`/m/contact/${id}(\\?|$)`));
  assert.match(await find(page, "record-title").innerText(), new RegExp(family_name));
  await find(page, "edit").click();
  await page.waitForURL(/\/edit$/);
  await find(page, "field-notes").fill("Schreibt lieber.");
  await find(page, "save").click();
  await page.waitForURL(new RegExp(`/m/contact/${id}(\\?|$)`));
  await find(page, "history").click();
  await page.waitForURL(/\/history$/);
  const newest = find(page, "history-entry").first();
  assert.match(await newest.innerText(), /Ruft lieber an\./, "the old value");
  assert.match(await newest.innerText(), /Schreibt lieber\./, "the new value");

  // Everything held about the person; erase; certificate.
  await go(page, `/m/contact/${id}`);
  await find(page, "subject").click();
  await page.waitForURL(new RegExp(`/subjects/${id}$`));
  assert.match(await page.locator("main").innerText(), new RegExp(family_name));
  await find(page, "plan-erasure").click();
  await page.waitForURL(/\/subjects\/[^/]+\/erasure/);
  assert.ok(await find(page, "plan").locator('[data-test="plan-erased"]').count() > 0, "what goes now");
  await find(page, "erasure-reason").fill("Art. 17 DSGVO, Antrag vom selben Tag");
  await find(page, "confirm-erasure").click();
  await page.waitForURL(/\/erasures\//);
  await find(page, "certificate").waitFor();
  await page.screenshot({ path: join(pictures, `certificate-${WIDTHS[0].width}.png`), fullPage: true });
  assert.doesNotMatch(await page.locator("body").innerText(), new RegExp(family_name), "the certificate does not name whom it erased");

  // Nothing is left to find.
  await go(page, `/m/contact?q=${family_name}`);
  assert.equal(await find(page, "row").count(), 0);
  assert.equal((await page.request.get(new URL(`/m/contact/${id}`, demo.pages).href)).status(), 404);
}

test("the main job, with JavaScript", () => inBrowser({}, (page) => mainJob(page, "Walkstraßer")));
test("the main job, without JavaScript", () => inBrowser({ javaScriptEnabled: false }, (page) => mainJob(page, "Ohneskript")));

/** Two rows on the import page, one of them wrong, looked at. */
async function upload(page, family_name) {
  // An odd birthday goes to the notes with a warning; a row with a cell too many is rejected.
  const rows = [`Ingo;${family_name}-Import;02.03.1980`, `Ida;${family_name}-Import;gestern`, `Ina;${family_name}-Import;02.03.1980;zu viel`];
  const text = ["Vorname;Nachname;Geburtstag", ...rows, ""].join("\n");
  await find(page, "import-file").setInputFiles({ name: "karte.csv", mimeType: "text/csv", buffer: Buffer.from(text) });
  await find(page, "import-origin").fill("Browser walk");
  await find(page, "import-look").click();
  await find(page, "import-preview").waitFor();
}

/** The office: a person restricted and released, two made one and two again, users, tokens, an import. */
async function office(page, family_name) {
  const [{ id }, other] = [await person(family_name), await person(family_name)];
  await signIn(page);
  await go(page, `/subjects/${id}`);
  await find(page, "restriction-reason").selectOption("objection");
  await find(page, "restrict").click();
  await find(page, "release").waitFor();
  await find(page, "release").click();
  await find(page, "restrict").waitFor();

  await find(page, "merge").click();
  await page.waitForURL(/\/merge$/);
  await find(page, "merge-hit").filter({ hasText: other.id }).locator('[data-test="merge-do"]').click();
  await find(page, "unmerge").click();
  await page.waitForURL(new RegExp(`/subjects/${id}\\?`));
  assert.equal(await find(page, "unmerge").count(), 0, "two again");

  await go(page, "/users");
  const login = `walk-${family_name.toLowerCase()}`;
  await find(page, "user-login").fill(login);
  await find(page, "user-email").fill(`${login}@walk.example`);
  await find(page, "user-create").click();
  assert.ok((await find(page, "new-password").innerText()).length >= 20, "the password is shown once");
  const row = () => find(page, "user").filter({ hasText: login });
  await row().locator('[data-test="lock"]').click();
  await row().locator('[data-test="unlock"]').click();
  await row().locator('[data-test="lock"]').waitFor();
  assert.equal(await find(page, "new-password").count(), 0, "and not again");

  await go(page, "/tokens");
  await find(page, "token-name").fill(login);
  await find(page, "token-rights").fill("contact:r");
  await find(page, "token-create").click();
  const token = await find(page, "new-token").innerText();
  assert.equal((await api(demo.api, token).get("contact?limit=1")).status, 200);
  await find(page, "token").filter({ hasText: login }).locator('[data-test="revoke"]').click();
  await page.waitForURL(/\/tokens\?/);
  assert.equal((await api(demo.api, token).get("contact?limit=1")).status, 401, "a revoked token opens nothing");

  await go(page, "/import");
  await upload(page, family_name);
  assert.equal(await find(page, "import-count").first().innerText(), "2");
  assert.equal(await find(page, "import-rejected").innerText(), "1");
  await find(page, "import-run").click();
  await find(page, "import-done").waitFor();
  // Sent as the form would be: a download in a browser that is about to close leaves it waiting.
  const form = page.locator('form[action="/import/rejects"]');
  const rejects = await page.request.post(new URL("/import/rejects", demo.pages).href, {
    form: {
      csrf: await form.locator('[name="csrf"]').inputValue(),
      content: await form.locator('[name="content"]').inputValue(),
    },
  });
  assert.match(rejects.headers()["content-disposition"], /\.csv"$/);
  assert.match(await rejects.text(), /Ina/);
  await go(page, `/m/contact?q=${family_name}-Import`);
  assert.equal(await find(page, "row").count(), 2, "the good rows are there, the bad one is not");
}

test("the office, with JavaScript", () => inBrowser({}, (page) => office(page, "Bürofrau")));
test("the office, without JavaScript", () => inBrowser({ javaScriptEnabled: false }, (page) => office(page, "Stillmann")));

/** An order of a new person, invoiced. */
async function invoice(number) {
  const { id: customer } = await person("Storno");
  const values = { customer, number, subject_line: "Inspektion", total: "119,00 EUR", state: "invoiced", origin: "Browser walk", activity: "order-processing" };
  const { status, body } = await caller.post("order", values);
  assert.equal(status, 201, JSON.stringify(body));
  return body;
}

/** A final record is not changed: a reversal takes it back, a draft takes its place. */
async function correct(page, number) {
  const { id } = await invoice(number);
  await signIn(page);
  await go(page, `/m/order/${id}`);
  assert.equal(await find(page, "edit").count(), 0, "nothing to change in it");
  await find(page, "correct").click();
  await page.waitForURL(/\/correction$/);
  await find(page, "correct-number").fill(`S-${number}`);
  await find(page, "correct-both").click();
  await page.waitForURL(/\/m\/order\/[^/]+\/edit$/);
  await find(page, "field-number").fill(`${number}-2`);
  await find(page, "save").click();
  await page.waitForURL(/\/m\/order\/[^/]+(\?|$)/);
  await go(page, `/m/order/${id}`);
  await find(page, "reversed").waitFor();
  assert.match(await page.locator("main").innerText(), new RegExp(`S-${number}`), "the reversal is linked");
  assert.equal(await find(page, "correct").count(), 0, "and that once");
}

test("an invoice is reversed and made anew, with JavaScript", () => inBrowser({}, (page) => correct(page, "B-1")));
test("an invoice is reversed and made anew, without JavaScript", () => inBrowser({ javaScriptEnabled: false }, (page) => correct(page, "B-2")));

test("what the law keeps is shown with its reason", () =>
  inBrowser({}, async (page) => {
    const { status, body } = await caller.get("order?filter[state]=invoiced&limit=1");
    assert.equal(status, 200, JSON.stringify(body));
    const order = body.items[0] ?? assert.fail("the workshop has an invoiced order");
    await signIn(page);
    await go(page, `/subjects/${order.customer}/erasure`);
    const kept = await find(page, "plan").locator('[data-test="plan-kept"]').allInnerTexts();
    assert.ok(kept.some((text) => /§ 147 .*AO/.test(text) && /20\d\d/.test(text)), `kept with law and date: ${kept}`);
  }));

test("a stranger gets nothing, and signing in leaves one cookie", async () => {
  await inBrowser({}, async (page, context) => {
    await go(page, "/");
    assert.deepEqual(await context.cookies(), [], "no cookie before signing in");
    await signIn(page);
    const cookies = await context.cookies();
    assert.equal(cookies.length, 1, "one cookie, for the session");
    assert.ok(cookies[0].httpOnly && cookies[0].sameSite !== "None", "which no script reads and no other site sends");
  });
  // Refusals answer with an error status, which Chromium puts on its console; so this part asks without a page.
  const stranger = await browser.newContext();
  for (const path of ["/m/contact", "/subjects/00000000000000000000000000"]) {
    const answer = await stranger.request.get(new URL(path, demo.pages).href, { maxRedirects: 0 });
    assert.ok([302, 303, 401].includes(answer.status()), `${path} answers a stranger with ${answer.status()}`);
  }
  await stranger.close();
});

test("every page fits, is readable for all, and has its picture", async () => {
  const { id } = await person("Bildermann");
  const order = await invoice("B-3");
  const gone = await person("Fortmann");
  const plan = await caller.post(`subjects/${gone.id}/erasure-plans`, { reason: "Browser walk" });
  assert.equal(plan.status, 201, JSON.stringify(plan.body));
  const erased = await caller.post(`erasure-plans/${plan.body.id}/perform`);
  assert.equal(erased.status, 200, JSON.stringify(erased.body));
  const pages = {
    start: "/", persons: "/subjects", search: "/search?q=Bildermann", new: "/m/contact/new", delete: `/m/order/${order.id}/delete`,
    order: `/m/order/${order.id}`, correction: `/m/order/${order.id}/correction`, certificate: `/erasures/${plan.body.id}`,
    list: "/m/contact", record: `/m/contact/${id}`, edit: `/m/contact/${id}/edit`, history: `/m/contact/${id}/history`,
    orders: "/m/order", subject: `/subjects/${id}`, plan: `/subjects/${id}/erasure`, merge: `/subjects/${id}/merge`,
    users: "/users", tokens: "/tokens", import: "/import",
  };
  for (const viewport of WIDTHS) {
    await inBrowser({ viewport }, async (page) => {
      const look = async (name) => {
        await fits(page);
        await accessible(page);
        await page.screenshot({ path: join(pictures, `${name}-${viewport.width}.png`), fullPage: true });
      };
      await go(page, "/");
      await look("sign-in");
      assert.equal(await page.locator("html").getAttribute("lang"), "de");
      await signIn(page);
      for (const [name, path] of Object.entries(pages)) {
        await go(page, path);
        await look(name);
      }
      await upload(page, "Bildermann");
      await look("import-preview");
    });
  }
});
