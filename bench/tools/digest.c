#define _GNU_SOURCE
#include "digest.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "json.h"

#define STRUCTURED_DATA "log.syslog.structured_data"
#define ID_SLOTS (1u << 23)  // room for 2^21 ids at a load of a quarter

const char *const field_names[FIELDS] = {
    [FIELD_TIME] = "@timestamp",
    [FIELD_HOST] = "host.name",
    [FIELD_APP] = "process.name",
    [FIELD_PID] = "process.pid",
    [FIELD_MSGID] = "log.syslog.msgid",
    [FIELD_SEVERITY] = "log.syslog.severity.code",
    [FIELD_FACILITY] = "log.syslog.facility.code",
    [FIELD_ORIGIN_IP] = STRUCTURED_DATA ".origin.ip",
    [FIELD_ORIGIN_SOFTWARE] = STRUCTURED_DATA ".origin.software",
    [FIELD_MESSAGE] = "message",
};

static uint64_t *known_ids;

// The last step of MurmurHash3: spreads neighbouring numbers over 32 bits.
static uint32_t mix(uint32_t h) {
  h ^= h >> 16;
  h *= 0x85ebca6bu;
  h ^= h >> 13;
  h *= 0xc2b2ae35u;
  return h ^ h >> 16;
}

uint32_t field_hash(uint32_t sequence, const char *value, size_t length) {
  uint32_t h = mix(sequence) ^ 0x811c9dc5u;  // FNV-1a from here
  for (size_t i = 0; i < length; i++) h = (h ^ (unsigned char)value[i]) * 0x01000193u;
  return mix(h);
}

struct document {
  struct value { const char *value; size_t length; } fields[FIELDS];
  uint32_t sequence;
};

static int keep(struct document *document, const char *path, const char *value, size_t length) {
  if (!strcmp(path, STRUCTURED_DATA ".meta.sequenceId")) {
    if (document->sequence != UINT32_MAX || !length || length > 9) return 0;
    uint32_t number = 0;
    for (size_t i = 0; i < length; i++) {
      if (value[i] < '0' || value[i] > '9') return 0;
      number = number * 10 + (value[i] - '0');
    }
    document->sequence = number;
    return 1;
  }
  for (int f = 0; f < FIELDS; f++) {
    if (strcmp(path, field_names[f])) continue;
    if (document->fields[f].value) return 0;  // a key twice
    document->fields[f] = (struct value){value, length};
  }
  return 1;
}

// RFC 5424 section 6.3 as text, for a contender that does not open it:
// [SD-ID name="value" …][…]. The load has no escapes in its values.
static int keep_structured_data(struct document *document, const char *at, size_t length) {
  const char *end = at + length;
  while (at < end && *at == '[') {
    char path[256];
    const char *id = ++at;
    while (at < end && *at != ' ' && *at != ']') at++;
    size_t id_length = at - id;
    while (at < end && *at == ' ') {
      const char *name = ++at;
      const char *equals = memchr(at, '=', end - at);
      if (!equals || end - equals < 3 || equals[1] != '"') return 0;
      const char *value = equals + 2;
      const char *quote = memchr(value, '"', end - value);
      size_t name_length = equals - name, prefix = strlen(STRUCTURED_DATA);
      if (!quote || prefix + id_length + name_length + 3 > sizeof path) return 0;
      memcpy(path, STRUCTURED_DATA ".", prefix + 1);
      memcpy(path + prefix + 1, id, id_length);
      path[prefix + 1 + id_length] = '.';
      memcpy(path + prefix + 2 + id_length, name, name_length);
      path[prefix + 2 + id_length + name_length] = 0;
      if (!keep(document, path, value, quote - value)) return 0;
      at = quote + 1;
    }
    if (at >= end || *at++ != ']') return 0;
  }
  return at == end;
}

static int document_scalar(void *context, const char *path, const char *value, size_t length) {
  if (!strcmp(path, STRUCTURED_DATA)) return keep_structured_data(context, value, length);
  return keep(context, path, value, length);
}

static int number(const char *text, int from, int digits) {
  int n = 0;
  for (int i = from; i < from + digits; i++) n = n * 10 + (text[i] - '0');
  return n;
}

// RFC 3339 in UTC → decimal milliseconds, so that Z, +00:00 and different precisions are equal.
static size_t milliseconds(const char *value, size_t length, char out[32]) {
  static const char shape[] = "dddd-dd-ddTdd:dd:dd";
  size_t i;
  if (length < sizeof shape) return 0;
  for (i = 0; i < sizeof shape - 1; i++) {
    int digit = value[i] >= '0' && value[i] <= '9';
    if (shape[i] == 'd' ? !digit : value[i] != shape[i]) return 0;
  }
  struct tm tm = {.tm_year = number(value, 0, 4) - 1900, .tm_mon = number(value, 5, 2) - 1,
                  .tm_mday = number(value, 8, 2), .tm_hour = number(value, 11, 2),
                  .tm_min = number(value, 14, 2), .tm_sec = number(value, 17, 2)};
  int64_t ms = (int64_t)timegm(&tm) * 1000;
  if (value[i] == '.') {
    i++;
    for (int scale = 100; i < length && value[i] >= '0' && value[i] <= '9'; scale /= 10) {
      ms += (value[i++] - '0') * scale;
    }
  }
  size_t rest = length - i;
  int utc = (rest == 1 && value[i] == 'Z') || (rest == 6 && !memcmp(value + i, "+00:00", 6));
  if (!utc || ms < 0) return 0;
  size_t digits = 0;
  for (int64_t n = ms; n; n /= 10) digits++;
  for (size_t d = digits; d > 0; ms /= 10) out[--d] = '0' + ms % 10;
  return digits;
}

int digest_document(struct digest *digest, const char *json, size_t length, uint32_t *sequence) {
  struct document document = {.sequence = UINT32_MAX};
  char time[32];
  if (!json_read(json, length, document_scalar, &document)) return 0;
  *sequence = document.sequence;
  if (document.fields[FIELD_TIME].value) {
    struct value *written = &document.fields[FIELD_TIME];
    size_t digits = milliseconds(written->value, written->length, time);
    if (!digits) return 0;
    *written = (struct value){time, digits};
  }
  for (int f = 0; f < FIELDS; f++) {
    const struct value *field = &document.fields[f];
    if (field->value) digest->field_sums[f] += field_hash(document.sequence, field->value, field->length);
  }
  return 1;
}

static int count_index(struct digest *digest, const char *name, size_t length) {
  for (size_t i = 0; i < length; i++) {
    if (name[i] < 0x20 || name[i] == '"' || name[i] == '\\') return 0;  // it is printed into JSON
  }
  struct index *index = digest->indices, *end = index + digest->index_count;
  while (index < end && (strlen(index->name) != length || memcmp(index->name, name, length))) index++;
  if (index == end) {
    if (digest->index_count == MAX_INDICES || length >= sizeof index->name) return 0;
    memcpy(index->name, name, length);
    index->name[length] = 0;
    digest->index_count++;
  }
  index->documents++;
  return 1;
}

static void count_id(struct digest *digest, const char *id, size_t length) {
  if (!known_ids && !(known_ids = calloc(ID_SLOTS, sizeof *known_ids))) abort();
  uint64_t hash = (uint64_t)field_hash(1, id, length) << 32 | field_hash(2, id, length) | 1;
  digest->ids++;
  if (digest->ids > MAX_SEQUENCE) return;  // the table would fill; the surplus is an error by itself
  for (uint32_t slot = hash >> 40;; slot++) {
    uint64_t *known = &known_ids[slot & (ID_SLOTS - 1)];
    if (*known == hash) digest->repeated_ids++;
    if (*known && *known != hash) continue;
    *known = hash;
    return;
  }
}

static int action_scalar(void *context, const char *path, const char *value, size_t length) {
  const char *name = strchr(path, '.');
  if (name && !strcmp(name, "._index")) return count_index(context, value, length);
  if (name && !strcmp(name, "._id")) count_id(context, value, length);
  return 1;
}

int digest_action(struct digest *digest, const char *json, size_t length) {
  return json_read(json, length, action_scalar, digest);
}

void digest_reset(struct digest *digest) {
  memset(digest, 0, sizeof *digest);
  if (known_ids) memset(known_ids, 0, ID_SLOTS * sizeof *known_ids);
}
