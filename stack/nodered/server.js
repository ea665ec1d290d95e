// Node-RED inside a web server that says which port it took: `node server.js MODULES SETTINGS USERDIR PORT`; 0 is a free one.
// See https://nodered.org/docs/user-guide/runtime/embedding
"use strict";

const http = require("node:http");
const path = require("node:path");
const { createRequire } = require("node:module");

const [modules, settingsFile, userDir, port] = process.argv.slice(2);
const installed = createRequire(path.join(modules, "package.json"));
const express = createRequire(installed.resolve("node-red"))("express");
const RED = installed("node-red");

const settings = { ...require(settingsFile), userDir, httpAdminRoot: "/", httpNodeRoot: "/" };
const app = express();
const server = http.createServer(app);
server.keepAliveTimeout = 5000;

RED.init(server, settings);
app.use(settings.httpAdminRoot, RED.httpAdmin);
app.use(settings.httpNodeRoot, RED.httpNode);

async function end() {
  await RED.stop();
  process.exit(0);
}
process.on("SIGTERM", end);
process.on("SIGINT", end);

server.listen(Number(port), "127.0.0.1", async () => {
  await RED.start();
  console.log(JSON.stringify({ port: server.address().port }));
});
