// A real `obhut demo`, started for this walk and ended with it.
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** The ports of the pages, the API and the live channel, before they are shifted. */
const PORTS = [8086, 8085, 11120];
/** Making three businesses takes seconds; a build for tests on a busy machine takes longer. */
const START_LIMIT_MS = 180_000;

/** Whether somebody could listen on that port of the loopback address. */
function isFree(port) {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
  });
}

/** A shift at which every port is free, so that a walk runs beside an instance that is in use. */
async function freeOffset() {
  for (let offset = 2000; offset < 40_000; offset += 317) {
    const free = await Promise.all(PORTS.map((port) => isFree(port + offset)));
    if (free.every(Boolean)) return offset;
  }
  throw new Error("no free ports");
}

/**
 * Starts the program and waits for its one line.
 * @returns {{pages: string, api: string, tenants: {name: string, login: string, password: string, token: string}[], stop: () => Promise<void>}}
 */
export async function startDemo(program) {
  const folder = await mkdtemp(join(tmpdir(), "obhut-walk-"));
  const offset = await freeOffset();
  const child = spawn(program, ["demo", "--json", "--port-offset", String(offset), "--keep", join(folder, "data")], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let messages = "";
  child.stderr.on("data", (text) => (messages = (messages + text).slice(-20_000)));

  const exited = new Promise((resolve) => child.once("exit", (code, signal) => resolve(`exit ${code ?? signal}`)));
  const stop = async () => {
    child.kill("SIGTERM");
    const ended = await Promise.race([exited, late(20_000)]);
    if (ended === undefined) {
      child.kill("SIGKILL");
      await exited;
      throw new Error(`the program did not end when asked to:\n${messages}`);
    }
    await rm(folder, { recursive: true, force: true });
  };

  const line = new Promise((resolve) => createInterface({ input: child.stdout }).once("line", resolve));
  const first = await Promise.race([line, exited.then((how) => new Error(how)), late(START_LIMIT_MS)]);
  if (typeof first !== "string") {
    child.kill("SIGKILL");
    throw new Error(`obhut demo was not ready: ${first?.message ?? "time is up"}\n${messages}`);
  }
  return { ...JSON.parse(first), stop };
}

function late(limit_ms) {
  return new Promise((resolve) => setTimeout(resolve, limit_ms).unref());
}
