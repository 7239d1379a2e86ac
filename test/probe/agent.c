/* A seccomp agent: listens at a socket, prints the container process state that it is sent, and answers the calls that come over the
 * listener. usage: agent SOCKET serve|gone|slow CONNECTIONS
 *   serve  makes the directory of a mkdir itself, with ".agent" behind its name, and lets any other call go on
 *   gone   ends when it has the listener
 *   slow   answers nothing */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

static int fail(const char *what) {
  perror(what);
  exit(1);
}

static int receive(int socket) {
  static char text[65536];
  char control[CMSG_SPACE(4 * sizeof(int))];
  struct iovec data = {text, sizeof text - 1};
  struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  const ssize_t length = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  if (length <= 0) fail("recvmsg");
  const struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  if (header == NULL || header->cmsg_len != CMSG_LEN(sizeof(int))) fail("not exactly one fd");
  int fd;
  memcpy(&fd, CMSG_DATA(header), sizeof fd);
  char rest;
  printf("%.*s %s\n", (int)length, text, recv(socket, &rest, 1, 0) == 0 ? "closed" : "open");
  fflush(stdout);
  close(socket);
  return fd;
}

/* What the path of a mkdir is, read from the process's memory. */
static void answer_mkdir(const struct seccomp_notif *call, struct seccomp_notif_resp *response) {
  char name[64], path[256] = "", made[512];
  const unsigned at = call->data.nr == SYS_mkdirat ? 1 : 0;
  snprintf(name, sizeof name, "/proc/%u/mem", call->pid);
  const int memory = open(name, O_RDONLY);
  if (memory < 0 || pread(memory, path, sizeof path - 1, (off_t)call->data.args[at]) <= 0) fail("memory");
  close(memory);
  snprintf(made, sizeof made, "/proc/%u/root%s.agent", call->pid, path);
  response->error = mkdir(made, 0755) == 0 ? 0 : -errno;
}

static int is_mkdir(int number) {
#ifdef SYS_mkdir
  if (number == SYS_mkdir) return 1;
#endif
  return number == SYS_mkdirat;
}

/* Until nobody is left under the filter, which poll alone tells: before Linux 6.11 the ioctl waits on. */
static void serve(int listener) {
  struct pollfd waiting = {listener, POLLIN, 0};
  while (poll(&waiting, 1, -1) < 0 || (waiting.revents & POLLIN) != 0) {
    struct seccomp_notif call = {0};
    /* a caller that was killed meanwhile is ENOENT: seccomp_unotify(2) */
    if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call) != 0) continue;
    struct seccomp_notif_resp response = {.id = call.id};
    if (is_mkdir(call.data.nr)) answer_mkdir(&call, &response);
    else response.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
    ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response);
  }
}

int main(int count, char **words) {
  if (count != 4) return 2;
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  strncpy(address.sun_path, words[1], sizeof address.sun_path - 1);
  const int listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (bind(listening, (struct sockaddr *)&address, sizeof address) != 0 || listen(listening, 8) != 0) fail("listen");
  for (int left = atoi(words[3]); left > 0; left--) {
    const int connection = accept(listening, NULL, NULL);
    if (connection < 0) fail("accept");
    const int listener = receive(connection);
    if (strcmp(words[2], "gone") == 0) return 0;
    if (strcmp(words[2], "slow") == 0) {
      pause();
      continue;
    }
    if (fork() == 0) {
      serve(listener);
      return 0;
    }
    close(listener);
  }
  return 0;
}
