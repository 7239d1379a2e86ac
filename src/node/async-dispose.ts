/** Node.js has it since 20.5: before any class of ours is made, which has a method of that name. */
if (Symbol.asyncDispose === undefined)
  Object.defineProperty(Symbol, 'asyncDispose', { value: Symbol('Symbol.asyncDispose') });
