#include "json.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define MAX_DEPTH 32
#define MAX_PATH 512

struct reader {
  const char *at, *end;
  char *out;  // where the next decoded string goes
  char path[MAX_PATH];
  size_t path_length;
  json_scalar scalar;
  void *context;
};

static char *scratch;  // decoded strings of one document; never longer than the document
static size_t scratch_size;

static int read_value(struct reader *r, int depth);

static void skip_space(struct reader *r) {
  while (r->at < r->end && (*r->at == ' ' || *r->at == '\t' || *r->at == '\n' || *r->at == '\r')) r->at++;
}

static int expect(struct reader *r, char c) {
  skip_space(r);
  if (r->at >= r->end || *r->at != c) return 0;
  r->at++;
  return 1;
}

static int read_hex4(struct reader *r, uint32_t *code) {
  if (r->end - r->at < 4) return 0;
  *code = 0;
  for (int i = 0; i < 4; i++) {
    char c = *r->at++;
    uint32_t digit;
    if (c >= '0' && c <= '9') digit = c - '0';
    else if ((c | 32) >= 'a' && (c | 32) <= 'f') digit = (c | 32) - 'a' + 10;
    else return 0;
    *code = *code << 4 | digit;
  }
  return 1;
}

static void put_utf8(struct reader *r, uint32_t code) {
  if (code < 0x80) {
    *r->out++ = code;
  } else if (code < 0x800) {
    *r->out++ = 0xc0 | code >> 6;
    *r->out++ = 0x80 | (code & 63);
  } else if (code < 0x10000) {
    *r->out++ = 0xe0 | code >> 12;
    *r->out++ = 0x80 | (code >> 6 & 63);
    *r->out++ = 0x80 | (code & 63);
  } else {
    *r->out++ = 0xf0 | code >> 18;
    *r->out++ = 0x80 | (code >> 12 & 63);
    *r->out++ = 0x80 | (code >> 6 & 63);
    *r->out++ = 0x80 | (code & 63);
  }
}

static int read_escape(struct reader *r) {
  static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
  if (r->at >= r->end) return 0;
  char c = *r->at++;
  if (c == 'u') {
    uint32_t code, low;
    if (!read_hex4(r, &code)) return 0;
    if (code >= 0xdc00 && code < 0xe000) return 0;
    if (code >= 0xd800 && code < 0xdc00) {
      if (r->end - r->at < 6 || r->at[0] != '\\' || r->at[1] != 'u') return 0;
      r->at += 2;
      if (!read_hex4(r, &low) || low < 0xdc00 || low >= 0xe000) return 0;
      code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    }
    put_utf8(r, code);
    return 1;
  }
  const char *known = c ? strchr(from, c) : NULL;
  if (!known) return 0;
  *r->out++ = to[known - from];
  return 1;
}

static int read_string(struct reader *r, const char **text, size_t *length) {
  if (!expect(r, '"')) return 0;
  char *start = r->out;
  while (r->at < r->end) {
    char c = *r->at++;
    if (c == '"') {
      *text = start;
      *length = r->out - start;
      return 1;
    }
    if (c == '\\') {
      if (!read_escape(r)) return 0;
    } else if ((unsigned char)c < 0x20) {
      return 0;
    } else {
      *r->out++ = c;
    }
  }
  return 0;
}

static int read_object(struct reader *r, int depth) {
  size_t outer = r->path_length;
  if (!expect(r, '{')) return 0;
  if (expect(r, '}')) return 1;
  do {
    const char *key;
    size_t length;
    if (!read_string(r, &key, &length) || !expect(r, ':')) return 0;
    if (outer + length + 2 > MAX_PATH || memchr(key, 0, length)) return 0;
    if (outer) r->path[r->path_length++] = '.';
    memcpy(r->path + r->path_length, key, length);
    r->path[r->path_length += length] = 0;
    if (!read_value(r, depth)) return 0;
    r->path[r->path_length = outer] = 0;
  } while (expect(r, ','));
  return expect(r, '}');
}

static int read_array(struct reader *r, int depth) {
  if (!expect(r, '[')) return 0;
  if (expect(r, ']')) return 1;
  do {
    if (!read_value(r, depth)) return 0;
  } while (expect(r, ','));
  return expect(r, ']');
}

static int digits(struct reader *r) {
  const char *start = r->at;
  while (r->at < r->end && *r->at >= '0' && *r->at <= '9') r->at++;
  return r->at > start;
}

static int read_number(struct reader *r) {
  if (r->at < r->end && *r->at == '-') r->at++;
  if (r->at < r->end && *r->at == '0') r->at++;
  else if (!digits(r)) return 0;
  if (r->at < r->end && *r->at == '.' && (r->at++, !digits(r))) return 0;
  if (r->at < r->end && (*r->at | 32) == 'e') {
    r->at++;
    if (r->at < r->end && (*r->at == '+' || *r->at == '-')) r->at++;
    return digits(r);
  }
  return 1;
}

static int read_word(struct reader *r, const char *word) {
  size_t length = strlen(word);
  if ((size_t)(r->end - r->at) < length || memcmp(r->at, word, length)) return 0;
  r->at += length;
  return 1;
}

static int read_value(struct reader *r, int depth) {
  const char *text;
  size_t length;
  skip_space(r);
  if (r->at >= r->end || depth >= MAX_DEPTH) return 0;
  const char *start = r->at;
  switch (*start) {
    case '{': return read_object(r, depth + 1);
    case '[': return read_array(r, depth + 1);
    case '"':
      if (!read_string(r, &text, &length)) return 0;
      return r->scalar(r->context, r->path, text, length);
    case 't': if (!read_word(r, "true")) return 0; break;
    case 'f': if (!read_word(r, "false")) return 0; break;
    case 'n': if (!read_word(r, "null")) return 0; break;
    default: if (!read_number(r)) return 0;
  }
  return r->scalar(r->context, r->path, start, r->at - start);
}

int json_read(const char *json, size_t length, json_scalar scalar, void *context) {
  if (length > scratch_size) {
    free(scratch);
    scratch_size = length * 2;
    if (!(scratch = malloc(scratch_size))) abort();
  }
  struct reader r = {.at = json, .end = json + length, .out = scratch, .scalar = scalar, .context = context};
  if (!length || !read_object(&r, 0)) return 0;
  skip_space(&r);
  return r.at == r.end;
}
