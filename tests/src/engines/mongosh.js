// Runs one script after another in one process of mongosh, each as `mongosh --quiet --norc URL --file FILE` would.
//
// mongosh runs this file when MONGOSH_RUN_NODE_SCRIPT is set. A script meets what the class behind mongosh's command line
// makes for it alone: a global object, connections, a log in its home. Only the modules, which take long to load, are
// those of the script before. So it may quit, fail and declare what it likes; but what it begins and does not wait for,
// or changes in a module of node, the next one meets. The classes are mongosh's own affair: xtask pins its version.
//
// Each line of the input asks for a run: {"end", "url", "file", "environment"}. What the script prints is followed by a
// line with `end` and the exit code. A script that ends in another way than mongosh knows, as by `process.exit`, ends
// this process, with its exit code.

"use strict";

const { Readable, Writable } = require("stream");

const { baseBuildInfo } = loaded("cli-repl/lib/build-info");
const { CliRepl } = loaded("cli-repl/lib/cli-repl");
const { parseMongoshArgs } = loaded("cli-repl/lib/arg-parser");
const { getStoragePaths, getGlobalConfigPaths } = loaded("cli-repl/lib/config-directory");
const { getCryptLibraryPaths } = loaded("cli-repl/lib/crypt-library-paths");
const { default: AsyncWriter } = loaded("async-rewriter2/lib/async-writer-babel");
const { generateConnectionInfoFromCliArgs } = loaded("arg-parser/lib/index");

delete process.env.MONGOSH_RUN_NODE_SCRIPT;
const ENVIRONMENT = { ...process.env };

rememberRewritten();
main();

async function main() {
  for await (const line of lines(process.stdin)) {
    const { end, url, file, environment } = JSON.parse(line);
    Object.assign(process.env, environment);
    const code = await run(["--quiet", "--norc", url, "--file", file]);
    Object.keys(process.env).forEach((name) => delete process.env[name]);
    Object.assign(process.env, ENVIRONMENT);
    process.exitCode = undefined;
    process.removeAllListeners("SIGINT"); // a script that quits leaves one
    process.stdout.write(`\n${end} ${code}\n`);
  }
  process.exit();
}

// What `main` of mongosh's run.js does with its arguments, and the exit code that it would end with.
function run(args) {
  return new Promise((resolve) => {
    const { parsed: options } = parseMongoshArgs([...process.argv.slice(0, 2), ...args]);
    const { connectionString, driverOptions } = generateConnectionInfoFromCliArgs(options);
    const repl = new CliRepl({
      shellCliOptions: options,
      getCryptLibraryPaths,
      input: Readable.from([]),
      output: new Writable({ write: (chunk, _, done) => void process.stdout.write(chunk, done) }),
      promptOutput: process.stderr,
      onExit: (code) => {
        resolve(code ?? process.exitCode ?? 0);
        return new Promise(() => {}); // whoever called `quit` goes no further
      },
      shellHomePaths: getStoragePaths(),
      globalConfigPaths: getGlobalConfigPaths(),
    });
    repl
      .start(connectionString, {
        productName: "MongoDB Shell",
        productDocsLink: "https://www.mongodb.com/docs/mongodb-shell/",
        ...driverOptions,
        driverInfo: { name: "mongosh", version: baseBuildInfo().version },
      })
      .catch((error) => {
        console.error(`${error?.name}: ${error?.message}`);
        resolve(1);
      });
  });
}

// Half of a script's time is what mongosh makes of its text before it runs it, which depends on the text alone; most
// scripts run twice.
function rememberRewritten() {
  const { process: rewrite } = AsyncWriter.prototype;
  const known = new Map();
  AsyncWriter.prototype.process = function (text) {
    if (!known.has(text)) known.set(text, rewrite.call(this, text));
    return known.get(text);
  };
}

// A module of mongosh that it has loaded before it ran this file.
function loaded(name) {
  return require(Object.keys(require.cache).find((file) => file.endsWith(`/@mongosh/${name}.js`)));
}

// Not those of `readline`, for which U+2028 ends a line too.
async function* lines(input) {
  let rest = "";
  for await (const chunk of input.setEncoding("utf8")) {
    const parts = (rest + chunk).split("\n");
    rest = parts.pop();
    yield* parts;
  }
}
