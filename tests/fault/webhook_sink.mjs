// webhook_sink.mjs FOLDER - a receiver of webhooks that is down as long as FOLDER/down is there. Its port goes to
// FOLDER/port; of each request it takes, FOLDER/taken gets a line: time, webhook-id, status and the alerts
// in it. With the text of FOLDER/key it checks the signature of each, and says so there when one is wrong.
import { appendFileSync, existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createHmac } from "node:crypto";
import { createServer } from "node:http";
import { join } from "node:path";

const folder = process.argv[2];
const at = (name) => join(folder, name);

function isSigned(headers, body) {
  if (!existsSync(at("key"))) return true;
  const key = Buffer.from(readFileSync(at("key"), "utf8").trim().replace(/^whsec_/, ""), "base64");
  const text = `${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`;
  const mac = createHmac("sha256", key).update(text).digest("base64");
  return (headers["webhook-signature"] ?? "").split(" ").includes(`v1,${mac}`);
}

const server = createServer((request, response) => {
  let body = "";
  request.on("data", (part) => (body += part));
  request.on("end", () => {
    if (existsSync(at("down"))) {
      appendFileSync(at("refused"), `${request.headers["webhook-id"]}\n`);
      response.writeHead(503).end();
      return;
    }
    const message = JSON.parse(body);
    const alerts = message.alerts.map((alert) => alert.fingerprint).join(",");
    const signed = isSigned(request.headers, body) ? message.status : "FORGED";
    appendFileSync(at("taken"), `${Date.now()} ${request.headers["webhook-id"]} ${signed} ${alerts}\n`);
    response.writeHead(200).end();
  });
});

server.listen(0, "127.0.0.1", () => {
  writeFileSync(at("port.new"), `${server.address().port}\n`);
  renameSync(at("port.new"), at("port"));
});
