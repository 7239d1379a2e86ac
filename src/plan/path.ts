/** A path without `.`, `..`, double and trailing slashes; `..` does not leave "/". By text only, as Go's filepath.Clean. */
export function clean(path: string): string {
  // nearly every path is clean; a name that begins with a dot is looked at closely
  if (path.startsWith('/') && !path.endsWith('/') && !path.includes('//') && !path.includes('/.')) return path;
  const absolute = path.startsWith('/');
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.length > 0 && parts.at(-1) !== '..') parts.pop();
    else if (!absolute) parts.push(part);
  }
  return absolute ? `/${parts.join('/')}` : parts.join('/') || '.';
}

/** `path` where it is absolute (untouched: a `..` after a symlink is the kernel's to resolve), else cleaned below `base`. */
export function resolve(base: string, path: string): string {
  return path.startsWith('/') ? path : clean(`${base}/${path}`);
}

/** The directory of an absolute, clean path. */
export function parent(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/';
}

/** The last component of a path. */
export function name(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
