// The numbers by which the sender's load and the documents that reached the sink are compared.
#ifndef DIGEST_H
#define DIGEST_H
#include <stddef.h>
#include <stdint.h>

// Fields of an event that both contenders must deliver. bench/load/digest.ts has the same list.
enum field {
  FIELD_TIME,  // milliseconds since 1970: the resolution of Elasticsearch's `date`
  FIELD_HOST,
  FIELD_APP,
  FIELD_PID,
  FIELD_MSGID,
  FIELD_SEVERITY,
  FIELD_FACILITY,
  FIELD_ORIGIN_IP,
  FIELD_ORIGIN_SOFTWARE,
  FIELD_MESSAGE,
  FIELDS,
};

#define MAX_SEQUENCE (1u << 21)  // 2^21 sums of 32 bits stay below 2^53, exact in JSON and JavaScript
#define MAX_INDICES 16

struct digest {
  uint64_t documents, distinct, duplicates, unnumbered, malformed;
  uint64_t field_sums[FIELDS];
  uint64_t ids, repeated_ids;
  struct index { char name[128]; uint64_t documents; } indices[MAX_INDICES];
  unsigned index_count;
};

extern const char *const field_names[FIELDS];

// Hash of one field's value. The event's number is the seed: values that changed places between
// two events change the sum, while the order of arrival does not.
uint32_t field_hash(uint32_t sequence, const char *value, size_t length);

// Reads one document strictly and adds its fields to the sums. Returns 0 when it is not a JSON
// object or names a field twice; *sequence is UINT32_MAX when the document carries no number.
int digest_document(struct digest *digest, const char *json, size_t length, uint32_t *sequence);

// Reads `{"create":{"_index":…,"_id":…}}`: counts per index, and ids that came before.
int digest_action(struct digest *digest, const char *json, size_t length);

void digest_reset(struct digest *digest);
#endif
