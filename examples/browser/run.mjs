// Loads the module that is named and prints what its functions return, a line each.
import { readFile } from "node:fs/promises";
import v8 from "node:v8";

// the products have a path for relaxed SIMD, which is finished in later versions and behind this in 20
v8.setFlagsFromString("--experimental-wasm-relaxed-simd");

const { instance } = await WebAssembly.instantiate(await readFile(process.argv[2]));
const { objective, flops } = instance.exports;
console.log(`${objective(0)} ${objective(1)}`);
console.log(`${flops()}`);
