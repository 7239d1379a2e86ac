/* Makes the system calls that its arguments name, "NUMBER" or "NUMBER:FIRST-ARGUMENT", and prints what each gave: 0 and above, or
 * the errno below 0. "i80:NUMBER" is a call of a 32-bit program, where the machine has those. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static long call(const char *word) {
  if (strncmp(word, "i80:", 4) == 0) {
#ifdef __x86_64__
    long result;
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(strtoul(word + 4, NULL, 0)), "b"(0), "c"(0), "d"(0) : "memory", "r8", "r9", "r10", "r11");
    return (int)result;
#else
    return -ENOSYS;
#endif
  }
  char *end;
  const unsigned long number = strtoul(word, &end, 0);
  const unsigned long first = *end == ':' ? strtoul(end + 1, NULL, 0) : 0;
  const long result = syscall((long)number, first, 0, 0, 0, 0, 0);
  return result < 0 ? -errno : result;
}

int main(int count, char **words) {
  for (int i = 1; i < count; i++) {
    char line[128];
    const int length = snprintf(line, sizeof line, "%s %ld\n", words[i], call(words[i]));
    if (write(1, line, (size_t)length) != length) return 1;
  }
  return 0;
}
