#define _GNU_SOURCE
#include "bulk.h"

#include <stdlib.h>
#include <string.h>

#define MAX_LINE (16u << 20)
#define NEEDLE "sequenceId"

int bulk_verify_fields;
struct digest bulk_digest;

static uint8_t seen[MAX_SEQUENCE / 8];

static void count_number(uint32_t sequence) {
  if (sequence >= MAX_SEQUENCE) {
    bulk_digest.unnumbered++;
    return;
  }
  uint8_t bit = 1 << (sequence & 7);
  if (seen[sequence >> 3] & bit) bulk_digest.duplicates++;
  else bulk_digest.distinct++;
  seen[sequence >> 3] |= bit;
}

// Both contenders write `sequenceId`, some punctuation (`":"` or `=\"`) and the number. It stands at
// nearly the same place in each document, so look around the last place first.
static uint32_t find_number(const char *line, size_t length) {
  static size_t last;
  const size_t around = 48, needle = sizeof NEEDLE - 1;
  uint64_t head;
  memcpy(&head, NEEDLE, sizeof head);
  const char *found = NULL, *end = line + length;
  size_t from = last > around ? last - around : 0;
  for (size_t i = from; i < from + 2 * around && i + needle <= length; i++) {
    uint64_t word;
    memcpy(&word, line + i, sizeof word);
    if (word == head && !memcmp(line + i, NEEDLE, needle)) {
      found = line + i;
      break;
    }
  }
  if (!found) found = memmem(line, length, NEEDLE, needle);
  if (!found) return UINT32_MAX;
  last = found - line;
  const char *at = found + needle;
  for (int i = 0; i < 4 && at < end && (*at < '0' || *at > '9'); i++) at++;
  uint32_t number = 0;
  int digits = 0;
  for (; at < end && *at >= '0' && *at <= '9' && digits < 9; at++, digits++) {
    number = number * 10 + (*at - '0');
  }
  return digits ? number : UINT32_MAX;
}

static void count_document(const char *line, size_t length) {
  uint32_t sequence = UINT32_MAX;
  int good = length > 1 && line[0] == '{' && line[length - 1] == '}';
  if (good && bulk_verify_fields) good = digest_document(&bulk_digest, line, length, &sequence);
  else if (good) sequence = find_number(line, length);
  bulk_digest.documents++;
  if (good) count_number(sequence);
  else bulk_digest.malformed++;
}

static int is_action(const char *line, size_t length) {
  if (length < 12 || line[length - 1] != '}') return 0;
  if (memcmp(line, "{\"create\":{", 11) && memcmp(line, "{\"index\":{", 10)) return 0;
  return !bulk_verify_fields || digest_action(&bulk_digest, line, length);
}

static void line(struct bulk *bulk, const char *bytes, size_t length) {
  if (bulk->in_document) {
    count_document(bytes, length);
    bulk->in_document = 0;
  } else if (length) {  // empty lines between items are legal
    if (!is_action(bytes, length)) bulk_digest.malformed++;
    bulk->in_document = 1;
  }
}

static void carry(struct bulk *bulk, const char *bytes, size_t length) {
  if (bulk->carried + length > MAX_LINE) {
    bulk_digest.malformed++;
    bulk->carried = 0;
    return;
  }
  if (bulk->carried + length > bulk->room) {
    bulk->room = (bulk->carried + length) * 2;
    if (!(bulk->carry = realloc(bulk->carry, bulk->room))) abort();
  }
  memcpy(bulk->carry + bulk->carried, bytes, length);
  bulk->carried += length;
}

void bulk_piece(struct bulk *bulk, const char *bytes, size_t length) {
  const char *end = bytes + length;
  while (bytes < end) {
    const char *newline = memchr(bytes, '\n', end - bytes);
    if (!newline) {
      carry(bulk, bytes, end - bytes);
      return;
    }
    if (bulk->carried) {
      carry(bulk, bytes, newline - bytes);
      line(bulk, bulk->carry, bulk->carried);
      bulk->carried = 0;
    } else {
      line(bulk, bytes, newline - bytes);
    }
    bytes = newline + 1;
  }
}

// A body ends with a newline and after a document.
void bulk_end(struct bulk *bulk) {
  if (bulk->carried || bulk->in_document) bulk_digest.malformed++;
  bulk->carried = 0;
  bulk->in_document = 0;
}

void bulk_reset(void) {
  digest_reset(&bulk_digest);
  memset(seen, 0, sizeof seen);
}
