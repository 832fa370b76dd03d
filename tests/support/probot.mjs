// Probot as a yardstick: it verifies and parses the same deliveries and stores nothing.
import { readFileSync } from "node:fs";
import { Probot, Server } from "probot";

const server = new Server({
  host: "127.0.0.1",
  port: Number(process.env.PORT),
  webhookPath: "/webhooks/github",
  Probot: Probot.defaults({
    appId: 1,
    privateKey: readFileSync(process.env.KEY, "utf8"),
    secret: process.env.SECRET,
    logLevel: "fatal",
  }),
});
await server.load((app) => {
  app.on("pull_request", () => {});
});
await server.start();
console.log("listening");
