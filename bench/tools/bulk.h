// The body of an Elasticsearch `_bulk` request: action line, document line, action line, …
#ifndef BULK_H
#define BULK_H
#include "digest.h"

struct bulk {
  char *carry;  // the part of a line that the last piece ended with
  size_t carried, room;
  int in_document;  // the next line is a document
};

// 0: number each document and check the shape of its lines, some ten nanoseconds a document.
// 1: read every document and action strictly and sum the fields.
extern int bulk_verify_fields;
extern struct digest bulk_digest;

void bulk_piece(struct bulk *bulk, const char *bytes, size_t length);
void bulk_end(struct bulk *bulk);
void bulk_reset(void);
#endif
