// Every route but / is never visited while traced.
const http = require("http");
const fs = require("fs");
const os = require("os");
const path = require("path");

const routes = {
  "/exec": () => new Promise((done, fail) => require("child_process").execFile(process.execPath,
    ["-e", "console.log('child')"], (error, out) => error ? fail(error) : done(out))),
  "/fork": () => new Promise((done, fail) => {
    const child = require("child_process").spawn(process.execPath, ["-e", "process.send('forked')"],
      { stdio: ["ignore", "ignore", "inherit", "ipc"] });
    child.on("message", done);
    child.on("error", fail);
    child.on("exit", code => code ? fail(new Error(`exit ${code}`)) : 0);
  }),
  "/worker": () => new Promise((done, fail) => {
    const { Worker } = require("worker_threads");
    const worker = new Worker("require('worker_threads').parentPort.postMessage('worker')", { eval: true });
    worker.on("message", done);
    worker.on("error", fail);
  }),
  "/watch": () => new Promise((done, fail) => {
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), "watch-"));
    const watcher = fs.watch(directory, () => { watcher.close(); done("watched"); });
    watcher.on("error", fail);
    fs.writeFileSync(path.join(directory, "one"), "1");
    fs.renameSync(path.join(directory, "one"), path.join(directory, "two"));
  }),
  "/lookup": () => require("dns").promises.lookup("localhost").then(found => found.address ? "found" : ""),
  "/crypto": () => {
    const crypto = require("crypto");
    const key = crypto.scryptSync("secret", "salt", 32);
    return crypto.createHmac("sha256", key).update(crypto.randomBytes(8)).digest("hex").length.toString();
  },
  "/zlib": () => require("zlib").gunzipSync(require("zlib").gzipSync("zlib")).toString(),
  "/http2": () => new Promise((done, fail) => {
    const http2 = require("http2");
    const server = http2.createServer((request, response) => response.end("http2"));
    server.listen(0, "127.0.0.1", () => {
      const client = http2.connect(`http://127.0.0.1:${server.address().port}`);
      client.on("error", fail);
      const request = client.request({ ":path": "/" });
      let text = "";
      request.on("data", chunk => { text += chunk; });
      request.on("end", () => { client.close(); server.close(); done(text); });
    });
  }),
  "/streams": async () => {
    const { pipeline } = require("stream/promises");
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), "stream-"));
    await pipeline(require("stream").Readable.from(["streams"]), fs.createWriteStream(path.join(directory, "a")));
    fs.copyFileSync(path.join(directory, "a"), path.join(directory, "b"));
    await fs.promises.cp(directory, directory + "-copy", { recursive: true });
    const text = fs.readFileSync(path.join(directory + "-copy", "b"), "utf8");
    await fs.promises.rm(directory, { recursive: true });
    return text;
  },
  "/unix": () => new Promise((done, fail) => {
    const net = require("net");
    const name = path.join(os.tmpdir(), `unix-${process.hrtime()[1]}`);
    const server = net.createServer(socket => socket.end("unix")).listen(name, () => {
      net.connect(name).on("data", data => { server.close(); done(data.toString()); }).on("error", fail);
    });
  }),
  "/system": () => `${os.cpus().length > 0} ${os.userInfo().uid} ${os.loadavg().length} ${Object.keys(os.networkInterfaces())}`,
};

http.createServer(async (request, response) => {
  try {
    response.end(request.url in routes ? await routes[request.url]() : "hello");
  } catch (problem) {
    response.statusCode = 500;
    response.end(String(problem && problem.stack));
  }
}).listen(8080, "0.0.0.0");
process.on("SIGTERM", () => process.exit(0));
