#include "blake2b.h"

#include <cstring>

namespace noci {
namespace {

constexpr size_t kBlock = 128;
constexpr int kRounds = 12;

/** RFC 7693, 2.6: the first 64 bits of the fractional parts of the square roots of the first eight primes. */
constexpr uint64_t kInitial[8] = {
    0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
    0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
};

/** RFC 7693, 2.7; rounds 10 and 11 have the order of 0 and 1. */
constexpr uint8_t kOrder[10][16] = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
    {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4}, {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
    {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13}, {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
    {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11}, {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
    {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5}, {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0},
};

uint64_t rotate(uint64_t word, int bits) { return word >> bits | word << (64 - bits); }

void mix(uint64_t (&v)[16], int a, int b, int c, int d, uint64_t x, uint64_t y) {
  v[a] += v[b] + x;
  v[d] = rotate(v[d] ^ v[a], 32);
  v[c] += v[d];
  v[b] = rotate(v[b] ^ v[c], 24);
  v[a] += v[b] + y;
  v[d] = rotate(v[d] ^ v[a], 16);
  v[c] += v[d];
  v[b] = rotate(v[b] ^ v[c], 63);
}

uint64_t little_endian(const uint8_t* bytes) {
  uint64_t word = 0;
  for (int i = 7; i >= 0; i--) word = word << 8 | bytes[i];
  return word;
}

/** `total` counts the bytes up to and with this block. No message is 2^64 bytes long. */
void compress(uint64_t (&h)[8], const uint8_t* block, uint64_t total, bool last) {
  uint64_t m[16];
  for (int i = 0; i < 16; i++) m[i] = little_endian(block + 8 * i);
  uint64_t v[16];
  for (int i = 0; i < 8; i++) {
    v[i] = h[i];
    v[i + 8] = kInitial[i];
  }
  v[12] ^= total;
  if (last) v[14] = ~v[14];
  for (int round = 0; round < kRounds; round++) {
    const uint8_t* s = kOrder[round % 10];
    for (int i = 0; i < 4; i++) mix(v, i, i + 4, i + 8, i + 12, m[s[2 * i]], m[s[2 * i + 1]]);
    for (int i = 0; i < 4; i++)
      mix(v, i, (i + 1) % 4 + 4, (i + 2) % 4 + 8, (i + 3) % 4 + 12, m[s[2 * i + 8]], m[s[2 * i + 9]]);
  }
  for (int i = 0; i < 8; i++) h[i] ^= v[i] ^ v[i + 8];
}

}  // namespace

std::array<uint8_t, 64> blake2b(std::string_view data) {
  std::array<uint8_t, 64> digest;
  uint64_t h[8];
  memcpy(h, kInitial, sizeof h);
  // fanout and depth 1, no key
  h[0] ^= 0x01010000 ^ digest.size();
  const auto* bytes = reinterpret_cast<const uint8_t*>(data.data());
  size_t done = 0;
  for (; data.size() - done > kBlock; done += kBlock) compress(h, bytes + done, done + kBlock, false);
  uint8_t last[kBlock] = {};
  if (data.size() > done) memcpy(last, bytes + done, data.size() - done);
  compress(h, last, data.size(), true);
  for (size_t i = 0; i < digest.size(); i++) digest[i] = static_cast<uint8_t>(h[i / 8] >> 8 * (i % 8));
  return digest;
}

}  // namespace noci
