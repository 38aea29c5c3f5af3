// Uses a report as a person does, in Chromium: page.mjs FILE PICTURES-FOLDER NAME...
// Fails at the first thing that is not as it should be; NAMEs are names on the audited machine that have to be legible.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const from = createRequire(new URL("../../target/formats/", import.meta.url));
const { default: puppeteer } = await import(pathToFileURL(from.resolve("puppeteer-core")).href);
const axe = readFileSync(from.resolve("axe-core/axe.min.js"), "utf8");
const [file, pictures, ...names] = process.argv.slice(2);
const url = pathToFileURL(file).href;

const browser = await puppeteer.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox", "--disable-dev-shm-usage"] });
try {
  const page = await browser.newPage();
  const wrong = [];
  page.on("console", (message) => wrong.push(`console: ${message.text()}`));
  page.on("pageerror", (error) => wrong.push(`error: ${error.message}`));
  page.on("dialog", (dialog) => (wrong.push(`dialog: ${dialog.message()}`), dialog.dismiss()));
  page.on("request", (request) => {
    if (request.url() !== url && !request.url().startsWith("data:")) wrong.push(`request: ${request.url()}`);
  });
  await page.setViewport({ width: 1280, height: 900 });
  await page.goto(url);

  const shown = () => page.$$eval("details.control", (all) => all.filter((one) => one.checkVisibility()).length);
  const open = () => page.$$eval("details.control[open]", (all) => all.length);
  const text = (selector) => page.$eval(selector, (element) => element.value ?? element.textContent);
  // What comes into view gets its height then, and moves.
  const click = async (selector) => {
    await page.$eval(selector, (one) => one.scrollIntoView({ block: "center" }));
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    await page.click(selector);
  };
  const all = await shown();
  assert.ok(all > 40, `${all} controls`);
  assert.equal(await text("#shown"), `${all} of ${all} controls`);

  // What is on the machine is legible, and no more than text.
  const body = await page.evaluate(() => document.documentElement.textContent);
  for (const name of names) assert.ok(body.includes(name), name);
  const elements = await page.evaluate(() => [...new Set([...document.querySelectorAll("*")].map((one) => one.localName))]);
  for (const never of ["img", "iframe", "object", "embed", "b1", "template"]) assert.ok(!elements.includes(never), never);
  assert.equal(await page.evaluate(() => document.scripts.length), 1);

  // The policy holds: a script that is put in does not run, nor does a style.
  wrong.splice(0).forEach((one) => assert.fail(one));
  await page.evaluate(() => {
    const script = document.createElement("script");
    script.textContent = "document.title = 'taken'";
    document.body.append(script);
    document.body.setAttribute("onclick", "document.title = 'taken'");
    document.body.click();
  });
  assert.notEqual(await page.title(), "taken");
  assert.ok(wrong.length > 0 && wrong.every((one) => one.includes("Content Security Policy")), wrong.join("\n"));
  wrong.length = 0;
  await page.reload();

  // Filters.
  await page.keyboard.press("/");
  await page.keyboard.type("PRIVILEGED");
  const found = await shown();
  assert.ok(found > 0 && found < all, `${found} of ${all}`);
  assert.equal(await text("#shown"), `${found} of ${all} controls`);
  await page.keyboard.type(" nothing-is-called-so");
  assert.equal(await shown(), 0);
  assert.ok(await page.$eval("#nothing", (one) => one.checkVisibility()));
  await page.click("#reset");
  assert.equal(await shown(), all);
  let sum = 0;
  for (const chip of await page.$$(".chip")) {
    await chip.click();
    const verdict = await chip.evaluate((one) => one.dataset.verdict);
    const count = Number(await chip.$eval("b", (one) => one.textContent));
    const verdicts = await page.$$eval("details.control:not([hidden])", (some) => some.map((one) => one.dataset.verdict));
    assert.deepEqual([...new Set(verdicts)], [verdict]);
    assert.equal(verdicts.length, count, verdict);
    sum += count;
    await chip.click();
  }
  assert.equal(sum, all);
  await page.select("#severity", "critical");
  const severities = await page.$$eval("details.control:not([hidden])", (some) => some.map((one) => one.dataset.severity));
  assert.deepEqual([...new Set(severities)], ["critical"]);
  await page.select("#severity", "");

  // The ladder: its rungs in their order, who stands on them, and the way from there to what one fails.
  const rungs = await page.$$eval(".rung h3", (all) => all.map((one) => one.firstChild.textContent.trim()));
  assert.deepEqual(rungs, ["privileged", "host takeover", "host namespaces", "default root", "reduced root", "dropped", "non-root",
    "user namespace"]);
  const standing = await page.$$eval("details.container", (all) => all.length);
  assert.equal(standing, names.length);
  const counted = await page.$$eval(".rung h3 b", (all) => all.map((one) => Number(one.textContent)));
  assert.equal(counted.reduce((a, b) => a + b), standing);
  assert.ok(await page.$eval(".rung.user-namespace", (one) => one.matches(".empty")));
  await click("details.container summary");
  assert.ok(await page.$eval("details.container[open] .lift", (one) => one.checkVisibility()));
  await page.click(".chip.pass");
  await page.$eval("details.container .fails a", (one) => (one.closest("details").open = true));
  await click("details.container[open] .fails a");
  await page.waitForSelector("details.control.fail[open]");
  assert.equal(await shown(), all);
  await page.goto(url);

  // Unfolding, by hand and all at once, and links to what is folded or filtered away.
  await click("details.control.fail summary");
  assert.equal(await open(), 1);
  assert.ok(await page.$eval("details.control[open] .remedy", (one) => one.checkVisibility()));
  await page.click("#unfold");
  assert.equal(await open(), all);
  await page.click("#unfold");
  assert.equal(await open(), 0);
  await page.click(".chip.pass");
  await click(".first a");
  await page.waitForSelector("details.control.fail[open]");
  assert.equal(await shown(), all);

  // No one is left out, in light and in dark; the pictures are for people to look at.
  for (const [name, scheme, width] of [["light", "light", 1280], ["dark", "dark", 1280], ["narrow", "light", 360], ["narrow-dark", "dark", 360]]) {
    await page.setViewport({ width, height: 900 });
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }, { name: "prefers-reduced-motion", value: "reduce" }]);
    const across = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(across <= 0, `${name} is ${across} pixels too wide`);
    await page.evaluate(() => scrollTo(0, 0));
    await page.screenshot({ path: `${pictures}/${name}.png` });
    await (await page.$("#containers")).screenshot({ path: `${pictures}/ladder-${name}.png` });
    // A colour is of the scheme, a size of the width; the other two pairs have nothing of their own.
    if (name === "narrow" || name === "dark") continue;
    const violations = await page.evaluate(`${axe}; axe.run().then((result) => result.violations.map((one) =>
      one.id + ": " + one.nodes.slice(0, 3).map((node) => node.html + " " + node.failureSummary).join("\\n")))`);
    assert.deepEqual(violations, [], name);
  }
  await page.click("#theme");
  await page.click("#theme");
  assert.equal(await page.evaluate(() => getComputedStyle(document.documentElement).colorScheme), "dark");

  // On paper, and where no script runs.
  await page.emulateMediaType("print");
  assert.ok(!(await page.$eval(".toolbar", (one) => one.checkVisibility())));
  await page.emulateMediaType(null);
  writeFileSync(`${pictures}/page.pdf`, await page.pdf({ format: "A4" }));
  wrong.forEach((one) => assert.fail(one));
  const still = await browser.newPage();
  await still.setJavaScriptEnabled(false);
  await still.goto(url);
  await still.screenshot({ path: `${pictures}/still.png` });
  console.log(JSON.stringify({ controls: all }));
} finally {
  await browser.close();
}
