#ifndef NOCI_LIBRARY_BACKGROUND_H
#define NOCI_LIBRARY_BACKGROUND_H

#include <napi.h>

#include <functional>
#include <optional>
#include <utility>

#include "binding/throw.h"

namespace noci::library {

/**
 * Work that may wait, in a thread of libuv's pool, and the promise of what it comes to. `work` uses nothing of JavaScript and throws
 * SystemError; `result` makes a value of what it has left behind.
 */
class Background : public Napi::AsyncWorker {
 public:
  using Work = std::function<void()>;
  using Result = std::function<Napi::Value(Napi::Env)>;

  static Napi::Value promise(Napi::Env env, Work work, Result result) {
    auto* const background = new Background(env, std::move(work), std::move(result));
    const Napi::Promise promise = background->deferred_.Promise();
    background->Queue();
    return promise;
  }

  void Execute() override {
    try {
      work_();
    } catch (const SystemError& error) {
      error_ = error;
    }
  }

  void OnOK() override {
    try {
      if (error_) deferred_.Reject(binding::native_error(Env(), *error_).Value());
      else deferred_.Resolve(result_(Env()));
    } catch (const Napi::Error&) {
      // the thread that waits is being terminated
    }
  }

 private:
  Background(Napi::Env env, Work work, Result result)
      : Napi::AsyncWorker(env, "noci"), deferred_(env), work_(std::move(work)), result_(std::move(result)) {}

  Napi::Promise::Deferred deferred_;
  Work work_;
  Result result_;
  std::optional<SystemError> error_;
};

}  // namespace noci::library

#endif
