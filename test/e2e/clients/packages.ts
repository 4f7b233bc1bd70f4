import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

function put(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

/** An index as PEP 503 has it, of one wheel (PEP 427) with one module. */
export function pythonIndex(directory: string): void {
  const tree = join(directory, "../wheel");
  const info = "hello_gate-1.0.dist-info";
  put(join(tree, "hello_gate.py"), 'GREETING = "hello"\n');
  put(join(tree, `${info}/METADATA`), "Metadata-Version: 2.1\nName: hello-gate\nVersion: 1.0\n");
  put(join(tree, `${info}/WHEEL`), "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n");
  put(join(tree, `${info}/RECORD`), `hello_gate.py,,\n${info}/METADATA,,\n${info}/WHEEL,,\n${info}/RECORD,,\n`);
  const wheel = "hello_gate-1.0-py3-none-any.whl";
  put(join(directory, "simple/hello-gate/index.html"), `<!DOCTYPE html><a href="../../wheels/${wheel}">${wheel}</a>\n`);
  mkdirSync(join(directory, "wheels"), { recursive: true });
  execFileSync("python3", ["-m", "zipfile", "-c", join(directory, "wheels", wheel), "hello_gate.py", info], {
    cwd: tree,
  });
}

/** A registry as npm reads it: the package's document under its name, and the tarball that it names. */
export function npmRegistry(directory: string, url: string, name = "hello-gate"): void {
  const tree = join(directory, "../tarball");
  const about = { name, version: "1.0.0" };
  put(join(tree, "package/package.json"), JSON.stringify(about));
  put(join(tree, "package/index.js"), 'module.exports = "hello";\n');
  const tarball = `tarballs/${name.replaceAll(/[^a-z-]/g, "")}-1.0.0.tgz`;
  mkdirSync(join(directory, "tarballs"), { recursive: true });
  execFileSync("tar", ["czf", join(directory, tarball), "package"], { cwd: tree });
  const dist = { tarball: `${url}${tarball}` };
  const document = { name, "dist-tags": { latest: "1.0.0" }, versions: { "1.0.0": { ...about, dist } } };
  put(join(directory, name), JSON.stringify(document));
}
