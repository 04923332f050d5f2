// Runs one query by Comunica over documents in a folder, as a client of many pods would; prints JSON with its figures.
// Arguments: folder with Turtle files, file with the query. The packages are those of tests/interop.
import { createRequire } from "node:module";
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

const require = createRequire(resolve(import.meta.dirname, "../tests/interop/package.json"));
const { QueryEngine } = require("@comunica/query-sparql-file");
const [folder, file] = process.argv.slice(2);
const sources = readdirSync(folder).map((name) => join(folder, name));
const query = readFileSync(file, "utf8");

const before = process.cpuUsage();
const started = performance.now();
const rows = await (await new QueryEngine().queryBindings(query, { sources })).toArray();
const { user, system } = process.cpuUsage(before);
console.log(JSON.stringify({
  cpu: (user + system) / 1000,
  wall: performance.now() - started,
  rows: rows.map((row) => [...row].map(([variable, term]) => [variable.value, term.value]).sort()),
}));
