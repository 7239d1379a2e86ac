/** errno in words as Go says it, for what init reports by name; what is not here is told by its name. */
const words: { readonly [code: string]: string } = {
  EPERM: 'operation not permitted',
  ENOENT: 'no such file or directory',
  ESRCH: 'no such process',
  EINTR: 'interrupted system call',
  EIO: 'input/output error',
  ENXIO: 'no such device or address',
  E2BIG: 'argument list too long',
  ENOEXEC: 'exec format error',
  EBADF: 'bad file descriptor',
  EAGAIN: 'resource temporarily unavailable',
  ENOMEM: 'cannot allocate memory',
  EACCES: 'permission denied',
  EFAULT: 'bad address',
  EBUSY: 'device or resource busy',
  EEXIST: 'file exists',
  EXDEV: 'invalid cross-device link',
  ENODEV: 'no such device',
  ENOTDIR: 'not a directory',
  EISDIR: 'is a directory',
  EINVAL: 'invalid argument',
  ENFILE: 'too many open files in system',
  EMFILE: 'too many open files',
  ETXTBSY: 'text file busy',
  EFBIG: 'file too large',
  ENOSPC: 'no space left on device',
  EROFS: 'read-only file system',
  EMLINK: 'too many links',
  EPIPE: 'broken pipe',
  ERANGE: 'numerical result out of range',
  ENAMETOOLONG: 'file name too long',
  ENOSYS: 'function not implemented',
  ENOTEMPTY: 'directory not empty',
  ELOOP: 'too many levels of symbolic links',
  EPROTO: 'protocol error',
  EOVERFLOW: 'value too large for defined data type',
  EPROTOTYPE: 'protocol wrong type for socket',
  EOPNOTSUPP: 'operation not supported',
  EUSERS: 'too many users',
  ECONNREFUSED: 'connection refused',
  EDQUOT: 'disk quota exceeded',
};

/** "no such file or directory" for ENOENT. */
export function errnoWords(code: string): string {
  return words[code] ?? code;
}

/**
 * The same for what is not about the container's command. Engines read "no such file or directory" as "command not found" and
 * "permission denied" or "operation not permitted" as "command cannot be invoked" (exit status 127 and 126) wherever these
 * words stand, so that a missing mount source must not say them.
 */
export function setupWords(code: string): string {
  return unmistakable[code] ?? errnoWords(code);
}

const unmistakable: { readonly [code: string]: string } = {
  EPERM: 'not permitted (EPERM)',
  EACCES: 'access refused (EACCES)',
  ENOENT: 'no such path (ENOENT)',
};
