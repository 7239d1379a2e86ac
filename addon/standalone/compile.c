/* Build-time only: compiles one script to the bytecode that the executable carries.
 * usage: compile SCRIPT NAME OUTPUT     NAME stands in stack traces
 * Bytecode belongs to the very build of the engine that wrote it, so this is linked with the same objects. Names and
 * positions stay, the source text does not. */
#include <quickjs.h>
#include <stdio.h>
#include <stdlib.h>

static int stop(const char *what, const char *path) {
  fprintf(stderr, "compile: %s %s\n", what, path);
  return 1;
}

static char *read_file(const char *path, size_t *size) {
  FILE *file = fopen(path, "rb");
  if (file == NULL || fseek(file, 0, SEEK_END) != 0) return NULL;
  const long length = ftell(file);
  char *text = length < 0 ? NULL : malloc((size_t)length + 1);
  rewind(file);
  if (text == NULL || fread(text, 1, (size_t)length, file) != (size_t)length) return NULL;
  fclose(file);
  text[length] = 0;
  *size = (size_t)length;
  return text;
}

static int write_file(const char *path, const uint8_t *bytes, size_t size) {
  FILE *file = fopen(path, "wb");
  return file != NULL && fwrite(bytes, 1, size, file) == size && fclose(file) == 0;
}

static void print_exception(JSContext *context) {
  const JSValue error = JS_GetException(context);
  const char *message = JS_ToCString(context, error);
  const char *stack = JS_ToCString(context, JS_GetPropertyStr(context, error, "stack"));
  fprintf(stderr, "compile: %s\n%s", message, stack);
}

int main(int argc, char **argv) {
  size_t size;
  if (argc != 4) return stop("usage:", "compile SCRIPT NAME OUTPUT");
  const char *text = read_file(argv[1], &size);
  if (text == NULL) return stop("cannot read", argv[1]);

  JSContext *context = JS_NewContext(JS_NewRuntime());
  const JSValue script = JS_Eval(context, text, size, argv[2], JS_EVAL_TYPE_GLOBAL | JS_EVAL_FLAG_COMPILE_ONLY);
  if (JS_IsException(script)) {
    print_exception(context);
    return 1;
  }
  size_t length;
  const uint8_t *bytecode =
      JS_WriteObject(context, &length, script, JS_WRITE_OBJ_BYTECODE | JS_WRITE_OBJ_STRIP_SOURCE);
  if (bytecode == NULL || !write_file(argv[3], bytecode, length)) return stop("cannot write", argv[3]);
  return 0;
}
