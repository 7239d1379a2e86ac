// A writer of JSON for the probe: values are written in order, commas are placed by the writer.
#pragma once
#include <stdio.h>

static int json_first = 1;

static void json_comma(void) {
  if (!json_first) putchar(',');
  json_first = 0;
}

static void json_text(const char *text, long length) {
  putchar('"');
  for (long i = 0; i < length; i++) {
    unsigned char c = (unsigned char)text[i];
    if (c == '"' || c == '\\') printf("\\%c", c);
    else if (c < 0x20 || c >= 0x7f) printf("\\u%04x", c);
    else putchar(c);
  }
  putchar('"');
}

static long json_length(const char *text) {
  long n = 0;
  while (text[n]) n++;
  return n;
}

static void json_key(const char *key) {
  json_comma();
  if (key) {
    json_text(key, json_length(key));
    putchar(':');
  }
}

static void json_open(const char *key, char bracket) {
  json_key(key);
  putchar(bracket);
  json_first = 1;
}

static void json_close(char bracket) {
  putchar(bracket);
  json_first = 0;
}

static void json_string(const char *key, const char *value) {
  json_key(key);
  json_text(value, json_length(value));
}

static void json_number(const char *key, long long value) {
  json_key(key);
  printf("%lld", value);
}

// 64-bit masks and limits as text: a reader with doubles must not round them
static void json_mask(const char *key, unsigned long long value) {
  json_key(key);
  printf("\"%llx\"", value);
}
