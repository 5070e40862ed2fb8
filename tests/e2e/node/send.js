// Sends messages from standard input through a real Segment client:
//   node send.js <package> <host> <write key> < messages.json
// Each message is {call: "track" | "page" | "identify", params: {…}} as the client takes it.
"use strict";

const [name, host, writeKey] = process.argv.slice(2);
const { Analytics } = require(name);
const messages = JSON.parse(require("node:fs").readFileSync(0, "utf8"));

const analytics = new Analytics({ writeKey, host, maxEventsInBatch: 50, flushInterval: 1000 });
const statuses = [];
let sent = 0;
analytics.on("http_request", () => (sent += 1));
analytics.on("error", (error) => statuses.push(String(error.reason ?? error)));

for (const { call, params } of messages) analytics[call](params);

analytics.closeAndFlush({ timeout: 30000 }).then(() => {
  console.log(JSON.stringify({ requests: sent, errors: statuses }));
});
