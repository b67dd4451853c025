// A strict reader of one JSON text (RFC 8259) that reports each scalar with its dotted path.
#ifndef JSON_H
#define JSON_H
#include <stddef.h>

// `value` is decoded and lives until the next call of json_read.
typedef int (*json_scalar)(void *context, const char *path, const char *value, size_t length);

// Returns 1 when the text is exactly one JSON object and every callback returned 1.
// Numbers, true, false and null are reported as written. {"a":{"b":1}} and {"a.b":1} are the same path.
int json_read(const char *json, size_t length, json_scalar scalar, void *context);
#endif
