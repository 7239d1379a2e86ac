// Makes the image that the standalone executable goes on from (addon/standalone/image.h) of two heaps that two runs of the
// seed wrote, the second with the program at another address. What differs is where the program was, and nothing else that
// another process may need.
// usage: image.mjs HEAP OTHER-HEAP IMAGE RELOCATIONS     prints the image's size in bytes and the number of relocations
import { readFileSync, writeFileSync } from 'node:fs';

const page = 4096;
const headerSize = 32;

/**
 * Words that may differ and are no address of the program: where the stack is, which every process sets anew, and padding
 * after strings and in structs, which nobody reads. A pointer to memory of a process would be one of many.
 */
const ownWords = 16;

function readHeap(path) {
  const bytes = readFileSync(path);
  const [program, programSize, address, extent] = Array.from({ length: 4 }, (_, i) => bytes.readBigUInt64LE(8 * i));
  if (extent === 0n || bytes.length !== headerSize + Number(extent))
    throw new Error(`image: ${path} is not a whole heap in one piece`);
  return { program, end: program + programSize, address, bytes: bytes.subarray(headerSize) };
}

function pointsIntoProgram(heap, word) {
  return word >= heap.program && word < heap.end;
}

/** The heap with offsets for addresses of the program, and which words those are. */
function relocate(one, other) {
  const image = Buffer.alloc(Math.ceil(one.bytes.length / page) * page);
  const relocations = [];
  const own = [];
  for (let at = 0; at < one.bytes.length; at += 8) {
    const word = one.bytes.readBigUInt64LE(at);
    const same = other.bytes.readBigUInt64LE(at);
    const inProgram = pointsIntoProgram(one, word) && word - one.program === same - other.program;
    if (inProgram) relocations.push(at / 8);
    else if (word !== same) own.push(at / 8);
    image.writeBigUInt64LE(inProgram ? word - one.program : word, at);
  }
  if (own.length > ownWords) throw new Error(`image: words ${own.join(' ')} differ between two runs`);
  return { image, relocations };
}

const [first, second, imagePath, relocationsPath] = process.argv.slice(2);
const one = readHeap(first);
const other = readHeap(second);
if (one.program === other.program)
  throw new Error('image: the kernel put the program at the same address twice: are addresses randomised here?');
if (one.bytes.length !== other.bytes.length) throw new Error('image: two runs made heaps of different sizes');
const { image, relocations } = relocate(one, other);
writeFileSync(imagePath, image);
writeFileSync(relocationsPath, Buffer.from(Uint32Array.from(relocations).buffer));
console.log(`${image.length} ${relocations.length}`);
