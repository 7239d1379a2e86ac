#include <algorithm>
#include <stdexcept>
#include <string>

// A broken assumption is an exception and not the end of the host's process.
#define RAPIDJSON_ASSERT(condition) ((condition) ? (void)0 : throw std::logic_error("rapidjson: " #condition))
#define RAPIDJSON_NOEXCEPT_ASSERT(condition) ((void)(condition))
#include <rapidjson/reader.h>

#include "functions.h"
#include "json_values.h"
#include "text.h"

namespace noci::binding::functions {
namespace {

constexpr size_t kMaximumSize = 16 << 20;

const char* words_of(rapidjson::ParseErrorCode code) {
  switch (code) {
    case rapidjson::kParseErrorDocumentEmpty:
      return "the document is empty";
    case rapidjson::kParseErrorDocumentRootNotSingular:
      return "more text after the document";
    case rapidjson::kParseErrorObjectMissName:
      return "a key is missing";
    case rapidjson::kParseErrorObjectMissColon:
      return "a colon is missing after the key";
    case rapidjson::kParseErrorObjectMissCommaOrCurlyBracket:
      return "a comma or } is missing";
    case rapidjson::kParseErrorArrayMissCommaOrSquareBracket:
      return "a comma or ] is missing";
    case rapidjson::kParseErrorStringUnicodeEscapeInvalidHex:
    case rapidjson::kParseErrorStringEscapeInvalid:
      return "invalid escape in a string";
    case rapidjson::kParseErrorStringUnicodeSurrogateInvalid:
      return "a string must not contain a lone surrogate";
    case rapidjson::kParseErrorStringMissQuotationMark:
      return "a string has no end";
    case rapidjson::kParseErrorNumberTooBig:
      return "a number must fit into 64 bits";
    case rapidjson::kParseErrorNumberMissFraction:
    case rapidjson::kParseErrorNumberMissExponent:
      return "a number is incomplete";
    default:
      return "invalid value";
  }
}

/** Of UTF-8: every byte but those that continue a character. */
size_t characters(const std::string& text, size_t start, size_t end) {
  const auto begins = [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0) != 0x80; };
  return static_cast<size_t>(std::count_if(text.data() + start, text.data() + end, begins));
}

/** Counts in `text`, which must be as it was before the parser decoded escapes in place. */
[[noreturn]] void throw_json_error(Napi::Env env, const std::string& text, size_t offset, const std::string& problem) {
  const size_t end = std::min(offset, text.size());
  size_t line = 1;
  size_t start = 0;
  for (size_t at = text.find('\n'); at < end; at = text.find('\n', at + 1)) {
    line++;
    start = at + 1;
  }
  const size_t column = characters(text, start, end) + 1;
  const std::string place = "line " + std::to_string(line) + ", column " + std::to_string(column);
  Napi::Error error = Napi::Error::New(env, "invalid json at " + place + ": " + problem);
  error.Value().Set("code", Napi::String::New(env, "EJSON"));
  error.Value().Set("line", Napi::Number::New(env, static_cast<double>(line)));
  error.Value().Set("column", Napi::Number::New(env, static_cast<double>(column)));
  throw error;
}

/** The bytes of the text, which must be UTF-8 from end to end. */
std::string json_bytes(Call& call) {
  const Napi::Value argument = call.argument(0);
  if (!argument.IsString()) call.reader().refuse("text", "a string");
  TextProblem problem;
  std::string text = bytes_from_text(call.env(), argument, false, problem);
  if (text.size() > kMaximumSize) throw_json_error(call.env(), "", 0, "more than 16 MiB");
  if (problem.found) throw_json_error(call.env(), text, problem.offset, "invalid utf-8");
  if (text.compare(0, 3, "\xEF\xBB\xBF") == 0) throw_json_error(call.env(), text, 0, "a byte order mark");
  return text;
}

struct Outcome {
  bool error;
  size_t offset;
  const char* words;
};

Outcome problem_of(const std::string& text, rapidjson::ParseErrorCode code, size_t offset) {
  const bool in_string =
      code == rapidjson::kParseErrorStringMissQuotationMark || code == rapidjson::kParseErrorStringEscapeInvalid;
  if (in_string && offset < text.size() && static_cast<unsigned char>(text[offset]) < 0x20) {
    return {true, offset, "a string must not contain a control character"};
  }
  return {true, offset, words_of(code)};
}

/** Decodes in place: strings are used where they are and nothing is copied before it becomes a JavaScript value. */
Outcome parse(std::string& text, JsonValues& values) {
  constexpr unsigned kFlags = rapidjson::kParseInsituFlag | rapidjson::kParseNumbersAsStringsFlag;
  rapidjson::InsituStringStream stream(text.data());
  rapidjson::Reader reader;
  const rapidjson::ParseResult result = reader.Parse<kFlags>(stream, values);
  if (result.IsError()) return problem_of(text, result.Code(), result.Offset());
  // The stream ends at the first NUL.
  const bool whole = stream.Tell() == text.size();
  return {!whole, stream.Tell(), words_of(rapidjson::kParseErrorDocumentRootNotSingular)};
}

}  // namespace

Napi::Value parseJson(Call& call) {
  std::string text = json_bytes(call);
  JsonValues values(call.env(), text.data());
  const Outcome outcome = parse(text, values);
  if (!outcome.error) return {call.env(), values.root()};
  if (values.problem().empty()) throw_json_error(call.env(), json_bytes(call), outcome.offset, outcome.words);
  // The parser stands behind the last character of the token that was refused.
  const bool known = values.problem_offset() != std::string::npos;
  const size_t offset = known ? values.problem_offset() : outcome.offset - 1;
  throw_json_error(call.env(), json_bytes(call), offset, values.problem());
}

}  // namespace noci::binding::functions
