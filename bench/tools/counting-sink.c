// Stands in for Elasticsearch in the bench: accepts `_bulk` over HTTP/1.1 as fast as one thread
// can, counts and checks the documents, and keeps nothing.
//
//   counting-sink PORT          0 takes a free port; the first line of stdout is the port
//   GET  /count                 totals as JSON
//   POST /reset[?verify=fields] all totals to zero; `verify=fields` reads every document strictly
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "bulk.h"

#define MAX_HEAD 16384
#define READ_SIZE (256 << 10)  // stays in the second-level cache while it is scanned

enum state { HEAD, BODY, CHUNK_SIZE, CHUNK, CHUNK_END, TRAILER };

struct connection {
  int fd;
  enum state state;
  size_t head_length, left;  // bytes left of the body or chunk
  int chunked, is_bulk;
  struct bulk bulk;
  char head[MAX_HEAD + 1];
};

static uint64_t requests, body_bytes, last_document_ns;

static uint64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + t.tv_nsec;
}

static int totals(char *out, size_t size) {
  const struct digest *d = &bulk_digest;
  int n = snprintf(out, size,
      "{\"documents\":%lu,\"distinct\":%lu,\"duplicates\":%lu,\"unnumbered\":%lu,\"malformed\":%lu,"
      "\"requests\":%lu,\"bodyBytes\":%lu,\"lastDocumentNs\":\"%lu\",\"ids\":%lu,\"repeatedIds\":%lu,"
      "\"fields\":{",
      d->documents, d->distinct, d->duplicates, d->unnumbered, d->malformed, requests, body_bytes,
      last_document_ns, d->ids, d->repeated_ids);
  for (int f = 0; f < FIELDS; f++) {
    n += snprintf(out + n, size - n, "%s\"%s\":%lu", f ? "," : "", field_names[f], d->field_sums[f]);
  }
  n += snprintf(out + n, size - n, "},\"indices\":{");
  for (unsigned i = 0; i < d->index_count; i++) {
    n += snprintf(out + n, size - n, "%s\"%s\":%lu", i ? "," : "", d->indices[i].name,
                  d->indices[i].documents);
  }
  return n + snprintf(out + n, size - n, "}}");
}

static int starts(const char *text, const char *prefix) { return !strncmp(text, prefix, strlen(prefix)); }

static int answer(struct connection *c) {
  static char body[8192], response[8192 + 512];
  const char *target = strchr(c->head, ' ');
  target = target ? target + 1 : "";
  int status = 200, length;
  if (c->is_bulk) {
    bulk_end(&c->bulk);
    requests++;
    length = snprintf(body, sizeof body, "{\"took\":1,\"errors\":false,\"items\":[]}");
  } else if (starts(target, "/count")) {
    length = totals(body, sizeof body);
  } else if (starts(target, "/reset")) {
    bulk_reset();
    requests = body_bytes = last_document_ns = 0;
    bulk_verify_fields = starts(target, "/reset?verify=fields");
    length = snprintf(body, sizeof body, "{\"acknowledged\":true}");
  } else if (starts(target, "/_cluster/health")) {
    length = snprintf(body, sizeof body,
        "{\"cluster_name\":\"counting-sink\",\"status\":\"green\",\"timed_out\":false}");
  } else if (starts(target, "/_license")) {
    length = snprintf(body, sizeof body, "{\"license\":{\"status\":\"active\",\"type\":\"basic\"}}");
  } else if (starts(target, "/ ") || starts(target, "/? ")) {
    length = snprintf(body, sizeof body,
        "{\"name\":\"counting-sink\",\"cluster_name\":\"counting-sink\",\"version\":{\"number\":\"8.19.0\","
        "\"build_flavor\":\"default\"},\"tagline\":\"You Know, for Search\"}");
  } else if (starts(c->head, "PUT ")) {
    length = snprintf(body, sizeof body, "{\"acknowledged\":true}");
  } else {
    status = 404;
    length = snprintf(body, sizeof body, "{\"error\":\"no such path\",\"status\":404}");
  }
  int n = snprintf(response, sizeof response,
      "HTTP/1.1 %d %s\r\nContent-Type: application/json\r\nX-Elastic-Product: Elasticsearch\r\n"
      "Content-Length: %d\r\n\r\n%s",
      status, status == 200 ? "OK" : "Not Found", length, starts(c->head, "HEAD ") ? "" : body);
  // Answers are far smaller than a socket's buffer: a short write means that the peer is gone.
  return write(c->fd, response, n) == n;
}

static int begin_request(struct connection *c) {
  const char *length = strcasestr(c->head, "\r\ncontent-length:");
  const char *encoding = strcasestr(c->head, "\r\ncontent-encoding:");
  const char *path = strchr(c->head, ' ');
  const char *path_end = path ? path + 1 + strcspn(path + 1, " ?") : NULL;
  c->chunked = strcasestr(c->head, "\r\ntransfer-encoding: chunked") != NULL;
  c->left = length ? strtoull(length + 17, NULL, 10) : 0;
  c->is_bulk = path && starts(c->head, "POST ") && path_end - path >= 7 && !memcmp(path_end - 6, "/_bulk", 6);
  if (encoding) {
    fprintf(stderr, "counting-sink: compressed bodies are not supported\n");
    return 0;
  }
  int expects = strcasestr(c->head, "\r\nexpect: 100-continue") != NULL;
  if (expects && write(c->fd, "HTTP/1.1 100 Continue\r\n\r\n", 25) != 25) return 0;
  c->state = c->chunked ? CHUNK_SIZE : BODY;
  c->head_length = 0;
  return c->chunked || c->left || (c->state = HEAD, answer(c));
}

static size_t body_piece(struct connection *c, const char *at, size_t available) {
  size_t length = available < c->left ? available : c->left;
  if (c->is_bulk) {
    bulk_piece(&c->bulk, at, length);
    body_bytes += length;
  }
  c->left -= length;
  return length;
}

// Collects up to the end mark; returns 1 when it is there, -1 when the text is too long.
static int collect(struct connection *c, const char **at, const char *end, const char *mark) {
  size_t length = strlen(mark);
  while (*at < end) {
    if (c->head_length == MAX_HEAD) return -1;
    c->head[c->head_length++] = *(*at)++;
    if (c->head_length < length || memcmp(c->head + c->head_length - length, mark, length)) continue;
    c->head[c->head_length] = 0;
    return 1;
  }
  return 0;
}

// Reads a chunk's size or end. Not into `head`: the answer still needs the request line there.
// Chunk extensions (RFC 9112 section 7.1.1) are not expected.
static int skip_line(const char **at, const char *end, size_t *size) {
  while (*at < end) {
    char c = *(*at)++;
    if (c == '\n') return 1;
    if (c >= '0' && c <= '9') *size = *size << 4 | (c - '0');
    else if ((c | 32) >= 'a' && (c | 32) <= 'f') *size = *size << 4 | ((c | 32) - 'a' + 10);
  }
  return 0;
}

static int receive(struct connection *c, const char *at, const char *end) {
  size_t ignored = 0;
  while (at < end) {
    switch (c->state) {
      case HEAD: {
        int complete = collect(c, &at, end, "\r\n\r\n");
        if (complete < 0 || (complete > 0 && !begin_request(c))) return 0;
        break;
      }
      case BODY:
        at += body_piece(c, at, end - at);
        if (!c->left && (c->state = HEAD, !answer(c))) return 0;
        break;
      case CHUNK_SIZE:
        if (skip_line(&at, end, &c->left)) c->state = c->left ? CHUNK : TRAILER;
        break;
      case CHUNK:
        at += body_piece(c, at, end - at);
        if (!c->left) c->state = CHUNK_END;
        break;
      case CHUNK_END:
        if (skip_line(&at, end, &ignored)) c->state = CHUNK_SIZE;
        break;
      case TRAILER:  // no trailers are expected: the empty line ends the request
        if (skip_line(&at, end, &ignored) && (c->state = HEAD, !answer(c))) return 0;
    }
  }
  if (c->is_bulk) last_document_ns = now_ns();
  return 1;
}

static void drop(struct connection *c) {
  if (c->state != HEAD) fprintf(stderr, "counting-sink: a connection ended inside a request\n");
  close(c->fd);
  free(c->bulk.carry);
  free(c);
}

static int listen_on(int port) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
  struct sockaddr_in address = {
      .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  struct sockaddr *any = (struct sockaddr *)&address;
  if (bind(fd, any, size) || listen(fd, 128) || getsockname(fd, any, &size)) {
    perror("counting-sink: listen");
    exit(1);
  }
  printf("%d\n", ntohs(address.sin_port));
  fflush(stdout);
  return fd;
}

int main(int argc, char **argv) {
  static char buffer[READ_SIZE];
  prctl(PR_SET_PDEATHSIG, SIGTERM);  // never outlives the bench
  int listener = listen_on(argc > 1 ? atoi(argv[1]) : 0), epoll = epoll_create1(EPOLL_CLOEXEC), on = 1;
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL}, events[64];
  epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
  for (;;) {
    int ready = epoll_wait(epoll, events, 64, -1);
    for (int i = 0; i < ready; i++) {
      struct connection *c = events[i].data.ptr;
      if (!c) {
        int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0) continue;
        if (!(c = calloc(1, sizeof *c))) abort();
        c->fd = fd;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        event.data.ptr = c;
        epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
        continue;
      }
      ssize_t got = read(c->fd, buffer, sizeof buffer);
      if (got <= 0 || !receive(c, buffer, buffer + got)) drop(c);
    }
  }
}
