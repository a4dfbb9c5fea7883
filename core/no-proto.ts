/**
 * Imported first by each program and thread: takes `__proto__` from all objects, so that a key of that name in a message or a
 * body is a key like any other wherever somebody copies it, and nothing can be changed for everything by it. What Node's
 * `--disable-proto=delete` does, without the operator having to say so.
 */
Reflect.deleteProperty(Object.prototype, '__proto__');
