// Preloaded: whoever tries to connect fails, and is written down in SOTTO_CONNECTIONS.
const fs = require("node:fs");
const net = require("node:net");

net.Socket.prototype.connect = function () {
  fs.appendFileSync(process.env.SOTTO_CONNECTIONS, `${process.argv[1]}\n`);
  process.nextTick(() => this.destroy(new Error("there is no network here")));
  return this;
};
