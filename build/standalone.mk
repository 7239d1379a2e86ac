# The objects that the standalone executable is linked from, for build/standalone.sh. An object is compiled again when its
# source, a header that it read, or this file is newer.
#
#   flavour=static    musl, one static file: what is installed
#   flavour=checked   glibc with AddressSanitizer and UndefinedBehaviorSanitizer, for tests
#   flavour=weakened  as static, but tests of attacks can turn mitigations off (addon/kernel/weakened.h)
#
# musl and not glibc: a process starts 0.3 ms sooner, and nothing of it looks at the environment before main. g++'s own
# libstdc++.a and libgcc_eh.a are linked against it; what they expect of glibc is in addon/standalone/musl.

quickjs := .build/quickjs/source
out := .build/standalone/$(flavour)
machine := $(shell gcc -print-multiarch)
version := $(shell gcc -dumpversion)

# The addon's table of exports; a test may have another one.
module := addon/binding/module.cc

# The programs of addon/kernel belong to init; the addon shares its headers only.
addon := $(filter-out addon/binding/module.cc,$(wildcard addon/binding/*.cc addon/parent/*.cc)) $(module)
host := $(wildcard addon/standalone/*.cc addon/standalone/napi/*.cc)
engine := quickjs.c dtoa.c libregexp.c libunicode.c

warnings := -Wall -Wextra -Werror
hardening := -fstack-protector-strong -fPIE
sections := -ffunction-sections -fdata-sections
includes := -Iaddon -Iaddon/standalone -isystem $(quickjs) \
  -isystem node_modules/node-addon-api -isystem node_modules/node-api-headers/include
init := .build/init/init
engine_out := $(out)
ifeq ($(flavour),weakened)
init := .build/init/init-weakened
weakening := -DNOCI_WEAKENED
engine_out := .build/standalone/static
endif
defines := -DNAPI_VERSION=8 -DNODE_ADDON_API_CPP_EXCEPTIONS_ALL -DNOCI_INIT_IMAGE='"$(init)"' $(weakening)

ifneq ($(flavour),checked)
cc := musl-gcc
cxx := musl-gcc -x c++ -nostdinc++ -isystem /usr/include/c++/$(version) -isystem /usr/include/$(machine)/c++/$(version) \
  -idirafter /usr/include -idirafter /usr/include/$(machine) -include addon/standalone/musl/cxx.h -fno-threadsafe-statics
optimise := -O2 $(sections) $(hardening)
# The engine as it is released: without, every instruction of bytecode asks first whether it is to be printed.
released := -DNDEBUG
glue := addon/standalone/musl/runtime.c addon/standalone/musl/start.c
host += addon/standalone/musl/malloc.cc addon/standalone/musl/terminate.cc
else
cc := gcc
cxx := g++
optimise := -O1 -g $(sections) -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=undefined
defines += -DNOCI_CHECKED
endif

# Nothing throws through the engine or the Node-API over it; only the addon's own code needs tables to unwind.
no_unwinding := -fno-exceptions -fno-asynchronous-unwind-tables
dependencies = -MMD -MP -MF $(@:.o=.d)

object = $(patsubst %,$(out)/%.o,$(basename $(subst /,_,$(1))))
addon_objects := $(call object,$(addon))
host_objects := $(call object,$(host) $(glue))
engine_objects := $(patsubst %.c,$(engine_out)/engine_%.o,$(engine))

# For modules that are compiled at build time: the same engine with its parser. Its bytecode is what ours reads.
compiler_objects := $(patsubst %.c,.build/standalone/compiler/%.o,$(engine) compile.c)

all: $(out)/objects .build/standalone/compile

# A list and not an archive: a source that was removed must not live on, and the table of exports may be another than before.
.PHONY: $(out)/objects
$(out)/objects: $(addon_objects) $(host_objects) $(engine_objects)
	@printf '%s\n' $(addon_objects) $(host_objects) $(engine_objects) >$@

.build/standalone/compile: $(compiler_objects)
	$(strip gcc -o $@ $^ -lm)


define compile_cxx
$(call object,$(1)): $(1) build/standalone.mk
	@mkdir -p $(out)
	$(strip $(cxx) -std=c++17 $(optimise) $(warnings) $(includes) $(defines) $(2) $$(dependencies) -c $(1) -o $$@)
endef
define compile_c
$(1): $(2) build/standalone.mk
	@mkdir -p $$(@D)
	$(strip $(3) -std=gnu11 -D_GNU_SOURCE $(4) $$(dependencies) -c $(2) -o $$@)
endef

$(foreach source,$(filter-out %/child.cc,$(addon)),$(eval $(call compile_cxx,$(source),)))
# Every child begins on the stack that the last one left by execve(2), and a sanitizer sees one stack in disorder there.
$(eval $(call compile_cxx,addon/parent/child.cc,-fno-sanitize=all))
$(eval $(call compile_cxx,addon/parent/go_between.cc,-fno-sanitize=all))
$(foreach source,$(host),$(eval $(call compile_cxx,$(source),$(no_unwinding) -fno-rtti)))
$(foreach source,$(glue),$(eval $(call compile_c,$(call object,$(source)),$(source),$(cc),$(optimise) $(warnings))))
$(foreach source,$(engine),$(eval $(call compile_c,$(engine_out)/engine_$(basename $(source)).o,$(quickjs)/$(source),$(cc),$(optimise) $(released) -w -DQJS_DISABLE_PARSER $(no_unwinding))))
$(foreach source,$(engine),$(eval $(call compile_c,.build/standalone/compiler/$(basename $(source)).o,$(quickjs)/$(source),gcc,-O1 -w)))
$(eval $(call compile_c,.build/standalone/compiler/compile.o,addon/standalone/compile.c,gcc,-O1 $(warnings) -isystem $(quickjs)))

# The assembler reads the image, so the compiler's list does not name it.
$(call object,addon/parent/init_image.cc): $(init)

-include $(wildcard $(out)/*.d .build/standalone/compiler/*.d)
