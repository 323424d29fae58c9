// One line a test, what went wrong under it, and "N passed, N failed" at the end.
import { inspect } from "node:util";

export default async function* reporter(events) {
  let passed = 0, failed = 0;
  for await (const { type, data } of events) {
    if (type === "test:stderr" || type === "test:stdout") yield data.message;
    if (type !== "test:pass" && type !== "test:fail") continue;
    if (data.skip !== undefined || data.details?.type === "suite" || data.name.endsWith(".mjs")) {
      // A file is reported as a test of its own when it could not be loaded.
      if (type === "test:pass") continue;
    }
    if (type === "test:pass") {
      passed++;
      yield `ok      ${data.name} (${Math.round(data.details.duration_ms)} ms)\n`;
    } else if (data.details.error?.failureType !== "subtestsFailed") {
      failed++;
      yield `FAILED  ${data.name}\n${inspect(data.details.error.cause ?? data.details.error)}\n`;
    }
  }
  yield `${passed} passed, ${failed} failed\n`;
}
