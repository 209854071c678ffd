// The example for pages in README.md, in the browser that PORTCULLIS_BROWSER names: `cargo xtask web --test` finds one.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createServer } from "node:http";
import { mkdtempSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "node:test";
import { PAGE, SAID, TEXT } from "./readme.mjs";

const PACKAGE = fileURLToPath(new URL("../", import.meta.url));
const TYPES = { ".js": "text/javascript", ".wasm": "application/wasm" };
const ARGUMENTS = [
  "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
];

/** Tells the server what the page says, or what went wrong in it. */
const REPORT = `<script type="module">
  const tell = (said) => fetch("/said", { method: "POST", body: JSON.stringify(said) });
  const pre = document.querySelector("pre");
  const look = () => pre.textContent !== "" && tell({ said: pre.textContent });
  new MutationObserver(look).observe(pre, { childList: true });
  look();
  addEventListener("error", ({ message }) => tell({ error: message }));
  addEventListener("unhandledrejection", ({ reason }) => tell({ error: String(reason) }));
</script>
`;

/** Serves the page beside the package; gives the address, and what the page says. */
async function serve() {
  let settle;
  const said = new Promise((resolve) => {
    settle = resolve;
  });
  const server = createServer((request, response) => {
    const send = (type, body) => response.writeHead(200, { "content-type": type }).end(body);
    if (request.url === "/") return send("text/html", PAGE + REPORT);
    if (request.url === "/shop.yaml") return send("text/yaml", TEXT);
    if (request.url === "/said") {
      const parts = [];
      request.on("data", (part) => parts.push(part));
      request.on("end", () => settle(JSON.parse(Buffer.concat(parts).toString())));
      return send("text/plain", "");
    }
    const path = request.url.replace("/portcullis-web/", "");
    const type = TYPES[extname(path)];
    if (path === request.url || path.includes("..") || !type) return response.writeHead(404).end();
    send(type, readFileSync(join(PACKAGE, path)));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { server, said, address: `http://127.0.0.1:${server.address().port}/` };
}

/** Ends a browser and all that it started. */
function end({ pid }) {
  try {
    process.kill(-pid, "SIGKILL");
  } catch (error) {
    if (error.code !== "ESRCH") throw error;
  }
}

/** Removes a profile; one that stays behind is told of, and is no failure of the page. */
const remove = (profile) => rm(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
  .catch((error) => console.warn(`the browser's profile stays behind: ${error.message}`));

test("the example for pages says what README.md says", { timeout: 60_000 }, async () => {
  const browser = process.env.PORTCULLIS_BROWSER;
  assert.ok(browser, "PORTCULLIS_BROWSER names no browser");
  const { server, said, address } = await serve();
  const profile = mkdtempSync(join(tmpdir(), "portcullis-web-"));
  // A group of its own: the browser's children outlive it by seconds, and write into its profile.
  const running = spawn(browser, [...ARGUMENTS, `--user-data-dir=${profile}`, address], {
    stdio: "ignore",
    detached: true,
  });
  const ended = new Promise((resolve) => running.on("exit", resolve));
  try {
    const early = ended.then((code) => ({ error: `the browser ended with ${code}` }));
    assert.deepEqual(await Promise.race([said, early]), { said: SAID });
  } finally {
    end(running);
    await ended;
    server.closeAllConnections();
    server.close();
    await remove(profile);
  }
});
