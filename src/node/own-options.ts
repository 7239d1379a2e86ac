/**
 * What the caller has given and nothing else: without Object.prototype, to which any module of the program may have added an
 * `executable` or a `capabilities`, as Node.js does it for options of its own. Getters are asked once.
 */
export function ownOptions<T extends object>(options: T): T {
  return Object.assign(Object.create(null), options) as T;
}
