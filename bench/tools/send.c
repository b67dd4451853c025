// Writes a file of lines over several TCP connections as fast as the sockets take it.
//
//   send FILE PORT CONNECTIONS     stdout: {"bytes":…,"startNs":"…","endNs":"…"} (CLOCK_MONOTONIC)
//
// Each connection gets one contiguous share of the lines. sendfile hands the page cache's own pages
// to the socket: the sender shares two cores with those it measures, so it must cost next to nothing.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#define MAX_CONNECTIONS 64
#define PIECE (1 << 20)

struct share { off_t at, end; };

static uint64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + t.tv_nsec;
}

static void fail(const char *what) {
  fprintf(stderr, "send: %s: %s\n", what, strerror(errno));
  exit(1);
}

static int connect_to(int port) {
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in address = {
      .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address)) fail("connect");
  if (fcntl(fd, F_SETFL, O_NONBLOCK)) fail("fcntl");
  return fd;
}

static void divide(const char *path, int file, off_t size, int connections, struct share *shares) {
  const char *text = mmap(NULL, size, PROT_READ, MAP_SHARED, file, 0);
  if (text == MAP_FAILED) fail(path);
  off_t at = 0;
  for (int i = 0; i < connections; i++) {
    off_t cut = i == connections - 1 ? size : size / connections * (i + 1);
    if (cut < at) cut = at;
    while (cut > at && cut < size && text[cut - 1] != '\n') cut++;
    shares[i] = (struct share){at, cut};
    at = cut;
  }
  munmap((void *)text, size);
}

int main(int argc, char **argv) {
  struct share shares[MAX_CONNECTIONS];
  struct pollfd sockets[MAX_CONNECTIONS];
  struct stat info;
  if (argc != 4) {
    fprintf(stderr, "usage: send FILE PORT CONNECTIONS\n");
    return 2;
  }
  prctl(PR_SET_PDEATHSIG, SIGTERM);  // never outlives the bench
  signal(SIGPIPE, SIG_IGN);
  int connections = atoi(argv[3]), unfinished = connections, file = open(argv[1], O_RDONLY);
  if (connections < 1 || connections > MAX_CONNECTIONS) {
    fprintf(stderr, "send: 1 to %d connections\n", MAX_CONNECTIONS);
    return 2;
  }
  if (file < 0 || fstat(file, &info) || !info.st_size) fail(argv[1]);
  divide(argv[1], file, info.st_size, connections, shares);
  for (int i = 0; i < connections; i++) {
    sockets[i] = (struct pollfd){.fd = connect_to(atoi(argv[2])), .events = POLLOUT};
  }

  uint64_t start = now_ns();
  while (unfinished) {
    if (poll(sockets, connections, -1) < 0) fail("poll");
    for (int i = 0; i < connections; i++) {
      struct share *share = &shares[i];
      if (sockets[i].fd < 0 || !sockets[i].revents) continue;
      size_t length = share->end - share->at < PIECE ? share->end - share->at : PIECE;
      ssize_t sent = length ? sendfile(sockets[i].fd, file, &share->at, length) : 0;
      if (sent < 0 && errno != EAGAIN) fail("sendfile");
      if (share->at < share->end) continue;
      shutdown(sockets[i].fd, SHUT_WR);
      sockets[i].fd = -sockets[i].fd;  // poll skips it; the socket stays open until the end
      unfinished--;
    }
  }
  printf("{\"bytes\":%ld,\"startNs\":\"%lu\",\"endNs\":\"%lu\"}\n", (long)info.st_size, start, now_ns());
  fflush(stdout);

  // Closing with unread input would reset the connection and lose what the peer has not read yet.
  for (int i = 0; i < connections; i++) {
    struct pollfd open = {.fd = -sockets[i].fd, .events = POLLIN};
    char ignored[512];
    fcntl(open.fd, F_SETFL, 0);
    while (poll(&open, 1, 60000) > 0 && read(open.fd, ignored, sizeof ignored) > 0) {}
  }
  return 0;
}
