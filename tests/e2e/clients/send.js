// Sends events from standard input through a real client of somebody else:
//   node send.js segment|posthog <host> <write key> <anonymous id> < events.json
// Each event is [name, properties]. Prints the errors that the client reported.
"use strict";

const [kind, host, writeKey, anonymousId] = process.argv.slice(2);
const events = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
const errors = [];
// Clients report what they could not do on the console too.
console.error = console.warn = (...texts) => errors.push(texts.join(" "));

async function segment() {
  const { Analytics } = require("@segment/analytics-node");
  const analytics = new Analytics({ writeKey, host });
  analytics.on("error", (error) => errors.push(String(error.reason ?? error)));
  for (const [event, properties] of events) analytics.track({ anonymousId, event, properties });
  analytics.identify({ anonymousId, userId: "mariasecret", traits: { email: "mariasecret@example.org" } });
  analytics.page({ anonymousId, name: "/containers" });
  await analytics.closeAndFlush({ timeout: 30000 });
}

async function posthog() {
  const { PostHog } = require("posthog-node");
  const client = new PostHog(writeKey, { host });
  client.on("error", (error) => errors.push(String(error)));
  for (const [event, properties] of events) client.capture({ distinctId: anonymousId, event, properties });
  client.capture({ event: "image.list" });
  client.captureException(new TypeError("cannot read /home/mariasecret/kind.yaml"), anonymousId);
  await client.getAllFlags(anonymousId);
  await client.shutdown(30000);
}

({ segment, posthog })[kind]().then(() => console.log(JSON.stringify(errors)));
